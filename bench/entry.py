"""Entries: what the two exporters run against each other, and how ours is configured meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bench import peer
from bench.peer import QueriesFile
from pgvitals.catalogue import shipped
from support.daemon import instance
from support.queries import NO_TARGETS, OFF

TABLES = ("stat_user_tables", "stat_user_indexes")
ROWS_A_TABLE = 4
"""Rows that they give together for each table, which has three indexes."""
SAME = (
    *TABLES,
    "stat_user_tables_size",
    "database_size",
    "locks",
    "replication_slots",
    "settings",
    "stat_activity",
    "stat_archiver",
    "stat_bgwriter",
    "stat_database",
    "stat_database_conflicts",
    "stat_database_sessions",
    "stat_replication",
    "static",
)
"""The queries whose families postgres_exporter 0.11 has by default, and those of tables and indexes."""
MINUTE = 60.0
NEVER = 3600.0
"""Seconds between runs that are not to come while something is measured."""


class Entry(NamedTuple):
    """Our queries, the peer's queries file, and whether its own collectors run beside it."""

    name: str
    queries: Sequence[str]
    theirs: QueriesFile
    defaults: bool

    def config(self, dsn: str, seconds: float, *, slow_too: bool = False, **more: Any) -> Any:
        """Our configuration: its queries alone, every so many seconds.

        What is rarer than once a minute, the slow tier, keeps its interval unless `slow_too`.
        """
        often = {"enabled": True, "interval": f"{seconds:g}s"}
        rare = {} if slow_too else self.slow()
        changes = {name: {"enabled": True} if name in rare else often for name in self.queries}
        return instance(dsn, queries=OFF | changes, targets=NO_TARGETS, **more)

    @property
    def number(self) -> int:
        """Of its table."""
        return 1 if self.defaults else 2

    def slow(self) -> Mapping[str, float]:
        """The queries of the slow tier, with their intervals in seconds."""
        intervals = {name: float(shipped()[name].interval) for name in self.queries}
        return {name: every for name, every in intervals.items() if every > MINUTE}


def as_released() -> Entry:
    """Table 1: the peer with its own collectors and its own way to read tables."""
    return Entry("the peer as released", SAME, peer.own(), True)


def same_sql(major: int) -> Entry:
    """Table 2: our statements on both sides, and nothing else."""
    return Entry("the same SQL", TABLES, peer.as_ours(TABLES, major), False)
