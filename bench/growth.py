"""Growth: what a table more costs us, on databases of several sizes, refreshed in turn.

One size after the other would meet a shared machine at different speeds: what comes out would be its.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from bench.cost import Cost, Meter, Refresh, cost, look_on
from bench.entry import NEVER, ROWS_A_TABLE, Entry
from bench.ground import OURS, Ground, ground
from bench.side import Side
from support.daemon import Daemon

EVERY = 9.0
"""Seconds from one refresh of a size to its next; in between the others have theirs."""


class Size(NamedTuple):
    """What a refresh of so many tables costs, and the memory in MB."""

    tables: int
    refresh: Cost
    rss: float


class Step(NamedTuple):
    """What a thousand tables more cost from one size to another: CPU and database in ms, RSS in MB."""

    small: int
    large: int
    cpu: float
    database: float
    rss: float

    @classmethod
    def between(cls, small: Size, large: Size) -> "Step":
        """From one to the other."""
        thousands = (large.tables - small.tables) / 1000
        more = (large.refresh - small.refresh) * (1 / thousands)
        rss = (large.rss - small.rss) / thousands
        return cls(small.tables, large.tables, more.cpu, more.database, rss)


class Growth(NamedTuple):
    """All sizes with what one entry reads, the smallest first."""

    entry: Entry
    sizes: list[Size]

    def steps(self) -> list[Step]:
        """From each size to the next."""
        return [Step.between(small, large) for small, large in pairwise(self.sizes)]


def growth(
    entries: Sequence[Entry], tables: Sequence[int], number: int, idle: int = 20
) -> list[Growth]:
    """Measure so many refreshes of each entry at each size; `idle` are seconds without any."""
    with ExitStack() as stack:
        grounds = [stack.enter_context(ground(each)) for each in tables]
        return [Growth(entry, _sizes(entry, grounds, number, idle)) for entry in entries]


class _Runner(NamedTuple):
    """A daemon on its ground."""

    ground: Ground
    entry: Entry
    daemon: Daemon
    side: Side

    def refresh(self) -> Refresh:
        self.ground.touch()
        return self.side.in_background(self._rows)

    def rest(self) -> None:
        before = self.side.meter.read()
        self.daemon.write(self.entry.config(self.ground.dsn(OURS), NEVER))
        self.daemon.reload()
        self.side.await_rest(before.rows + self._rows)

    @property
    def _rows(self) -> int:
        return ROWS_A_TABLE * self.ground.tables


def _sizes(entry: Entry, grounds: Sequence[Ground], number: int, idle: int) -> list[Size]:
    with ExitStack() as stack:
        runners = []
        for there in grounds:
            daemon = stack.enter_context(Daemon(entry.config(there.dsn(OURS), EVERY)))
            side = Side(Meter(daemon.pid, there, OURS), daemon.wait_ready(120).addresses[0][1])
            runners.append(_Runner(there, entry, daemon, side))
            time.sleep(EVERY / len(grounds))
        # The first round comes with cold caches.
        _, *rounds = [[runner.refresh() for runner in runners] for _ in range(number + 1)]
        for runner in runners:
            runner.rest()
        idles = look_on([runner.side.meter for runner in runners], idle)
    each = zip(grounds, zip(*rounds, strict=True), idles, strict=True)
    return [Size(there.tables, cost(r, i), median(one.rss for one in r)) for there, r, i in each]
