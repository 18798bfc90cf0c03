"""Growth: what a table more costs us, on databases of several sizes."""

from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from typing import NamedTuple

from bench.entry import Entry
from bench.ground import ground
from bench.runner import Spent, Turns, in_turn

EVERY = 9.0
"""Seconds from one refresh of a size to its next; in between the others have theirs."""


class Step(NamedTuple):
    """What a thousand tables more cost from one size to another: CPU and database in ms, RSS in MB."""

    small: int
    large: int
    cpu: float
    database: float
    rss: float


class Growth(NamedTuple):
    """By size, the smallest first, what one entry takes."""

    entry: Entry
    sizes: dict[int, Spent]

    def steps(self) -> list[Step]:
        """From each size to the next."""
        return [_step(small, large) for small, large in pairwise(self.sizes.items())]


def growth(entries: Sequence[Entry], sizes: Sequence[int], number: int) -> list[Growth]:
    """Measure so many refreshes of each entry at each size."""
    turns = Turns(number, EVERY)
    with ExitStack() as stack:
        grounds = [stack.enter_context(ground(tables)) for tables in sizes]
        return [
            Growth(entry, dict(zip(sizes, in_turn(entry, grounds, turns), strict=True)))
            for entry in entries
        ]


def _step(small: tuple[int, Spent], large: tuple[int, Spent]) -> Step:
    (few, before), (many, after) = small, large
    thousands = (many - few) / 1000
    more = (after.refresh - before.refresh) * (1 / thousands)
    return Step(few, many, more.cpu, more.database, (after.rss - before.rss) / thousands)
