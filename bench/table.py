"""Tables: figures as Markdown, aligned for people too."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bench.contest import Result
from bench.side import Side


class Line(NamedTuple):
    """A line of a contest's table: what, how it is read from a side, and how written."""

    what: str
    read: Callable[[Side], float]
    form: str = ".1f"


def _times(packed: bool, part: str) -> Callable[[Side], float]:
    return lambda side: float(getattr(side.crowds[packed], part))


LINES = (
    Line("CPU a refresh, ms", lambda side: side.refresh.cpu),
    Line("database time a refresh, ms", lambda side: side.refresh.database),
    Line("time to fresh data, ms", lambda side: side.wall, ".0f"),
    Line("CPU a minute, ms", lambda side: side.minute.cpu),
    Line("database time a minute, ms", lambda side: side.minute.database),
    Line("RSS, MB", lambda side: side.rss),
    Line("RSS at its peak, MB", lambda side: side.peak),
    Line("the same with four clients, MB", lambda side: side.crowded),
    Line("backends' private memory, MB", lambda side: side.backend),
    Line("the same after the slow tier, MB", lambda side: side.most_backend),
    Line("connections", lambda side: side.connections, "d"),
    Line("four clients, identity: p50, ms", _times(False, "p50")),
    Line("four clients, identity: p99, ms", _times(False, "p99")),
    Line("four clients, gzip: p50, ms", _times(True, "p50")),
    Line("four clients, gzip: p99, ms", _times(True, "p99")),
    Line("scrapes that these are of", lambda s: sum(t.scrapes for t in s.crowds.values()), "d"),
    Line("samples", lambda side: side.samples, ",d"),
    Line("bytes, identity", lambda side: side.size, ",d"),
    Line("bytes, gzip", lambda side: side.packed, ",d"),
)


def of_contest(result: Result) -> str:
    """Both sides of a contest, and ours divided by theirs."""
    rows = [("", "postgres_exporter", "pgvitals", "ratio")]
    for line in LINES:
        theirs, ours = line.read(result.theirs), line.read(result.ours)
        ratio = f"{ours / theirs:.3f}" if theirs else ""
        rows.append((line.what, format(theirs, line.form), format(ours, line.form), ratio))
    return markdown(rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first is its head, and all but the first column are numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = rows
    rule = ["-" * widths[0], *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    aligned = [
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in (head, rule, *body)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in aligned)
