"""The test servers do what the other tests believe they do."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from support.servers import Database, Server, launch


@pytest.fixture(params=["oldest", "newest"])
def primary(request: pytest.FixtureRequest, local_majors: list[int]) -> Iterator[Server]:
    choose = min if request.param == "oldest" else max
    with closing(launch(choose(local_majors))) as server:
        yield server


def value(source: Server | Database, query: LiteralString, **kwargs: Any) -> Any:
    with source.connect(**kwargs) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def test_server_is_of_its_major(server: Server) -> None:
    with psycopg.connect(server.dsn()) as connection:
        assert connection.info.server_version // 10000 == server.major


def test_database_is_fresh(database: Database) -> None:
    assert value(database, "SELECT current_database()") == database.name
    assert value(database, "SELECT count(*) FROM pg_class WHERE oid >= 16384") == 0


@pytest.mark.since(16)
def test_mark_leaves_older_majors_out(server: Server) -> None:
    assert server.major >= 16


def test_statements_are_counted(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    # Without the texts: other tests of this server leave statements that are no UTF-8.
    assert value(database, "SELECT count(*) FROM pg_stat_statements(false)") > 0


def test_other_user_needs_their_password(victim: Server) -> None:
    with victim.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'a b''c'")
    with psycopg.connect(victim.dsn(user="guest", password="a b'c")) as connection:
        assert connection.info.user == "guest"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(victim.dsn(user="guest"))


def test_kill_and_start(victim: Server) -> None:
    with victim.connect() as connection:
        victim.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        victim.connect()
    victim.start()
    assert value(victim, "SELECT 1") == 1


def test_frozen_server_is_silent_until_thawed(victim: Server) -> None:
    victim.freeze()
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="timeout"):
        victim.connect(connect_timeout=2)
    assert time.monotonic() - started >= 1
    victim.thaw()
    assert value(victim, "SELECT 1") == 1


def test_frozen_postmaster_keeps_sessions(victim: Server) -> None:
    with victim.connect() as connection:
        victim.freeze_postmaster()
        assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            victim.connect(connect_timeout=2)


def test_configure(victim: Server) -> None:
    victim.configure(log_min_messages="debug1", track_io_timing=True)
    assert value(victim, "SHOW track_io_timing") == "on"
    port = victim.port
    victim.configure(max_connections=15, restart=True)
    assert value(victim, "SHOW max_connections") == "15"
    assert victim.port == port


def test_hba_locks_out_at_once(victim: Server) -> None:
    victim.hba("host all all 127.0.0.1/32 reject")
    with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf rejects"):
        victim.connect()
    victim.hba("host all all 127.0.0.1/32 trust")
    assert value(victim, "SELECT 1", password="wrong") == 1


def test_standby_follows_and_is_promoted(primary: Server) -> None:
    standby = primary.standby()
    assert value(standby, "SELECT pg_is_in_recovery()") is True
    name = primary.create_database()
    names = "SELECT array_agg(datname::text) FROM pg_database"
    deadline = time.monotonic() + 10
    while name not in str(value(standby, names)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert name in str(value(standby, names))
    standby.promote()
    assert value(standby, "SELECT pg_is_in_recovery()") is False


def test_backend_memory(victim: Server) -> None:
    with victim.connect() as connection:
        assert 500 < victim.backend_private_kb(connection.info.backend_pid) < 50_000


def test_nothing_is_left_after_close(primary: Server) -> None:
    data = Path(value(primary, "SHOW data_directory"))
    primary.freeze()
    primary.close()
    assert not data.exists()
    with pytest.raises(psycopg.OperationalError, match="refused"):
        primary.connect()
