"""Every family that a rule or a panel may read: its type, its labels, and how soon it shows a fault."""

import functools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pgvitals import account, agenda, catalogue, changes, report, scorecard, scrape, telemetry
from pgvitals.reading import Reading
from pgvitals.reference import OF_TARGETS
from pgvitals.visitor import VISIT_LIMIT
from support.faults import SILENT
from support.promql import SCRAPED, Labels, Selector

SCRAPE_TIMEOUT = 10.0
_OF_OURS = {
    "pg_scrape_collector_": {"collector"},
    "pgvitals_collector_": {"collector", "datname"},
    "pgvitals_collector_outcome": {"collector", "datname", "outcome", "reason"},
    "pgvitals_visits_total": {"server", "outcome"},
    "pgvitals_down_reason": {"server", "reason"},
    "pgvitals_alert_threshold": {"alert"},
    "pgvitals_build_info": {"version", "python"},
    "process_": set(),
    "pgvitals_config_": set(),
    "pg_exporter_": set(),
}
"""Labels by the longest beginning of a name that fits; else `server`."""


class Family(NamedTuple):
    """`delay` are the seconds from a fault to the first page that shows it."""

    type: str
    labels: Labels
    delay: float


@functools.cache
def every() -> Mapping[str, Family]:
    """All families by name, those that Prometheus makes of a scrape among them."""
    return dict((*_scraped(), *_of_queries(), *_of_ours(), *_of_targets()))


def type_of(name: str) -> str:
    """The type of a family, or of one whose name is made from rows; raises KeyError."""
    return find(name).type


def find(name: str) -> Family:
    """The family of a series; raises KeyError."""
    if name in every():
        return every()[name]
    for query in catalogue.shipped().values():
        made = query.families_from
        if made and name.startswith(made.prefix):
            return Family("gauge", SCRAPED | set(query.all_labels), _due(query))
    raise KeyError(name)


def delay(selector: Selector) -> float:
    """Seconds from a fault to the first page that shows it in what is selected; raises KeyError."""
    of = catalogue.shipped().get(selector.asked.get("collector", ""))
    return _due(of) if of else find(selector.name).delay


def delay_of_target(target: str) -> float:
    """Seconds from a broken promise to the page that says so."""
    found = agenda.shipped()[target]
    return changes.INTERVAL + 2 * VISIT_LIMIT if found.on_change else _due(found)


def _due(reading: Reading) -> float:
    return reading.interval + VISIT_LIMIT


def _scraped() -> Iterator[tuple[str, Family]]:
    for name in ("up", "scrape_duration_seconds"):
        yield name, Family("gauge", SCRAPED, SCRAPE_TIMEOUT)


def _of_queries() -> Iterator[tuple[str, Family]]:
    for query in catalogue.shipped().values():
        for name, metric in query.metrics.items():
            yield name, Family(metric.type, SCRAPED | set(query.all_labels), _due(query))


def _of_ours() -> Iterator[tuple[str, Family]]:
    longest = max(query.interval for query in catalogue.shipped().values() if query.enabled)
    for families, delay in (
        (report.families(), SILENT),
        (account.families(), longest),
        (scrape.families(), longest),
        (telemetry.families(), 0.0),
    ):
        for name, type_, _ in families:
            yield name, Family(type_, SCRAPED | _labels(name), delay)


def _labels(name: str) -> set[str]:
    fitting = [beginning for beginning in _OF_OURS if name.startswith(beginning)]
    return _OF_OURS[max(fitting, key=len)] if fitting else {"server"}


def _of_targets() -> Iterator[tuple[str, Family]]:
    slowest = max(map(delay_of_target, agenda.shipped()))
    for name, type_, _ in scorecard.families():
        has = SCRAPED | {"target", "datname"} | set(OF_TARGETS.get(name, ()))
        yield name, Family(type_, has, slowest)
