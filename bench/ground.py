"""The ground: a server with tables on it, one role for each exporter, and what their statements cost."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import psycopg

from bench import generate
from support.servers import Server, launch, local_majors

PREFERRED = 15
"""The newest major that postgres_exporter 0.11 knows."""
PASSWORD = "bench"
PEER, OURS = "peer", "ours"
"""The roles, and what the sides are called."""

_SETTINGS = {
    "autovacuum": False,  # it would come when it likes
    "full_page_writes": False,
    "max_locks_per_transaction": 1024,
    "max_wal_size": "4GB",
    "pg_stat_statements.track_planning": True,
    "shared_buffers": "1GB",
    "synchronous_commit": False,
}
_READ = """
select coalesce(sum(total_exec_time + total_plan_time), 0),
       coalesce(sum(rows), 0),
       exists (select from pg_stat_activity where usesysid = %(role)s and state = 'active')
  from pg_stat_statements(false)
 where userid = %(role)s
"""


class Ledger(NamedTuple):
    """What a role's statements took so far, planning and sending included, and how many rows they gave."""

    milliseconds: float
    rows: int
    active: bool


@dataclass
class Ground:
    """A server whose `databases` have so many `tables` together."""

    server: Server
    databases: list[str]
    tables: int
    _watcher: psycopg.Connection[Any]
    _turns: Iterator[int] = field(default_factory=count)

    def dsn(self, role: str, **more: Any) -> str:
        """How an exporter logs in."""
        return self.server.dsn(self.databases[0], **self.login(role), **more)

    def login(self, role: str) -> dict[str, str]:
        """The role and its password."""
        return {"user": role, "password": PASSWORD}

    def touch(self) -> None:
        """Update one in fifty tables."""
        dsns = [self.server.dsn(name) for name in self.databases]
        generate.touch(dsns, self.tables // len(self.databases), next(self._turns))

    def ledger(self, role: str) -> Ledger:
        """Read what a role's statements took until now."""
        oid = self._watcher.execute("select %s::regrole::oid", [role]).fetchone()
        row = self._watcher.execute(_READ, {"role": oid[0] if oid else None}).fetchone()
        assert row
        return Ledger(float(row[0]), int(row[1]), row[2])

    def backend_mb(self, role: str) -> float:
        """Private memory of a role's backends, in MB."""
        query = "select pid from pg_stat_activity where usename = %s"
        kilobytes = 0
        for (pid,) in self._watcher.execute(query, [role]).fetchall():
            with suppress(OSError, IndexError):  # a heartbeat's is soon gone
                kilobytes += self.server.backend_private_kb(pid)
        return kilobytes / 1024


@contextmanager
def ground(tables: int, databases: int = 1) -> Iterator[Ground]:
    """Start a server and fill it; both are gone at the end."""
    majors = local_majors()
    with closing(launch(PREFERRED if PREFERRED in majors else None, **_SETTINGS)) as server:
        started = time.monotonic()
        names = generate.create(server.dsn(), tables, databases)
        print(f"{tables} tables in {databases} databases: {time.monotonic() - started:.0f} s")
        with server.connect() as watcher:
            watcher.execute("create extension pg_stat_statements")
            for role in (PEER, OURS):
                watcher.execute(f"create role {role} login password '{PASSWORD}'".encode())
                watcher.execute(f"grant pg_monitor to {role}".encode())
            watcher.execute("checkpoint")
            yield Ground(server, names, tables, watcher)
