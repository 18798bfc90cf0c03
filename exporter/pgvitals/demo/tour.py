"""What there is to see on the page: the faults, and the series that show them."""

from collections.abc import Iterator
from typing import NamedTuple


class Sight(NamedTuple):
    """A fault, and the series that shows it: its family and labels that it has."""

    fault: str
    family: str
    labels: tuple[str, ...] = ()

    def look(self, page: str) -> str | None:
        """The line of `page` that shows it, as it stands there; None while there is none, or 0."""
        for line in page.splitlines():
            head, _, value = line.rpartition(" ")
            family, _, labels = head.partition("{")
            if family == self.family and all(label in labels for label in self.labels):
                return line if float(value) else None
        return None


SIGHTS = (
    Sight(
        "every API user reads every customer: row level security is off",
        "pg_table_rls_info",
        ('relname="customers"', 'state="DISABLED"'),
    ),
    Sight(
        "nobody reads an address: row level security is on, without a policy",
        "pg_table_rls_info",
        ('relname="addresses"', 'state="NO POLICIES"'),
    ),
    Sight(
        "an index that only costs",
        "pg_index_unused_bytes_estimated",
        ('indexrelname="orders_total_idx"',),
    ),
    Sight(
        "rows that reports read of a table without the index they need, and growing",
        "pg_stat_user_tables_seq_tup_read",
        ('relname="orders"',),
    ),
    Sight(
        "dead rows that autovacuum may not remove",
        "pg_stat_user_tables_n_dead_tup",
        ('relname="carts"',),
    ),
    Sight(
        "bloat: room on disk for 50,000 rows, of which 5,000 are left",
        "pg_stat_user_tables_table_size_bytes",
        ('relname="visits"',),
    ),
    Sight(
        "a session sits idle in its transaction, for so many seconds",
        "pg_activity_longest_idle_in_transaction_seconds",
        ('datname="shop"',),
    ),
    Sight("and another one waits for it", "pg_blocked_sessions", ('datname="shop"',)),
)


def seen(page: str) -> Iterator[tuple[str, str]]:
    """The faults that `page` shows, each with its line."""
    for sight in SIGHTS:
        if line := sight.look(page):
            yield sight.fault, line


def complete(page: str) -> str | None:
    """The page, if it shows all of them."""
    return page if len(list(seen(page))) == len(SIGHTS) else None
