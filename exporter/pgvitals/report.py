"""The report: what is known of instances at the moment in which a page is written."""

from collections.abc import Callable, Iterator, Sequence

from pgvitals import exposition, sample
from pgvitals.exposition import Described, family
from pgvitals.heartbeat import STARTING
from pgvitals.instance import Instance

InstanceGauge = tuple[str, str, Callable[[Instance, float], float | None]]


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

_DOWN_REASON = Described("pgvitals_down_reason", "gauge", "1 while pg_up is 0, labelled with why.")
_VISITS = Described("pgvitals_visits_total", "counter", "Visits to databases, by outcome.")
_THRESHOLD = Described(
    "pgvitals_alert_threshold",
    "gauge",
    "The threshold that the configuration gives an alert here, labelled with the alert's name.",
)


def families() -> list[Described]:
    """Every family that a report can have: what the reference lists."""
    gauges = [Described(name, "gauge", help_) for name, help_, _ in _OF_INSTANCE]
    return [*gauges, _DOWN_REASON, _VISITS, _THRESHOLD]


def of_instances(instances: Sequence[Instance], now: float) -> bytes:
    """Several servers on one page, told apart by the label `server`."""
    return b"".join(_instances([(i, [sample.label("server", i.name)]) for i in instances], now))


def of_instance(instance: Instance, now: float) -> bytes:
    """One server; without a label of its own, as postgres_exporter has it."""
    return b"".join((*_instances([(instance, [])], now), _thresholds(instance)))


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


def _thresholds(instance: Instance) -> bytes:
    """Not for a page of several servers: rules match them with what stands on the server's own."""
    thresholds = instance.config.thresholds.items()
    return family(
        _THRESHOLD,
        [(exposition.braces([sample.label("alert", alert)]), value) for alert, value in thresholds],
    )
