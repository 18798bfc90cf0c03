"""The page: docs/performance.md, from its template and what a run found."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

from bench import bar, table
from bench.assessing import Due
from bench.bill import Bill
from bench.contest import Result
from bench.growth import Growth
from bench.run import Findings
from bench.scrapes import Times
from bench.soak import Minute
from bench.spread import Spread
from bench.start import STARTS, Start

TEMPLATE = Path(__file__).with_name("performance.md")
_SHOWN = 12
"""Queries of the bill with a line of their own."""
_EVERY = 5
"""Minutes of the soak from one line to the next."""
_WIDEST = 160
"""Characters of a line of a plan."""
_ABSENT = "Not part of this run."


def page(found: Findings) -> str:
    """The whole page."""
    last = found.results[-2:]
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        release=".".join(map(str, found.results[0].release)),
        version=found.version.split()[0],
        load=f"{min(found.load):.1f} to {max(found.load):.1f}",
        stolen=f"{found.stolen:.0%}",
        bars=bars(found.bars()),
        contests="\n\n".join(map(_contest, found.results)),
        growth=_growth(found.growths) if found.growths else _ABSENT,
        choice=_choice(last),
        start=_start(found.starts) if found.starts else _ABSENT,
        bill=_bill(found.bills) if found.bills else _ABSENT,
        dues=_dues(found.dues) if found.dues else _ABSENT,
        plans=_plans(found.bills) if found.bills else _ABSENT,
        spread=_spread(found.spreads) if found.spreads else _ABSENT,
        soak=_soak(found.minutes) if found.minutes else _ABSENT,
    )


def bars(found: Sequence[bar.Bar]) -> str:
    """Each bar with what was reached."""
    head = ("bar", "reached", "at most", "")
    rows = [(b.what, f"{b.reached:.3g}", f"{b.limit:g}", "" if b.held else "missed") for b in found]
    return table.markdown([head, *rows])


def _contest(result: Result) -> str:
    return (
        f"### Table {result.entry.number}, {result.entry.name}: {result.tables:,} tables\n\n"
        f"{table.of_contest(result)}\n\n"
        f"The floor of p50 and p99: {_floor(result.floors[False])} with identity,"
        f" {_floor(result.floors[True])} with gzip."
    )


def _floor(times: Times) -> str:
    return f"{times.p50:.1f} and {times.p99:.1f} ms"


def _growth(growths: Sequence[Growth]) -> str:
    head = ("", "CPU, ms", "database time, ms", "RSS, MB")
    rows = [
        (f"table {growth.entry.number}, {small:,} to {large:,}", *(f"{more:.2f}" for more in each))
        for growth in growths
        for small, large, *each in growth.steps()
    ]
    return table.markdown([head, *rows])


def _choice(last: Sequence[Result]) -> str:
    """What the largest size says about SQL and programs."""
    released, same = last
    own, ours = released.theirs.refresh, same.theirs.refresh
    return (
        f"At {released.tables:,} tables the peer takes {own.database:,.0f} ms of the database for a"
        f" scrape as released, and {ours.database:,.0f} ms for tables and indexes with our statements:"
        f" a difference of SQL alone, which anyone can have by changing a queries file. With the same"
        f" statements the database works {same.ours.refresh.database / ours.database:.2f} times as long"
        f" for us, and our process {same.ours.refresh.cpu / ours.cpu:.3f} times: that is the programs'."
    )


def _start(start: Start) -> str:
    return (
        f"With {start.tables} tables and every default query: {start.seconds:.1f} s from the start of"
        f" the process to its first full page, {start.rss:.1f} MB resident (medians of {STARTS})."
    )


def _bill(bill: Bill) -> str:
    head = ("query", "every, s", "one run, ms", "rows", "a minute, ms")
    shown, rest = bill.items[:_SHOWN], bill.items[_SHOWN:]
    rows = [
        (i.query, f"{i.interval:g}", f"{i.run:.1f}", f"{i.rows:,}", f"{i.minute:.1f}")
        for i in shown
    ]
    others = (f"{len(rest)} others", "", "", "", f"{sum(i.minute for i in rest):.1f}")
    share = f"{bill.minute:.0f} ms a minute, {bill.minute / 600:.2f}% of one core"
    return f"{table.markdown([head, *rows, others])}\n\nTogether {share}."


def _dues(dues: Sequence[Due]) -> str:
    head = ("target", "every, s", "examined", "database, ms", "exporter, ms", "a minute, ms")
    rows = [
        (
            d.target,
            f"{d.interval:g}",
            f"{d.scope:,}",
            f"{d.database:.0f}",
            f"{d.cpu:.0f}",
            f"{d.minute:.1f}",
        )
        for d in dues
    ]
    minute = sum(due.minute for due in dues)
    share = f"{minute:.0f} ms a minute, {minute / 600:.2f}% of one core"
    return f"{table.markdown([head, *rows])}\n\nTogether {share}."


def _plans(bill: Bill) -> str:
    folded = "<details><summary>{}</summary>\n\n```\n{}\n```\n\n</details>"
    cut = {n: "\n".join(line[:_WIDEST] for line in p.splitlines()) for n, p in bill.plans.items()}
    return "\n\n".join(folded.format(name, plan) for name, plan in cut.items())


def _spread(spread: Spread) -> str:
    head = ("", "CPU, ms", "database time, ms", "RSS, MB")
    sides = (
        ("one database", spread.one.refresh, f"{spread.one.rss:.1f}"),
        ("twenty", spread.many.refresh, f"{spread.many.rss:.1f}"),
        ("one, a bare client", spread.bare_one, ""),
        ("twenty, a bare client", spread.bare_many, ""),
    )
    rows = [(name, f"{cost.cpu:.1f}", f"{cost.database:.1f}", rss) for name, cost, rss in sides]
    return table.markdown([head, *rows])


def _soak(minutes: Sequence[Minute]) -> str:
    head = ("minute", "RSS, MB", "backends, MB", "CPU, ms", "database time, ms")
    chosen = [m for m in minutes if m.minute % _EVERY == 0 or m in (minutes[0], minutes[-1])]
    return table.markdown([head, *map(_cells, chosen)])


def _cells(m: Minute) -> Sequence[str]:
    figures = (m.rss, m.backend, m.cpu, m.database)
    return (str(m.minute), *(f"{figure:.1f}" for figure in figures))
