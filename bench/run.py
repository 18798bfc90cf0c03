"""The run: every measurement that was asked for, one after the other, told as it goes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import bar, entry, table
from bench.assessing import Due, dues
from bench.bar import Bar
from bench.bill import Bill, bill
from bench.contest import Pace, Result, contest
from bench.entry import Entry
from bench.ground import Ground, ground
from bench.growth import Growth, growth
from bench.soak import Minute, soak
from bench.spread import Spread, spread
from bench.start import Start, start

_STEAL = 7
"""Where stolen ticks stand."""


@dataclass
class Findings:
    """What came out; what was not asked for is None or empty.

    `load` has each load average, `stolen` the share of the processors that the hypervisor kept.
    """

    version: str = ""
    results: list[Result] = field(default_factory=list)
    starts: Start | None = None
    bills: Bill | None = None
    growths: list[Growth] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)
    spreads: Spread | None = None
    minutes: list[Minute] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    stolen: float = 0.0

    def bars(self) -> list[Bar]:
        """Every bar that something was measured for."""
        found = [*bar.of_contests(self.results), *bar.of_growth(self.growths)]
        found += bar.of_start(self.starts) if self.starts else []
        found += bar.of_bill(self.bills) if self.bills else []
        found += bar.of_dues(self.dues) if self.dues else []
        found += bar.of_spread(self.spreads) if self.spreads else []
        return [*found, *bar.of_soak(self.minutes)]


def run(sizes: Sequence[int], pace: Pace, *, whole: bool, minutes: int) -> Findings:
    """Contests at all sizes; with `whole` also the start, the bill and the spread; a soak of `minutes`."""
    found, before = Findings(), _ticks()
    for tables in sizes:
        with ground(tables) as there:
            found.version = there.server.version
            _contests(found, there, pace)
            if whole and tables == min(sizes):
                found.starts = start(there)
            if whole and tables == max(sizes):
                found.bills = bill(there)
                found.dues = dues(there)
    if whole:
        if len(sizes) > 1:
            found.growths = growth(_entries(there.server.major), sizes, pace.refreshes * pace.often)
        found.spreads = spread(max(sizes), pace.refreshes)
    stolen, ticks = (b - a for a, b in zip(before, _ticks(), strict=True))
    found.stolen = stolen / max(1, ticks)
    if minutes:
        with ground(max(sizes)) as there:
            found.minutes = soak(there, minutes)
    return found


def _ticks() -> tuple[int, int]:
    """Ticks of all processors so far: stolen ones, and all (proc_stat(5))."""
    ticks = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
    return ticks[_STEAL], sum(ticks)


def _contests(found: Findings, there: Ground, pace: Pace) -> None:
    for runs in _entries(there.server.major):
        found.results.append(result := contest(there, runs, pace))
        found.load.append(os.getloadavg()[1])
        print(f"\n{there.tables:,} tables, {runs.name}; load {found.load[-1]:.1f}\n")
        print(table.of_contest(result), flush=True)


def _entries(major: int) -> list[Entry]:
    """Tables 1 and 2."""
    return [entry.as_released(), entry.same_sql(major)]
