"""A table: the rows of one result that may stay, and no more of them than the query allows."""

import heapq
import math
from collections.abc import Iterable, Sequence
from operator import itemgetter

from pgvitals import sample
from pgvitals.column import Column, rows
from pgvitals.query import Keep, Query
from pgvitals.sample import Cell
from pgvitals.session import CHUNK_ROWS, Chunk, Row


class MissingColumns(Exception):  # noqa: N818 - the columns are missing, the name says so
    """Raised when a result lacks a column that its query declares."""


class Table:
    """At most `query.max_rows` rows of a result, column by column; `omitted` counts the others.

    Raises MissingColumns, and whatever reading the chunks raises.
    """

    def __init__(self, query: Query, chunks: Iterable[Chunk]) -> None:
        self.size = 0
        self._index: dict[str, int] = {}
        self._columns: list[Column] = []
        read, best = 0, None
        for chunk in chunks:
            if not self._columns:
                self._begin(chunk)
            room, read = query.max_rows - read, read + chunk.size
            if best or (room < chunk.size and query.keep and query.keep.column in self._index):
                best = best or _Best(query.keep, self._index, query.max_rows)
                best.take([*rows(self._columns), *chunk.rows()], chunk.types)
                self._begin(chunk)
            elif room > 0:
                self._add(chunk.rows()[:room])
        if best:
            self._add(best.rows())
        self.omitted = read - self.size
        self._demand(query.columns)

    def column(self, name: str) -> Column:
        """A column, as it came."""
        return self._columns[self._index[name]]

    def keep(self, positions: Sequence[int]) -> None:
        """Leave the rows at these positions alone."""
        came = list(rows(self._columns))
        self._empty([column.type for column in self._columns])
        self._add([came[position] for position in positions])

    def _begin(self, chunk: Chunk) -> None:
        self._index = {name: position for position, name in enumerate(chunk.names)}
        self._empty(chunk.types)

    def _empty(self, types: Iterable[int]) -> None:
        self._columns, self.size = list(map(Column, types)), 0

    def _add(self, more: Sequence[Row]) -> None:
        self.size += len(more)
        for first in range(0, len(more), CHUNK_ROWS):
            some = zip(*more[first : first + CHUNK_ROWS], strict=True)
            for column, cells in zip(self._columns, some, strict=False):
                column.add(cells)

    def _demand(self, columns: Iterable[str]) -> None:
        if missing := [name for name in columns if name not in self._index]:
            found = ", ".join(self._index) or "no column"
            raise MissingColumns(f"found {found} in the result; expected also {', '.join(missing)}")


class _Best:
    """The rows that rank first by one column, kept in a heap while others pass by."""

    def __init__(self, keep: Keep | None, index: dict[str, int], size: int) -> None:
        keep = keep or Keep(column="")
        self._position, self._sign = index[keep.column], 1 if keep.order == "desc" else -1
        self._heap: list[tuple[float, int, Row]] = []
        self._size, self._seen = size, 0

    def take(self, rows: Sequence[Row], types: Sequence[int]) -> None:
        """Keep of `rows` what ranks higher than what is there; among equals the earlier."""
        cells = [row[self._position] for row in rows]
        for row, value in zip(rows, sample.values(cells, types[self._position]), strict=True):
            self._seen += 1
            entry = (self._rank(row[self._position], value), -self._seen, row)
            push = heapq.heappush if len(self._heap) < self._size else heapq.heappushpop
            push(self._heap, entry)

    def rows(self) -> list[Row]:
        """What is left, the first in rank first."""
        return [row for _, _, row in sorted(self._heap, key=itemgetter(0, 1), reverse=True)]

    def _rank(self, cell: Cell, value: Cell) -> float:
        """Numbers rank as they are, also those that Prometheus cannot hold; times by their seconds."""
        try:
            rank = float(cell or "nan")
        except ValueError:
            rank = float(value or "nan")
        return float("-inf") if math.isnan(rank) else self._sign * rank
