"""A column: the cells of a result's column, put together as a few texts while the rows pass by.

Cells that wait one by one until the last row is there take ten times the memory of their characters, and
long after they were last touched.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pgvitals import sample
from pgvitals.sample import Cell, Cells

_END, _NULL = "\0,", "\0"
"""What stands between two cells, and for NULL: no text of PostgreSQL has that character."""


class Written(NamedTuple):
    """Cells as Prometheus writes them, None where there is nothing to write, and how many it cannot hold."""

    values: Cells
    lost: int


@dataclass
class Column:
    """A column's `type` (pg_type oid) and its cells, some in each of the `texts`; equal where these are."""

    type: int
    texts: list[str] = field(default_factory=list)

    def add(self, cells: Cells) -> None:
        """Put more cells, at least one, after those that are there."""
        try:
            text = _END.join(cells)  # type: ignore[arg-type]  # most have no NULL
        except TypeError:
            text = _END.join([_NULL if cell is None else cell for cell in cells])
        self.texts.append(text)

    def parts(self) -> Iterator[Cells]:
        """The cells as they came, as many at a time as were added."""
        for text in self.texts:
            cells: Cells = text.split(_END)
            if _NULL + _END in text + _END:
                cells = [None if cell == _NULL else cell for cell in cells]
            yield cells

    def cells(self) -> list[Cell]:
        """All cells as they came."""
        return [cell for part in self.parts() for cell in part]

    def written(self, *, compat: bool) -> Iterator[Written]:
        """The cells as values, as many at a time as were added; with `compat` NULL is 0."""
        for came in self.parts():
            values = sample.values(came, self.type)
            lost = 0 if values is came else values.count(None) - came.count(None)
            if compat and None in came:
                values = ["0" if c is None else v for c, v in zip(came, values, strict=True)]
            yield Written(values, lost)


def rows(columns: Iterable[Column]) -> Iterator[tuple[Cell, ...]]:
    """Columns of the same length, row by row."""
    return zip(*(column.cells() for column in columns), strict=True)
