"""Telemetry: what pgvitals says about itself and about how it knows, through prometheus_client.

The values are read when the page is written: a gauge that somebody must remember to set would be
old exactly when it matters.
"""

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as Source

from pgvitals import __version__
from pgvitals.collector import Collector, Status
from pgvitals.instance import Instance

InstanceGauge = tuple[str, str, Callable[[Instance, float], float | None]]
CollectorGauge = tuple[str, str, Callable[[Status, float], float | None]]

INSTANCE_GAUGES: Sequence[InstanceGauge] = (
    (
        "pg_up",
        "1 if the server answered a fresh login not long ago, else 0.",
        lambda i, now: i.heartbeat.up(now),
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

COLLECTOR_GAUGES: Sequence[CollectorGauge] = (
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
        "Failures of a query in a row; each doubles the time to its next run, up to 5 minutes.",
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


class Reloads:
    """How the last loading of the configuration went."""

    def __init__(self) -> None:
        self.successful = True
        self.success_time = time.time()

    def note(self, successful: bool) -> None:
        """A reload ended."""
        self.successful = successful
        self.success_time = time.time() if successful else self.success_time


class Telemetry:
    """Writes our own families: of this process, of instances, of their collectors."""

    def __init__(self) -> None:
        self.reloads = Reloads()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self._process.register(_Source(self.own))

    def process(self) -> bytes:
        """The families of this process."""
        return generate_latest(self._process)

    def instances(self, instances: Iterable[Instance], now: float, *, labelled: bool) -> bytes:
        """The families of instances, and with one alone also those of its collectors.

        `labelled` adds the label `server`; a page of one instance has none, as postgres_exporter's.
        """
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Source(lambda: _of_instances(list(instances), now, labelled=labelled)))
        return generate_latest(registry)

    def own(self) -> Iterator[Metric]:
        """What this process knows of itself, beyond what the system tells of every process."""
        build = GaugeMetricFamily(
            "pgvitals_build_info",
            "1, labelled with the versions of pgvitals and Python.",
            labels=("version", "python"),
        )
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        yield GaugeMetricFamily(
            "pgvitals_config_last_reload_successful",
            "1 if the last loading of the configuration succeeded; else the one before is in force.",
            self.reloads.successful,
        )
        yield GaugeMetricFamily(
            "pgvitals_config_last_reload_success_timestamp_seconds",
            "Unix time at which the configuration in force was loaded.",
            self.reloads.success_time,
        )


def families() -> list[Metric]:
    """Every family of ours without its samples: what the reference lists."""
    return [*Telemetry().own(), *_of_instances([], 0.0, labelled=False)]


class _Source(Source):
    """Lets prometheus_client's registry call a function for its families."""

    def __init__(self, families: Callable[[], Iterator[Metric]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Give the families, as they are now."""
        return self._families()

    def describe(self) -> Iterable[Metric]:
        """Say nothing in advance: the names are known to be unique."""
        return ()


def _of_instances(instances: list[Instance], now: float, *, labelled: bool) -> Iterator[Metric]:
    names = ("server",) if labelled else ()
    of = {instance.name: (instance.name,) if labelled else () for instance in instances}
    for family, help_, value in INSTANCE_GAUGES:
        gauge = GaugeMetricFamily(family, help_, labels=names)
        for instance in instances:
            if (measured := value(instance, now)) is not None:
                gauge.add_metric(of[instance.name], measured)
        yield gauge
    down = GaugeMetricFamily(
        "pgvitals_down_reason", "1 while pg_up is 0, labelled with why.", labels=(*names, "reason")
    )
    visits = CounterMetricFamily(
        "pgvitals_visits", "Visits to databases, by outcome.", labels=(*names, "outcome")
    )
    for instance in instances:
        if reason := instance.heartbeat.reason(now):
            down.add_metric((*of[instance.name], reason), 1)
        for ended, count in instance.visits.items():
            visits.add_metric((*of[instance.name], ended), count)
    yield from (down, visits)
    if not labelled:
        yield from _of_collectors([c for i in instances for c in i.collectors], now)


def _of_collectors(collectors: list[Collector], now: float) -> Iterator[Metric]:
    ran = [((c.query.name, c.database), c.status) for c in collectors if c.status.outcome]
    ended = GaugeMetricFamily(
        "pgvitals_collector_outcome",
        "1, labelled with how the last run of a query ended: success, error, timeout or skipped, and why.",
        labels=("collector", "datname", "outcome", "reason"),
    )
    for labels, status in ran:
        if status.outcome:
            ended.add_metric((*labels, status.outcome.kind, status.outcome.reason), 1)
    yield ended
    for family, help_, value in COLLECTOR_GAUGES:
        gauge = GaugeMetricFamily(family, help_, labels=("collector", "datname"))
        for labels, status in ran:
            if (measured := value(status, now)) is not None:
                gauge.add_metric(labels, measured)
        yield gauge
