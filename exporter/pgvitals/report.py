"""The report: what is known of instances and collectors when a page is written.

Read from their state, not set into metric objects: a value that somebody must remember to set would
be old exactly when it matters. Written by our own exposition, because a page of fifty databases has
thousands of these samples, and prometheus_client takes 15 us for each.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pgvitals import exposition, sample
from pgvitals.collector import Collector, Status
from pgvitals.heartbeat import STARTING
from pgvitals.instance import Instance

InstanceGauge = tuple[str, str, Callable[[Instance, float], float | None]]
CollectorGauge = tuple[str, str, Callable[[Status, float], float | None]]


class Described(NamedTuple):
    """A family by name, type and help."""

    name: str
    type: str
    help: str


_OF_INSTANCE: Sequence[InstanceGauge] = (
    (
        "pg_up",
        "1 if the server answered a fresh login not long ago, else 0.",
        lambda i, now: None if i.heartbeat.reason(now) == STARTING else i.heartbeat.up(now),
    ),
    (
        "pgvitals_heartbeat_age_seconds",
        "Seconds since a login was last answered.",
        lambda i, now: None if i.heartbeat.good_at is None else now - i.heartbeat.good_at,
    ),
    (
        "pgvitals_heartbeat_duration_seconds",
        "Seconds that the last answered login took, with its answer.",
        lambda i, now: None if i.heartbeat.good_at is None else i.heartbeat.duration,
    ),
    (
        "pgvitals_connections",
        "Connections of pgvitals that are open to the server now; 2 at most.",
        lambda i, now: i.connections,
    ),
    (
        "pgvitals_databases",
        "Databases of the server that are visited.",
        lambda i, now: len(i.databases),
    ),
    (
        "pgvitals_poll_lag_seconds",
        "Seconds by which the most overdue query is late.",
        lambda i, now: i.lag(now),
    ),
)

_OF_COLLECTOR: Sequence[CollectorGauge] = (
    (
        "pgvitals_collector_duration_seconds",
        "Seconds that the last run of a query took, reading and rendering included.",
        lambda s, now: s.duration,
    ),
    (
        "pgvitals_collector_age_seconds",
        "Seconds since a query last succeeded.",
        lambda s, now: None if s.success_at is None else now - s.success_at,
    ),
    (
        "pgvitals_collector_last_success_timestamp_seconds",
        "Unix time at which a query last succeeded.",
        lambda s, now: None if s.success_at is None else s.success_time,
    ),
    (
        "pgvitals_collector_backoff_failures",
        "Failures of a query in a row; the more, the longer until its next run.",
        lambda s, now: s.failures,
    ),
    (
        "pgvitals_collector_rows",
        "Rows that the last success of a query kept.",
        lambda s, now: s.rows,
    ),
    (
        "pgvitals_collector_series",
        "Series that the last success of a query gave.",
        lambda s, now: s.series,
    ),
    (
        "pgvitals_collector_dropped",
        "Rows over max_series and values Prometheus cannot hold, in the last success of a query.",
        lambda s, now: s.dropped,
    ),
    (
        "pgvitals_collector_duplicates",
        "Rows left out of the last success of a query because their labels came before.",
        lambda s, now: s.duplicates,
    ),
)


_DOWN_REASON = Described("pgvitals_down_reason", "gauge", "1 while pg_up is 0, labelled with why.")
_VISITS = Described("pgvitals_visits_total", "counter", "Visits to databases, by outcome.")
_OUTCOME = Described(
    "pgvitals_collector_outcome",
    "gauge",
    "1, labelled with how the last run of a query ended (success, error, timeout, skipped) and why.",
)


def families() -> list[Described]:
    """Every family that a report can have: what the reference lists."""
    gauges = [Described(name, "gauge", help_) for name, help_, _ in (*_OF_INSTANCE, *_OF_COLLECTOR)]
    return [*gauges, _DOWN_REASON, _VISITS, _OUTCOME]


def of_instances(instances: Sequence[Instance], now: float) -> bytes:
    """Several servers on one page, told apart by the label `server`."""
    return b"".join(_instances([(i, [sample.label("server", i.name)]) for i in instances], now))


def of_instance(instance: Instance, now: float) -> bytes:
    """One server, with its collectors; without a label of its own, as postgres_exporter has it."""
    parts = [*_instances([(instance, [])], now), *_collectors(instance.collectors, now)]
    return b"".join(parts)


def _instances(named: Sequence[tuple[Instance, list[str]]], now: float) -> Iterator[bytes]:
    for name, help_, value in _OF_INSTANCE:
        measured = [(exposition.braces(pairs), value(i, now)) for i, pairs in named]
        yield family(Described(name, "gauge", help_), measured)
    down = [(pairs, i.heartbeat.reason(now)) for i, pairs in named]
    yield family(
        _DOWN_REASON,
        [
            (exposition.braces((*p, sample.label("reason", why))), 1)
            for p, why in down
            if why not in ("", STARTING)
        ],
    )
    visits = [(pairs, ended, count) for i, pairs in named for ended, count in i.visits.items()]
    yield family(
        _VISITS,
        [(exposition.braces((*p, sample.label("outcome", ended))), n) for p, ended, n in visits],
    )


def _collectors(collectors: Iterable[Collector], now: float) -> Iterator[bytes]:
    ran = [(_identity(c), c.status) for c in collectors if c.status.outcome]
    ended = [(pairs, s.outcome) for pairs, s in ran if s.outcome]
    how = [
        (*pairs, sample.label("outcome", o.kind), sample.label("reason", o.reason))
        for pairs, o in ended
    ]
    yield family(_OUTCOME, [(exposition.braces(pairs), 1) for pairs in how])
    labels = [exposition.braces(pairs) for pairs, _ in ran]
    for name, help_, value in _OF_COLLECTOR:
        measured = [value(status, now) for _, status in ran]
        yield family(Described(name, "gauge", help_), list(zip(labels, measured, strict=True)))


def _identity(collector: Collector) -> tuple[str, str]:
    """The labels of a collector: its query and its database."""
    name = sample.label("collector", collector.query.name)
    return name, sample.label("datname", collector.database)


def family(of: Described, measured: Sequence[tuple[str, float | None]]) -> bytes:
    """A family's text; a value of None is nothing to say."""
    texts = [None if value is None else repr(+value) for _, value in measured]
    body, _ = exposition.samples(of.name, [labels for labels, _ in measured], texts)
    return exposition.header(of.name, of.type, of.help) + body if body else b""
