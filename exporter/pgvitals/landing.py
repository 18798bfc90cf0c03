"""The landing page: what pgvitals knows of its servers, for people; written from memory."""

import base64
import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from psycopg import errors

from pgvitals import __version__, standing
from pgvitals.collector import Collector
from pgvitals.heartbeat import Heartbeat
from pgvitals.instance import Instance
from pgvitals.markup import Markup, fill, source, template
from pgvitals.standing import TONES, Standing, age
from pgvitals.task import Status

CONTENT_TYPE = "text/html; charset=utf-8"
MOST_ROWS = 500
"""Collectors that a page shows, shared by its servers."""
FEWEST_ROWS = 20
"""Collectors that each server may show, however many servers there are."""
_UNKNOWN = "not known yet"
_AS_LAST_SEEN = "Role, version and databases are as they were at the last heartbeat."

_STYLE = source("style.css")
_PAGE, _SERVER = template("page.html"), template("server.html")
_COLLECTORS, _COLLECTOR = template("collectors.html"), template("collector.html")
_COUNT = template("count.html")


@functools.cache
def headers() -> tuple[tuple[str, str], ...]:
    """Those of the page: it brings all it needs, and asks nobody for more."""
    from hashlib import sha256  # here, for it brings OpenSSL, and few daemons are looked at

    style = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return (
        ("Content-Security-Policy", policy),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    )


def page(instances: Sequence[Instance], now: float, moment: datetime, telemetry_path: str) -> bytes:
    """The page as it is at `now` (time.monotonic), which is `moment` in UTC."""
    most = max(FEWEST_ROWS, MOST_ROWS // max(1, len(instances)))
    standings = standing.by_urgency(standing.of_instance(i, now, most) for i in instances)
    verdict = standing.verdict(standings, now)
    collectors = sum((s.counts for s in standings), Counter[str]())
    return fill(
        _PAGE,
        style=Markup(_STYLE),
        version=__version__,
        # Relative, so that it holds behind a proxy that adds a path; the names do not show that dot.
        metrics=f".{telemetry_path}",
        telemetry_path=telemetry_path,
        tone=verdict.tone,
        headline=verdict.headline,
        detail=verdict.detail,
        servers=_counts(Counter(s.state for s in standings)),
        collectors=_counts(collectors),
        sections=_joined(
            _server(n, s, now, alone=len(standings) == 1) for n, s in enumerate(standings, 1)
        ),
        moment=moment.isoformat(timespec="seconds"),
        time=f"{moment:%Y-%m-%d %H:%M:%S} UTC",
    ).encode()


def _server(number: int, of: Standing, now: float, *, alone: bool) -> Markup:
    instance, identity = of.instance, of.instance.identity
    return fill(
        _SERVER,
        id=f"server-{number}",
        name=instance.name,
        target=quote(instance.name, safe="", errors="replace"),
        tone=TONES[of.state],
        state=of.state,
        why=of.reason,
        note="" if of.state == "up" or not identity else _AS_LAST_SEEN,
        address=instance.login.server,
        role=("standby" if identity.in_recovery else "primary") if identity else _UNKNOWN,
        postgresql=_version(identity.version) if identity else _UNKNOWN,
        databases=f"{len(instance.databases):,}" if identity else _UNKNOWN,
        connections=instance.connections,
        heartbeat=_heartbeat(instance.heartbeat, now),
        collectors=_table(of, now, alone=alone),
    )


def _version(number: int) -> str:
    """What a server_version_num is called: 16.4 for 160004."""
    return f"{number // 10_000}.{number % 10_000}"


def _heartbeat(heartbeat: Heartbeat, now: float) -> str:
    if heartbeat.good_at is None:
        return "none yet"
    return f"{age(now - heartbeat.good_at)} ago ({_took(heartbeat.duration)})"


def _table(of: Standing, now: float, *, alone: bool) -> Markup:
    """All collectors to show; of several servers, those of one without trouble are folded."""
    if not of.counts:
        return Markup()
    hidden = of.counts - Counter(state for state, _ in of.worst)
    several = len({collector.database for _, collector in of.worst}) > 1
    return fill(
        _COLLECTORS,
        open=" open" if alone or of.trouble else "",
        summary=f"Collectors: {_listed(of.counts)}",
        kind="several" if several else "single",
        name=of.instance.name,
        rows=_joined(_row(state, collector, now) for state, collector in of.worst),
        rest=f"Not shown: {_listed(hidden)}. /probe tells of all." if hidden else "",
    )


def _row(state: str, collector: Collector, now: float) -> Markup:
    status, tone = collector.status, TONES[state]
    at = status.success_at
    served = f"{status.series:,}" if collector.fresh(now) else "not served"
    return fill(
        _COLLECTOR,
        name=collector.name,
        database=collector.database,
        tone=tone,
        state=state,
        reason=_reason(state, status),
        age="" if at is None else f"{age(now - at)} ago",
        took=_took(status.duration) if status.outcome else "",
        series="" if tone == "calm" else served,
    )


def _reason(state: str, status: Status) -> str:
    """Why a collector stands as it does, and what its last result lacks."""
    reason = _named(status.outcome.reason) if status.outcome else "has not run yet"
    if state == "stale":
        reason = "the last result is too old"
    lacks = {"dropped": status.dropped, "duplicate": status.duplicates}
    return ", ".join(filter(None, [reason, *(f"{n:,} {what}" for what, n in lacks.items() if n)]))


def _named(reason: str) -> str:
    """A reason; a SQLSTATE with what PostgreSQL calls it."""
    try:
        name = errors.lookup(reason).__name__
    except KeyError:
        return reason
    return f"{reason} {re.sub('(?<!^)(?=[A-Z])', ' ', name).lower()}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in standing.worst_first(counts))


def _took(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _counts(counts: Counter[str]) -> Markup:
    return _joined(
        fill(_COUNT, count=f"{count:,}", state=state, tone=TONES[state])
        for state, count in standing.worst_first(counts)
    ) or Markup("<dd>none yet</dd>")


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("".join(parts))
