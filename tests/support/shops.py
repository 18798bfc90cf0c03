"""Two shops: one in which everything is as it should be, and one that is empty until it is spoiled."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from pgvitals.demo import faults as demo
from support import healthy
from support.faults import make_roles
from support.incidents import NEXT_FILE
from support.servers import Server, launch

FILES = Path(__file__).parents[1] / "contrast"
SLOT = "repmgr_slot_2"
"""Of the good shop's standby, as repmgr names them: the number is that of a node."""
LEFT = "left_behind"
"""Of somebody who reads no more from the faulty shop."""
SETTINGS: dict[str, Any] = {
    "track_io_timing": True,
    "archive_mode": True,
    "archive_command": "true",
    "wal_level": "logical",
    "max_slot_wal_keep_size": "1GB",
    "checkpoint_timeout": "30s",
}
EXTENSIONS = b"create extension pg_stat_statements; create extension pg_buffercache"
LEDGER = b"""
alter database ledger connection limit 20;
create table entries (id bigint generated always as identity primary key, amount int);
comment on table entries is 'What was booked';
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key);
insert into supabase_migrations.schema_migrations values ('1');
"""
"""A second database, with little to see and a history that nobody was granted."""
GRANT = b"""
grant usage on schema supabase_migrations to pgvitals;
grant select on supabase_migrations.schema_migrations to pgvitals;
"""


def good() -> Server:
    """A server with a shop in which nothing is wrong, and a slot for its standby."""
    server = healthy.shop(**SETTINGS, archive_timeout="60s", autovacuum_naptime="10s")
    with server.connect() as session:
        session.execute(EXTENSIONS)
        session.execute(FILES.joinpath("good.sql").read_bytes())
        session.execute("select pg_create_physical_replication_slot(%s)", [SLOT])
    with server.connect(server.create_database("ledger")) as session:
        session.execute(LEDGER + GRANT)
    return server


def empty() -> Server:
    """A server with two databases that have nothing in them, and archiving that works."""
    server = launch(**SETTINGS | {"max_connections": 60, "autovacuum_naptime": "1d"})
    make_roles(server)
    with server.connect() as session:
        session.execute(EXTENSIONS)
        session.execute(NEXT_FILE)
    server.create_database("ledger")
    return server


def spoil(server: Server) -> None:
    """Fill an empty server with every fault there is, and let its archiver fail."""
    with server.connect() as session:
        session.execute("create role anon; create role authenticated")
        for section in demo.sections():
            session.execute(section.sql.encode())
        with suppress(psycopg.errors.UniqueViolation):
            session.execute(demo.IMPOSSIBLE)
        session.execute(FILES.joinpath("faulty.sql").read_bytes())
        session.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", [LEFT])
        server.configure(archive_command="false")
        for _ in range(4):
            session.execute(NEXT_FILE)
    with server.connect("ledger") as session:
        session.execute(LEDGER)
