"""The contest: both exporters on one ground, in turn, from the same updates to their pages."""

import statistics
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from bench import scrapes
from bench.cost import Idleness, Meter, Refresh, cost, look_on
from bench.entry import MINUTE, NEVER, ROWS_A_TABLE, Entry
from bench.floor import floor
from bench.ground import OURS, PEER, Ground
from bench.peer import Peer, peer
from bench.scrapes import Times
from bench.side import Side
from support.daemon import Daemon
from support.parity import Difference, explanations
from support.sockets import Sockets

OF_NOTHING = {"pg_exporter_user_queries_load_error", "pg_stat_archiver_last_archive_age"}
"""Families of the peer of its own file, and NaN while nothing was archived."""
SMALL = 1_000
"""Tables up to which a database is small."""
Cycle = tuple[Refresh, Refresh]
"""A refresh of each side, theirs first."""


class Pace(NamedTuple):
    """How often each refreshes, and with the slow tier; seconds of idleness, and of each crowd.

    Small databases take `often` as many refreshes: theirs are short, so that noise is a larger part.
    """

    refreshes: int = 8
    often: int = 3
    slow: int = 3
    idle: int = 20
    crowd: float = 25.0


class Result(NamedTuple):
    """What both did, on so many tables."""

    entry: Entry
    tables: int
    release: tuple[int, ...]
    theirs: Side
    ours: Side
    floors: dict[bool, Times]


def contest(ground: Ground, entry: Entry, pace: Pace) -> Result:
    """Run both, in turn."""
    dsn = ground.dsn(PEER, sslmode="disable")
    with (
        peer(dsn, entry.theirs, defaults=entry.defaults) as their,
        Daemon(entry.config(ground.dsn(OURS), _every(ground))) as daemon,
    ):
        measured = Contest(ground, entry, pace, their, daemon)
        measured.refresh()
        measured.crowd()
        return Result(
            entry, ground.tables, their.release, measured.theirs, measured.ours, measured.floors
        )


def _every(ground: Ground) -> float:
    """Seconds between our refreshes, so that the peer's fits in; no divisor of heartbeats' ten."""
    return 3.0 if ground.tables <= SMALL else 17.0


class Contest:
    """One entry on one ground, while both run."""

    def __init__(
        self, ground: Ground, entry: Entry, pace: Pace, their: Peer, daemon: Daemon
    ) -> None:
        self.theirs = Side(Meter(their.pid, ground, PEER), their.port)
        self.ours = Side(Meter(daemon.pid, ground, OURS), daemon.addresses[0][1])
        self._ground, self._entry, self._pace, self._daemon = ground, entry, pace, daemon
        self._release = their.release
        self.sides = (self.theirs, self.ours)
        self.floors: dict[bool, Times] = {}

    def refresh(self) -> None:
        """Measure refreshes in turn, then the slow tier, then what idleness costs."""
        port = self._ground.server.port
        self._daemon.wait_ready(120)
        with (
            Sockets(self.theirs.meter.pid, port) as theirs,
            Sockets(self.ours.meter.pid, port) as ours,
        ):
            self._cycles(1)  # of a peer with cold caches
            fast = self._cycles(self._refreshes())
            for side in self.sides:
                side.backend = side.most_backend
            slow = self._slow_cycles()
        self.theirs.connections, self.ours.connections = theirs.most, ours.most
        self._account(fast, slow)
        self._demand_the_same()
        for side in self.sides:
            side.size = scrapes.fetch(side.port, packed=False).size
            side.packed = scrapes.fetch(side.port, packed=True).size

    def crowd(self) -> None:
        """Four clients at once: each of their scrapes refreshes the peer; we do all the while."""
        seconds = self._pace.crowd
        for packed in (False, True):
            (crowd,) = scrapes.crowd([self.theirs.port], seconds, packed=packed)
            self.theirs.crowds[packed] = crowd
        before = self.ours.meter.read()
        self._configure(1.0)
        self.ours.await_rows(before.rows + ROWS_A_TABLE * self._ground.tables)
        with self._touching():
            for packed in (False, True):
                self._crowd_beside_the_floor(packed)
        for side in self.sides:
            side.crowded = side.meter.memory_mb("VmHWM")

    def _crowd_beside_the_floor(self, packed: bool) -> None:
        """Each client scrapes us and, in turn, a server that only hands out what we answered once."""
        with floor(scrapes.answer(self.ours.port, packed=packed)) as port:
            ports, seconds = [self.ours.port, port], self._pace.crowd
            crowds = scrapes.crowd(ports, seconds, packed=packed)
        self.ours.crowds[packed], self.floors[packed] = crowds

    def _refreshes(self) -> int:
        pace = self._pace
        return pace.refreshes * (pace.often if self._ground.tables <= SMALL else 1)

    def _cycles(self, number: int, rows_a_table: int = ROWS_A_TABLE) -> list[Cycle]:
        cycles = []
        for _ in range(number):
            self._ground.touch()
            ours = self.ours.in_background(rows_a_table * self._ground.tables)
            cycles.append((self.theirs.live(), ours))
        return cycles

    def _slow_cycles(self) -> list[Cycle]:
        """The same with the slow tier, which reads one row more of each table, as often."""
        if not self._entry.slow():
            return []
        self._configure(_every(self._ground), slow_too=True)
        self._cycles(1, ROWS_A_TABLE + 1)
        return self._cycles(self._pace.slow, ROWS_A_TABLE + 1)

    def _account(self, fast: Sequence[Cycle], slow: Sequence[Cycle]) -> None:
        """Make refreshes and minutes of cycles and idleness."""
        idles = self._idle()
        for side, idle, refreshes in zip(self.sides, idles, zip(*fast, strict=True), strict=True):
            side.wall = statistics.median(refresh.wall for refresh in refreshes)
            side.rss = statistics.median(refresh.rss for refresh in refreshes)
            side.refresh = cost(refreshes, idle)
        if slow:
            rare = cost([ours for _, ours in slow], idles[1]) - self.ours.refresh
            self.ours.refresh += rare * (MINUTE / min(self._entry.slow().values()))
        for side, idle in zip(self.sides, idles, strict=True):
            side.minute = side.refresh + idle.second * MINUTE

    def _idle(self) -> list[Idleness]:
        """See what both cost when nothing is due."""
        before = self.ours.meter.read()
        self._configure(NEVER)
        self.ours.await_rest(before.rows + ROWS_A_TABLE * self._ground.tables)
        return look_on([side.meter for side in self.sides], self._pace.idle)

    def _demand_the_same(self) -> None:
        """Refuse to compare with a peer that shows more, for no reason that docs/migrating.md has."""
        theirs = {name for name in self.theirs.families if name.startswith("pg_")} - OF_NOTHING
        lacking = [Difference(name, "missing", "") for name in theirs - self.ours.families]
        known = explanations()
        if unknown := [
            d.family for d in lacking if not any(e.covers(d, self._release) for e in known)
        ]:
            raise RuntimeError(
                f"found no {sorted(unknown)} on our page, expected what the peer has"
            )

    def _configure(self, seconds: float, *, slow_too: bool = False) -> None:
        config = self._entry.config(self._ground.dsn(OURS), seconds, slow_too=slow_too)
        self._daemon.write(config)
        self._daemon.reload()

    @contextmanager
    def _touching(self) -> Iterator[None]:
        """Update tables all the while."""
        over = threading.Event()

        def touch() -> None:
            while not over.wait(1):
                self._ground.touch()

        with ThreadPoolExecutor(1) as pool:
            touched = pool.submit(touch)
            try:
                yield
            finally:
                over.set()
        touched.result()
