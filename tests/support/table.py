"""A table for people and for Markdown at once."""

from collections.abc import Iterable, Sequence
from typing import Protocol


class Row(Protocol):
    """What can stand in a table."""

    def cells(self) -> list[str]:
        """It as text, one for each column."""


def table(head: Sequence[str], rows: Iterable[Row]) -> str:
    """The rows below their head, aligned."""
    cells = [list(head), *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    lines = (" | ".join(map(str.ljust, line, widths)) for line in cells)
    return "\n".join(f"| {line} |" for line in lines)
