"""A block: the rows of one collector as text, family by family."""

import re
from itertools import pairwise
from typing import NamedTuple

from pgvitals import exposition, sample
from pgvitals.exposition import Block, Family
from pgvitals.query import FamiliesFrom, Metric, Query
from pgvitals.table import Table

MOST_BUCKETS = 200
_FAMILY_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class Rendered(NamedTuple):
    """A block, its number of series, and how many values could not be shown."""

    block: Block
    series: int
    lost: int


def render(query: Query, table: Table, labels: list[str]) -> Rendered:
    """Write the families of `query` from `table`; `labels[i]` is the label text of its row i."""
    if query.families_from:
        return _from_rows(query.families_from, table)
    families, series, lost = [], 0, 0
    for name, metric in query.metrics.items():
        body, count, unusable = _family(name, metric, table, labels, query.max_series)
        families.append(Family(name, exposition.header(name, metric.type, metric.help), body))
        series, lost = series + count, lost + unusable
    return Rendered(tuple(families), series, lost)


def _family(
    name: str, metric: Metric, table: Table, labels: list[str], most: int
) -> tuple[bytes, int, int]:
    """A family's text, its series and what was lost; `most` bounds a histogram's, many a row."""
    if metric.type != "histogram":
        values, lost = table.values(metric.column)
        return *exposition.samples(name, labels, values), lost
    lines: list[str] = []
    lost = 0
    for label, *cells in zip(labels, *map(table.column, metric.columns), strict=True):
        try:
            more = _histogram(name, label, cells)
        except ValueError:
            lost += 1
            continue
        fits = len(lines) + len(more) <= most
        lines += more if fits else []
        lost += not fits
    return "".join(lines).encode(), len(lines), lost


def _histogram(name: str, label: str, cells: list[sample.Cell]) -> list[str]:
    """The lines of one histogram; none when it is NULL. Raises ValueError when its parts do not fit."""
    if None in cells:
        return []
    bounds, buckets, (total,), (count,) = map(sample.numbers, cells)
    if len(bounds) != len(buckets) or len(bounds) > MOST_BUCKETS:
        raise ValueError("bounds and buckets differ in number, or are too many")
    limits = [*map(float, bounds), float("inf")]
    if not all(low < high for low, high in pairwise(limits)):
        raise ValueError("bounds that do not rise to a finite end")
    inside = f"{label[1:-1]}," if label else ""
    return [
        *(f'{name}_bucket{{{inside}le="{b}"}} {n}\n' for b, n in zip(bounds, buckets, strict=True)),
        f'{name}_bucket{{{inside}le="+Inf"}} {count}\n',
        f"{name}_sum{label} {total}\n",
        f"{name}_count{label} {count}\n",
    ]


def _from_rows(source: FamiliesFrom, table: Table) -> Rendered:
    """A family for each row; a name that Prometheus does not allow, or that came before, is lost."""
    families: dict[str, Family] = {}
    values, lost = table.values(source.value)
    helps = table.column(source.help)
    for cell, value, help_ in zip(table.column(source.name), values, helps, strict=True):
        name = source.prefix + (cell or "")
        if value is None:
            continue
        if name in families or not _FAMILY_NAME.fullmatch(name):
            lost += 1
            continue
        top = exposition.header(name, source.type, help_ or "")
        families[name] = Family(name, top, f"{name} {value}\n".encode())
    return Rendered(tuple(families.values()), len(families), lost)
