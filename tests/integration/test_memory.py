"""Memory does not grow with what has been, and ten thousand tables are all there."""

import math
import os
import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from prometheus_client.samples import Sample
from psycopg import sql
from psycopg.rows import dict_row

from pgvitals.agenda import shipped as targets
from pgvitals.catalogue import shipped
from pgvitals.query import Query
from support.daemon import Daemon, instance, until
from support.servers import Server, launch

LONG = bool(os.environ.get("PGVITALS_LONG"))
MARK, END = (180.0, 590.0) if LONG else (30.0, 75.0)
"""Seconds from the first complete page. The visitor replaces its session after 600."""
READINGS = 8.0
"""Seconds of readings behind a median."""
BAR_KB = 2048
AT_ONCE = 25
"""Tables that are made together, and dropped together a turn later."""
OURS = "pgvitals memory"

TABLES = 10_000
A_TRANSACTION = 100

# Changing tables


@dataclass
class Churn:
    """Creates and drops tables, all the time while its `with` block runs; `made` counts them."""

    server: Server
    database: str
    made: int = 0
    errors: list[Exception] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,), name="churn", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)
        assert self.errors == []

    def _run(self, over: threading.Event) -> None:
        try:
            with self.server.connect(self.database) as connection:
                for turn in count(1):
                    if over.wait(0.05):
                        return
                    connection.execute(turnover(turn).encode())
                    self.made += AT_ONCE
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            self.errors.append(error)


def turnover(turn: int) -> str:
    """Tables with names never seen before, with rows, indexes and policies; the last ones go."""
    return f"""
do $$ declare name text; begin
  for n in 1..{AT_ONCE} loop
    name := format('made_%s_%s', {turn}, n);
    execute format('create table %s (id int primary key, a text, b int)', name);
    execute format('create index on %s (b)', name);
    execute format('insert into %s select g, g, g from generate_series(1, %s) g', name, n);
    execute format('alter table %s enable row level security', name);
    execute format('create policy mine on %s using (b = id)', name);
    execute format('drop table if exists made_%s_%s', {turn - 1}, n);
  end loop;
end $$"""


@dataclass
class Readings:
    """Kilobytes of the daemon and of the backend that it reads with, about twice a second."""

    daemon: list[int] = field(default_factory=list)
    backend: list[int] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float, float]:
        return statistics.median(self.daemon), statistics.median(self.backend)


def visiting_backend(server: Server) -> int:
    """The process that the daemon's kept session talks to: no heartbeat lasts a second."""
    look = (
        "select pid from pg_stat_activity where application_name = %s"
        " and backend_start < now() - interval '1 s' order by backend_start limit 1"
    )
    with server.connect() as connection:
        # After a visit that measured everything there is none, until the next.
        found = until(lambda: connection.execute(look, [OURS]).fetchone(), 20, "keep a session")
    return int(found[0])


def scrape_until(daemon: Daemon, moment: float) -> None:
    """What Prometheus does, only more often."""
    while (left := moment - time.monotonic()) > 0:
        daemon.scrape(gzip=True)
        time.sleep(min(1.0, left))


def read_until(daemon: Daemon, server: Server, moment: float) -> Readings:
    readings, pid = Readings(), visiting_backend(server)
    while time.monotonic() < moment or not readings.daemon:
        daemon.scrape(gzip=True)
        readings.daemon.append(daemon.rss_kb())
        readings.backend.append(server.backend_private_kb(pid))
        time.sleep(0.4)
    assert visiting_backend(server) == pid
    return readings


def of_queries(samples: list[Sample], what: str) -> list[Sample]:
    return [s for s in samples if s.name == f"pgvitals_collector_{what}"]


@pytest.mark.alone
def test_memory_does_not_grow_while_tables_come_and_go(victim: Server) -> None:
    database = victim.create_database()
    often = {
        name: {"interval": f"{1 + turn % 2}s", "enabled": True}
        for turn, (name, query) in enumerate(shipped().items())
        if query.scope == "database"
    }
    churn = Churn(victim, database)
    # Rarely run, they would end the session whose memory is looked at.
    assessed = {
        name: {"interval": "2s"} for name, target in targets().items() if target.implemented
    }
    dsn = victim.dsn(database, application_name=OURS)
    config = instance(dsn, queries=often, targets=assessed)
    with churn.running(), Daemon(config) as daemon:
        daemon.wait_ready()
        began, pid = time.monotonic(), visiting_backend(victim)
        scrape_until(daemon, began + MARK - READINGS / 2)
        mark, made = read_until(daemon, victim, began + MARK + READINGS / 2), churn.made
        scrape_until(daemon, began + END - READINGS)
        end = read_until(daemon, victim, began + END)
        assert visiting_backend(victim) == pid, "another session than at the mark"
        samples = daemon.samples()
    (rss, private), (rss_end, private_end) = mark.medians, end.medians
    print(
        f"\nmemory, {END:g} s, {churn.made} tables made and dropped, {churn.made - made} after"
        f" {MARK:g} s: daemon {rss:.0f} -> {rss_end:.0f} kB ({rss_end - rss:+.0f}),"
        f" backend {private:.0f} -> {private_end:.0f} kB ({private_end - private:+.0f})"
    )
    # What is about to be dropped cannot be measured: a query may have come away empty-handed once.
    reasons = {s.labels["reason"] for s in of_queries(samples, "outcome")}
    assert "" in reasons <= {"", "lock_timeout"}
    ages = {s.labels["collector"]: s.value for s in of_queries(samples, "age_seconds")}
    assert max(ages[name] for name in often) < 30, f"not read any more: {ages}"
    assert churn.made - made > (END - MARK) * AT_ONCE / 2, "tables hardly came and went"
    assert rss_end - rss < BAR_KB
    assert private_end - private < BAR_KB


