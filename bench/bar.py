"""Bars: what is promised, and what was reached."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from bench.assessing import Due
from bench.bill import Bill
from bench.contest import Result
from bench.growth import Growth
from bench.soak import Minute
from bench.spread import Spread
from bench.start import Start

HELD_FROM = 1_000
"""Tables below which our own fixed costs decide, and nothing is promised beside the peer."""
MANY = 10_000
NOISE = 1.15
"""Differences below this are those of a shared machine."""
_GROWING = {"cpu": "CPU", "database": "database time", "rss": "RSS"}


class Bar(NamedTuple):
    """A figure and its limit."""

    what: str
    reached: float
    limit: float

    @property
    def held(self) -> bool:
        """Whether the figure is within its limit."""
        return self.reached <= self.limit


def of_contests(results: Sequence[Result]) -> Iterator[Bar]:
    """Ratios to the peer; and scrapes while the largest refreshes."""
    for result in results:
        if result.tables >= HELD_FROM:
            yield from (_ratios if result.entry.defaults else _ratios_of_same)(result)
        if result.tables >= MANY:
            for packed, times in result.ours.crowds.items():
                coding = "gzip" if packed else "identity"
                what = f"p99 of a scrape, {coding}, four clients, ms"
                yield Bar(f"{_name(result)}: {what}", times.p99, 10)


def of_growth(growths: Sequence[Growth]) -> Iterator[Bar]:
    """What a table more costs at the larger sizes, divided by what it costs at the smaller."""
    for growth in growths:
        for small, large in pairwise(growth.steps()):
            for field, what in _GROWING.items():
                ratio = getattr(large, field) / getattr(small, field)
                table = f"table {growth.entry.number}"
                yield Bar(f"{table}: growth of {what}, large to small", ratio, NOISE)


def of_start(start: Start) -> Iterator[Bar]:
    """A small database, every default query."""
    yield Bar(f"RSS at {start.tables} tables, every default query, MB", start.rss, 48)
    yield Bar("start to the first full page, s", start.seconds, 2)


def of_bill(bill: Bill) -> Iterator[Bar]:
    """The default catalogue at its own intervals."""
    share = bill.minute / 60_000 * 100
    yield Bar(f"database time of all queries at {bill.tables:,} tables, % of a core", share, 2)


def of_dues(dues: Sequence[Due]) -> Iterator[Bar]:
    """All targets at their own intervals."""
    share = sum(due.minute for due in dues) / 60_000 * 100
    yield Bar("all targets, database and exporter, % of a core", share, 1)


def of_spread(spread: Spread) -> Iterator[Bar]:
    """Many databases instead of one."""
    if spread.tables < MANY:
        return  # logins and cold caches decide
    for what in ("cpu", "database"):
        ratio = getattr(spread.many.refresh, what) / getattr(spread.one.refresh, what)
        yield Bar(f"twenty databases to one with the same tables, {what}", ratio, 1.3)


def of_soak(minutes: Sequence[Minute], settled: int = 10) -> Iterator[Bar]:
    """Memory at the end against that after ten minutes."""
    if len(minutes) > settled:
        early, last = minutes[settled - 1], minutes[-1]
        yield Bar(
            f"RSS after {last.minute} minutes, more than after {settled}, MB",
            last.rss - early.rss,
            2,
        )
        yield Bar("backends' memory, likewise, MB", last.backend - early.backend, 2)


def _name(result: Result) -> str:
    return f"table {result.entry.number}, {result.tables:,} tables"


def _ratios(result: Result) -> Iterator[Bar]:
    name, theirs, ours = _name(result), result.theirs, result.ours
    yield from _costs(result, 0.08, 0.5)
    yield Bar(f"{name}: time to fresh data", ours.wall / theirs.wall, 0.25)
    if result.tables >= MANY:
        yield Bar(f"{name}: RSS", ours.rss / theirs.rss, 0.4)
    yield Bar(f"{name}: backends' memory", ours.backend / theirs.backend, 0.3)


def _ratios_of_same(result: Result) -> Iterator[Bar]:
    yield from _costs(result, 0.10, 1.1)


def _costs(result: Result, cpu: float, database: float) -> Iterator[Bar]:
    name = _name(result)
    theirs, ours = result.theirs.refresh, result.ours.refresh
    yield Bar(f"{name}: CPU", ours.cpu / theirs.cpu, cpu)
    yield Bar(f"{name}: database time", ours.database / theirs.database, database)
