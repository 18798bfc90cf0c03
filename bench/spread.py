"""The spread: the same tables in one database and in twenty, for us and for a bare client."""

import statistics
from typing import NamedTuple

from bench.bare import bare
from bench.cost import Cost, Meter, cost, look_on
from bench.entry import NEVER, ROWS_A_TABLE, TABLES, Entry
from bench.ground import OURS, Ground, ground
from bench.side import Side
from support.daemon import Daemon

DATABASES = 20
EVERY = 30.0
"""Seconds from one refresh to the next: the databases have their turns half a second apart."""


class Spread(NamedTuple):
    """What a refresh of all tables costs, in one database and in many, and the memory in MB.

    `bare_one` and `bare_many` are what it costs a client that does nothing with the rows.
    """

    tables: int
    one: Cost
    many: Cost
    rss_of_one: float
    rss_of_many: float
    bare_one: Cost
    bare_many: Cost


def spread(tables: int, number: int, databases: int = DATABASES) -> Spread:
    """Measure both, one server after the other."""
    figures = []
    for parts in (1, databases):
        with ground(tables, parts) as there:
            figures.append((*_alone(there, number), bare(there, number)))
    (one, rss, bare_one), (many, rss_of_many, bare_many) = figures
    return Spread(tables, one, many, rss, rss_of_many, bare_one, bare_many)


def _alone(there: Ground, number: int) -> tuple[Cost, float]:
    """The cost of a refresh of ours with nobody beside it, and the memory that it has then."""
    runs, rows = Entry("tables", TABLES, {}, False), ROWS_A_TABLE * there.tables
    dsn, followed = there.dsn(OURS), {"include": there.databases}
    with Daemon(runs.config(dsn, EVERY, databases=followed)) as daemon:
        side = Side(Meter(daemon.pid, there, OURS), daemon.addresses[0][1])
        side.await_rows(rows)
        refreshes = []
        for _ in range(number):
            there.touch()
            refreshes.append(side.in_background(rows))
        before = side.meter.read()
        daemon.write(runs.config(dsn, NEVER, databases=followed))
        daemon.reload()
        side.await_rest(before.rows + rows)
        (idle,) = look_on([side.meter])
    return cost(refreshes, idle), statistics.median(r.rss for r in refreshes)
