"""Consistency: combinations in a query file that the types allow and that make no sense."""

import re
from collections.abc import Iterator

from pgvitals.query import Definition, Metric
from pgvitals.reading import LONGEST_TIMEOUT
from pgvitals.strict import Where

_OURS = ("pg_up", "pg_exporter_", "pg_scrape_collector_", "pgvitals_", "process_")
"""Names, and beginnings of names, of families that the report and the telemetry have."""
_RESERVED_LABELS = {"le", "quantile", "job", "instance"}


def problems(query: Definition) -> Iterator[tuple[Where, str]]:
    """What makes no sense in a definition: where, and what is wrong."""
    yield from _family_problems(query)
    if not 0.01 <= query.timeout <= LONGEST_TIMEOUT:
        yield ("timeout",), f"found {query.timeout:g}s, expected 10ms to 5s: we are guests"
    if query.interval < 1:
        yield ("interval",), f"found {query.interval:g}s, expected 1s or more"
    if query.max_series < len(query.metrics):
        yield ("max_series",), f"found {query.max_series}, expected one for each metric at least"
    if not query.sql:
        yield ("sql",), "found no version, expected at least one"
    for label in query.labels:
        yield from _label_problems(label, query)
    for name, metric in query.metrics.items():
        yield from _metric_problems(name, metric)


def _family_problems(query: Definition) -> Iterator[tuple[Where, str]]:
    source = query.families_from
    if bool(query.metrics) == bool(source):
        found = "both metrics and" if source else "neither metrics nor"
        yield (), f"found {found} families_from, expected one of them"
    if source and (query.scope != "cluster" or query.keep or query.all_labels):
        yield ("families_from",), "expected scope: cluster, and neither keep nor labels beside it"
    if source and any(_meets(source.prefix, name) for name in _OURS):
        problem = (
            f"found {source.prefix!r}, a prefix of families of pgvitals itself; expected another"
        )
        yield ("families_from", "prefix"), problem


def _meets(prefix: str, name: str) -> bool:
    return prefix.startswith(name) or name.startswith(prefix)


def _label_problems(label: str, query: Definition) -> Iterator[tuple[Where, str]]:
    if label in _RESERVED_LABELS or label.startswith("__"):
        yield ("labels", label), "a name that Prometheus sets itself, expected another"
    added = (("datname", query.scope == "database"), ("server", query.server_label))
    if (label, True) in added:
        yield ("labels", label), "expected none: here pgvitals adds it"


def _metric_problems(name: str, metric: Metric) -> Iterator[tuple[Where, str]]:
    if name == "pg_up" or name.startswith(_OURS[1:]):
        yield ("metrics", name), "a family of pgvitals itself, expected another name"
    plain, parts = metric.column, (metric.bounds, metric.buckets, metric.sum, metric.count)
    if metric.type == "histogram":
        if plain or not all(parts):
            yield (
                ("metrics", name),
                "a histogram: expected bounds, buckets, sum and count, no column",
            )
    elif not plain or any(parts):
        yield ("metrics", name), f"a {metric.type}: expected column, and nothing of a histogram"
    if re.search(r"_(bucket|sum|count)$", name) and metric.type == "histogram":
        yield ("metrics", name), "expected a histogram's name without _bucket, _sum or _count"