# Many tables

QUERIES = [shipped()[name] for name in ("stat_user_tables", "stat_user_indexes")]
BACKEND_KB = 60_000
"""With all tables measured it is 190,000."""
INDEXES = 8_980 + 2_993  # the view has none of the partitioned tables
SETTINGS = {"autovacuum": False, "full_page_writes": False}
TRAFFIC = (
    "select count(*) from {}",
    "select a from {} where id = 1",
    "update {} set a = 0 where id < 3",
    "delete from {} where id = 4",
    "analyze {}",
    "vacuum {}",
)


def hundred(first: int) -> str:
    """A hundred tables: one in ten without any index, one in three of the others with two."""
    return rf"""
do $$ declare name text; begin
  for n in {first}..{first + A_TRANSACTION - 1} loop
    name := case when n % 50 = 0 then format('%I.%I', 'Other "schema" \', 'Täble "' || n || '"')
            else 't' || n end;
    execute format('create table %s (id int %s, a int) %s', name,
                   case when n % 10 <> 3 then 'primary key' end,
                   case when n % 500 = 1 then 'partition by range (id)' end);
    continue when n % 500 = 1;
    if n % 3 = 0 and n % 10 <> 3 then execute format('create index on %s (a)', name); end if;
    execute format('insert into %s select g, g from generate_series(1, %s) g', name, n % 7);
  end loop;
end $$"""


def make_tables(server: Server, database: str) -> None:
    """Ten thousand tables, and traffic that gives them different numbers."""
    with server.connect(database) as connection:
        connection.execute(r'create schema "Other ""schema"" \"')
        for first in range(0, TABLES, A_TRANSACTION):
            connection.execute(hundred(first).encode())
    with server.connect(database) as connection:
        connection.execute("set enable_seqscan = off")
        mixed = "select schemaname, relname from pg_stat_user_tables order by md5(relname)"
        rows = connection.execute(mixed).fetchall()
        for number, names in enumerate(rows[::50]):
            for statement in TRAFFIC[: 1 + number % len(TRAFFIC)]:
                connection.execute(sql.SQL(statement).format(sql.Identifier(*names)))
    # Who leaves hands in what he counted.
    until(lambda: not visitors(server, database), 10, "be left alone")


def visitors(server: Server, database: str) -> int:
    count = "select count(*) from pg_stat_activity where datname = %s"
    with server.connect() as connection:
        return int((connection.execute(count, [database]).fetchone() or (0,))[0])


def expected_lines(server: Server, database: str, query: Query) -> Counter[str]:
    """What the page must say, written from the view that has the query's name."""
    view = f"pg_{query.name}"
    columns = {n: n.removeprefix(f"{view}_").removesuffix("_total") for n in query.metrics}
    lines: Counter[str] = Counter()
    with server.connect(database) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        for row in cursor.execute(sql.SQL("select * from {}").format(sql.Identifier(view))):
            pairs = {"datname": database, **{label: row[label] for label in query.labels}}
            labels = ",".join(f'{name}="{escaped(value)}"' for name, value in pairs.items())
            lines.update(f"{n}{{{labels}}} {number(row[column])}" for n, column in columns.items())
    return lines


def number(value: Any) -> int:
    """As postgres_exporter has it: 0 for NULL, whole seconds for times."""
    return math.floor(value.timestamp()) if isinstance(value, datetime) else int(value or 0)


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"")


def heaviest(server: Server) -> int:
    """The most private memory that a session of the daemon has, in kB; 0 without a session."""
    sessions = "select pid from pg_stat_activity where application_name = %s"
    with server.connect() as connection:
        pids = [pid for (pid,) in connection.execute(sessions, [OURS])]
    # A heartbeat ends as it likes; of who is about to be gone only the name is left.
    with suppress(FileNotFoundError, ProcessLookupError, IndexError):
        return max(map(server.backend_private_kb, pids), default=0)
    return 0


def lines_of(page: str, query: Query) -> list[str]:
    return [line for line in page.splitlines() if line.partition("{")[0] in query.metrics]


@pytest.fixture
def full() -> Iterator[tuple[Server, str]]:
    """A server at rest, and its database of ten thousand tables."""
    with closing(launch(**SETTINGS)) as server:
        database = server.create_database()
        make_tables(server, database)
        yield server, database


def test_ten_thousand_tables_are_all_there_and_right(full: tuple[Server, str]) -> None:
    server, database = full
    with Daemon(instance(server.dsn(database, application_name=OURS))) as daemon:
        page = daemon.wait_ready().scrape()
        packed = daemon.scrape(gzip=True)
        # Whoever measured all tables does not stay: it would keep what it learned of each.
        until(lambda: 0 < heaviest(server) < BACKEND_KB, 30, "be light again")
    for query, rows in zip(QUERIES, (TABLES, INDEXES), strict=True):
        lines, expected = lines_of(page, query), expected_lines(server, database, query)
        assert len(lines) == expected.total() == rows * len(query.metrics)
        differ = [*(Counter(lines) - expected), *(expected - Counter(lines))]
        assert differ[:10] == []
        assert lines == lines_of(packed, query), "the compressed page says something else"
        moved = {line.partition("{")[0] for line in lines if not line.endswith(" 0")}
        assert {name for name in query.metrics if "auto" not in name} == moved
    report = [line for line in page.splitlines() if line.startswith("pgvitals_collector_")]
    dropped = [line for line in report if line.startswith("pgvitals_collector_dropped{")]
    assert len(dropped) > len(QUERIES)
    assert [line for line in dropped if not line.endswith(" 0")] == []
    assert [line for line in report if re.search('outcome="(error|timeout)"', line)] == []
