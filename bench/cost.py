"""Cost: what a process and its statements took between two readings, and how much memory it has."""

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.ground import Ground

# Linux, MAKE_PROCESS_CPUCLOCK: in nanoseconds, of all threads, those that have ended too.
_CLOCK_BITS, _CLOCK_SCHED = 3, 2


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time in the exporter (`cpu`), and of its statements in the `database`."""

    cpu: float = 0.0
    database: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu + other.cpu, self.database + other.database)

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(self.cpu - other.cpu, self.database - other.database)

    def __mul__(self, factor: float) -> "Cost":
        return Cost(self.cpu * factor, self.database * factor)


@dataclass(frozen=True)
class Reading:
    """What was spent until a moment (time.monotonic), the rows read, and whether a statement runs."""

    at: float
    spent: Cost
    rows: int
    active: bool


def median(costs: Iterable[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*map(statistics.median, zip(*map(astuple, costs), strict=True)))


class Refresh(NamedTuple):
    """Readings around a refresh, the milliseconds from its beginning to its page, and MB of memory."""

    before: Reading
    after: Reading
    wall: float
    rss: float


class Idleness:
    """What is spent while nothing is due: readings, a second apart."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        first, last = readings[0], readings[-1]
        self.second = (last.spent - first.spent) * (1 / (last.at - first.at))
        """A second, heartbeats and all."""
        each = [(b.spent - a.spent) * (1 / (b.at - a.at)) for a, b in pairwise(readings)]
        self.quiet_second = median(each)
        """A second without a heartbeat, as most are."""


class Meter:
    """Reads what one exporter cost since its start: the process `pid`, and the statements of `role`."""

    def __init__(self, pid: int, ground: Ground, role: str) -> None:
        self.pid = pid
        self._ground, self._role = ground, role

    def read(self) -> Reading:
        """Everything until now."""
        ledger = self._ground.ledger(self._role)
        spent = Cost(self.cpu_ms(), ledger.milliseconds)
        return Reading(time.monotonic(), spent, ledger.rows, ledger.active)

    def backend_mb(self) -> float:
        """Private memory of its backends, in MB."""
        return self._ground.backend_mb(self._role)

    def cpu_ms(self) -> float:
        """Processor time of the process, of user and system, in milliseconds."""
        return time.clock_gettime(~self.pid << _CLOCK_BITS | _CLOCK_SCHED) * 1000

    def memory_mb(self, field: str = "VmRSS") -> float:
        """Resident memory in MB: `VmRSS` now, `VmHWM` at its highest."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def look_on(meters: Sequence[Meter], seconds: int = 20) -> list[Idleness]:
    """See what each spends in a time, of two heartbeats, in which nothing is due."""
    readings = [[meter.read() for meter in meters]]
    for _ in range(seconds):
        time.sleep(1)
        readings.append([meter.read() for meter in meters])
    return [Idleness(each) for each in zip(*readings, strict=True)]


def cost(refreshes: Iterable[Refresh], idle: Idleness) -> Cost:
    """The median of what refreshes cost, less what the same time costs idly."""
    times = [(r, idle.quiet_second * (r.after.at - r.before.at)) for r in refreshes]
    return median([r.after.spent - r.before.spent - idly for r, idly in times])
