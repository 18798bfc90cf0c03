"""A block: the rows of one collector as text, family by family."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pgvitals import exposition, sample
from pgvitals.column import Column
from pgvitals.courtesy import COURTESY
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


class _Written(NamedTuple):
    """A family as it was written last: from which column, with how many series, and what was lost."""

    column: Column | None
    family: Family
    series: int
    lost: int


class Writer:
    """Writes the blocks of a query; what has not changed since the last one stays as it was."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._labels: list[str] = []
        self._written: dict[str, _Written] = {}
        self._columns: list[Column] = []
        self._rendered = Rendered((), 0, 0)

    def write(self, table: Table, labels: list[str]) -> Rendered:
        """Write all families; `labels[i]` is the label text of the table's row i.

        A list of labels that was given before must be unchanged.
        """
        if source := self._query.families_from:
            return self._rows(source, table)
        if labels is not self._labels:
            self._labels, self._written = labels, {}
        for name, metric in self._query.metrics.items():
            COURTESY.step_aside()
            if metric.type == "histogram":
                self._written[name] = _histograms(
                    name, metric, table, labels, self._query.max_series
                )
            else:
                self._written[name] = self._plain(name, metric, table)
        done = self._written.values()
        block = tuple(w.family for w in done)
        return Rendered(block, sum(w.series for w in done), sum(w.lost for w in done))

    def _rows(self, source: FamiliesFrom, table: Table) -> Rendered:
        columns = [table.column(name) for name in (source.name, source.value, source.help)]
        if columns != self._columns:
            rendered = _from_rows(source, columns, compat=self._query.compat)
            self._columns, self._rendered = columns, rendered
        return self._rendered

    def _plain(self, name: str, metric: Metric, table: Table) -> _Written:
        column = table.column(metric.column)
        last = self._written.get(name)
        if last and last.column == column:
            return last
        written = self._afresh(name, metric, column)
        # What cannot be shown may be other than before, and the text the same.
        if last and last.family == written.family:
            return written._replace(family=last.family)
        return written

    def _afresh(self, name: str, metric: Metric, column: Column) -> _Written:
        bodies, first, series, lost = [], 0, 0, 0
        for some in column.written(compat=self._query.compat):
            COURTESY.step_aside()
            end = first + len(some.values)
            body, number = exposition.samples(name, self._labels[first:end], some.values)
            bodies.append(body)
            first, series, lost = end, series + number, lost + some.lost
        return _Written(column, _made(name, metric, b"".join(bodies)), series, lost)


def _made(name: str, metric: Metric, body: bytes) -> Family:
    return Family(name, exposition.header(name, metric.type, metric.help), body)


def _histograms(name: str, metric: Metric, table: Table, labels: list[str], most: int) -> _Written:
    """A family of histograms, one a row; `most` bounds their series."""
    lines: list[str] = []
    lost = 0
    columns = [table.column(name).cells() for name in metric.columns]
    for label, *cells in zip(labels, *columns, strict=True):
        try:
            more = _histogram(name, label, cells)
        except ValueError:
            lost += 1
            continue
        fits = len(lines) + len(more) <= most
        lines += more if fits else []
        lost += not fits
    return _Written(None, _made(name, metric, "".join(lines).encode()), len(lines), lost)


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


def _from_rows(source: FamiliesFrom, columns: Sequence[Column], *, compat: bool) -> Rendered:
    """A family for each row; a name that Prometheus does not allow, or that came before, is lost."""
    families: dict[str, Family] = {}
    names, numbers, helps = columns
    written = list(numbers.written(compat=compat))
    values, lost = [v for w in written for v in w.values], sum(w.lost for w in written)
    for cell, value, help_ in zip(names.cells(), values, helps.cells(), strict=True):
        name = source.prefix + (cell or "")
        if value is None:
            continue
        if name in families or not _FAMILY_NAME.fullmatch(name):
            lost += 1
            continue
        top = exposition.header(name, source.type, help_ or "")
        families[name] = Family(name, top, f"{name} {value}\n".encode())
    return Rendered(tuple(families.values()), len(families), lost)
