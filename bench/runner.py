"""Runners: daemons on grounds of their own, whose refreshes are measured in turn.

One ground after the other would meet a shared machine at different speeds: what comes out would be its.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any, NamedTuple

from bench.cost import Cost, Meter, Refresh, cost, look_on
from bench.entry import NEVER, ROWS_A_TABLE, Entry
from bench.ground import OURS, Ground
from bench.side import Side
from support.daemon import Daemon


class Spent(NamedTuple):
    """What a refresh of a ground costs, and the memory in MB that the daemon has then."""

    refresh: Cost
    rss: float


class Turns(NamedTuple):
    """How many refreshes of each, `every` so many seconds, and then `idle` seconds without any."""

    number: int
    every: float
    idle: int = 20


class Runner(NamedTuple):
    """A daemon on a ground."""

    ground: Ground
    entry: Entry
    daemon: Daemon
    side: Side

    def refresh(self) -> Refresh:
        """Await the next refresh."""
        self.ground.touch()
        return self.side.in_background(self._rows)

    def rest(self) -> None:
        """Have one more, and then none."""
        before = self.side.meter.read()
        self.daemon.write(_config(self.entry, self.ground, NEVER))
        self.daemon.reload()
        self.side.await_rest(before.rows + self._rows)

    @property
    def _rows(self) -> int:
        return ROWS_A_TABLE * self.ground.tables


def in_turn(entry: Entry, grounds: Sequence[Ground], turns: Turns) -> list[Spent]:
    """Measure refreshes of all grounds, in turn, with nobody beside our daemons."""
    with ExitStack() as stack:
        runners = []
        for there in grounds:
            runners.append(_started(stack, entry, there, turns.every))
            time.sleep(turns.every / len(grounds))
        # The first round comes with cold caches.
        _, *rounds = [[runner.refresh() for runner in runners] for _ in range(turns.number + 1)]
        for runner in runners:
            runner.rest()
        idles = look_on([runner.side.meter for runner in runners], turns.idle)
    each = zip(zip(*rounds, strict=True), idles, strict=True)
    return [Spent(cost(them, idle), median(one.rss for one in them)) for them, idle in each]


def _started(stack: ExitStack, entry: Entry, there: Ground, every: float) -> Runner:
    daemon = stack.enter_context(Daemon(_config(entry, there, every)))
    port = daemon.wait_ready(120).addresses[0][1]
    return Runner(there, entry, daemon, Side(Meter(daemon.pid, there, OURS), port))


def _config(entry: Entry, there: Ground, seconds: float) -> Any:
    if len(there.databases) == 1:
        return entry.config(there.dsn(OURS), seconds)
    return entry.config(there.dsn(OURS), seconds, databases={"include": there.databases})
