"""The scrape: what postgres_exporter says of itself under names that alerts know, said of our visits."""

from collections.abc import Iterable, Iterator, Sequence

from pgvitals import exposition, peer, sample
from pgvitals.account import Run
from pgvitals.collector import Collector
from pgvitals.exposition import Described, family
from pgvitals.heartbeat import STARTING
from pgvitals.instance import Instance
from pgvitals.outcome import Outcome

_FAILED = ("error", "timeout")
_ELSEWHERE = ("version", "role")
"""Why a query is skipped that is not meant for this server: no failure, there as here."""

_DURATION = Described(
    "pg_exporter_last_scrape_duration_seconds",
    "gauge",
    "Seconds that the last visit to a database took.",
)
_ERROR = Described(
    "pg_exporter_last_scrape_error",
    "gauge",
    "1 while the server does not answer or the last run of any query failed, else 0.",
)
_SCRAPES = Described(
    "pg_exporter_scrapes_total",
    "counter",
    "Visits to the server's databases, failed ones included.",
)
_COLLECTOR_DURATION = Described(
    "pg_scrape_collector_duration_seconds",
    "gauge",
    "Seconds that the last run of a collector took, in all its databases together.",
)
_COLLECTOR_SUCCESS = Described(
    "pg_scrape_collector_success",
    "gauge",
    "1 if the last run of a collector succeeded, not too long ago, wherever it is meant to run, else 0.",
)


def families() -> list[Described]:
    """Every family that it can have."""
    return [_DURATION, _ERROR, _SCRAPES, _COLLECTOR_DURATION, _COLLECTOR_SUCCESS]


def of_instance(instance: Instance, runs: Sequence[Run], now: float) -> bytes:
    """What there is to say of one server; of its collectors only while it is up, as its alerts expect."""
    reason = instance.heartbeat.reason(now)
    failed = any(status.outcome and status.outcome.kind in _FAILED for _, status in runs)
    parts = [family(_SCRAPES, [("", sum(instance.visits.values()))])]
    if reason != STARTING:
        parts.append(family(_ERROR, [("", int(bool(reason) or failed))]))
        parts.append(family(_DURATION, [("", instance.visit_duration)]))
    return b"".join([*parts, *(_collectors(runs, now) if not reason else ())])


def _collectors(runs: Iterable[Run], now: float) -> Iterator[bytes]:
    groups: dict[str, list[Run]] = {}
    for collector, status in runs:
        if not isinstance(collector, Collector):
            continue  # no query: assessments have families of their own
        groups.setdefault(peer.collector(collector.name), []).append((collector, status))
    named = [(exposition.braces([sample.label("collector", n)]), g) for n, g in groups.items()]
    yield family(
        _COLLECTOR_DURATION, [(n, sum(status.duration for _, status in g)) for n, g in named]
    )
    well = [(name, int(all(_is_well(run, now) for run in group))) for name, group in named]
    yield family(_COLLECTOR_SUCCESS, well)


def _is_well(run: Run, now: float) -> bool:
    """Whether what it shows is there, or is not meant to be."""
    collector, status = run
    ended = status.outcome or Outcome("success")
    fresh = now <= collector.lasts(status)
    return ended.reason in _ELSEWHERE or (ended.kind == "success" and fresh)
