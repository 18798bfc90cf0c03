"""The demo's PostgreSQL: loopback only, everything in a temporary directory, gone at the end."""

import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from pgvitals.demo.child import Child
from pgvitals.demo.home import Home
from pgvitals.demo.installation import programs
from pgvitals.demo.loopback import HOST, free_port
from pgvitals.demo.progress import Progress

DATABASE = "shop"
OWNER, WATCHER = "shop", "pgvitals"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # a path of them may have 107 bytes, and TMPDIR more
    "dynamic_shared_memory_type": "mmap",  # nothing in /dev/shm, which may be small, or outlive us
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "64MB",
    "max_connections": "40",
    "max_parallel_workers_per_gather": "0",
    "fsync": "off",
    "full_page_writes": "off",
}
ROLES = f"""
    create role {OWNER} login;
    create role {WATCHER} login connection limit 5;
    grant pg_monitor to {WATCHER};
    create role anon;
    create role authenticated;
"""


@dataclass(frozen=True)
class Server:
    """A running server, and the passwords of its roles."""

    process: Child
    port: int
    passwords: dict[str, str] = field(repr=False)

    def address(self, user: str, dbname: str = DATABASE) -> dict[str, str]:
        """libpq's keywords for a login, without the password."""
        return {"host": HOST, "port": str(self.port), "user": user, "dbname": dbname}

    def url(self, user: str) -> str:
        """A connection string for the shop, with the password."""
        return f"postgresql://{user}:{self.passwords[user]}@{HOST}:{self.port}/{DATABASE}"

    def connect(self, user: str, dbname: str = DATABASE) -> psycopg.Connection[Any]:
        """A session in autocommit mode; raises psycopg.Error."""
        login = make_conninfo("", **self.address(user, dbname), password=self.passwords[user])
        return psycopg.connect(login, autocommit=True, connect_timeout=10, sslmode="disable")

    def accepts(self) -> bool:
        """Whether sessions can begin."""
        try:
            self.connect("postgres", "postgres").close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running(home: Home, progress: Progress) -> Iterator[Server]:
    """A server with the empty database of the shop and its roles; raises Failure, Ended, OSError."""
    progress.say("making the files of a PostgreSQL 18 server")
    passwords = {role: secrets.token_hex(16) for role in ("postgres", OWNER, WATCHER)}
    bin_ = programs(home)
    data = _initialize(home, progress, bin_ / "initdb", passwords["postgres"])
    port = free_port()
    progress.say(f"starting the server on {HOST}:{port}")
    command: list[str | Path] = [bin_ / "postgres", "-D", data, "-p", str(port)]
    # Immediate: what a checkpoint would save is to be deleted.
    with Child(command, home.path / "server.log", signal.SIGQUIT, **home.identity) as process:
        server = Server(process, port, passwords)
        try:
            process.wait(progress, server.accepts, "PostgreSQL to accept sessions")
            _populate(server)
            yield server
        except psycopg.Error as error:
            raise process.failure(f"PostgreSQL: {error}") from error


def _initialize(home: Home, progress: Progress, initdb: Path, password: str) -> Path:
    """Make the data directory, with the superuser's password; gives its path."""
    directory = home.path / "server"
    directory.mkdir(mode=0o700)
    secret, data = directory / "password", directory / "data"
    secret.write_text(password)
    home.give(directory)
    command: list[str | Path] = [initdb, "-D", data, "-U", "postgres", "--pwfile", secret]
    command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
    for name, value in SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    # SIGTERM ends it between two steps: a step that is killed leaves shared memory behind.
    with Child(command, home.path / "initdb.log", signal.SIGTERM, **home.identity) as process:
        process.wait(progress, lambda: process.code is not None, "initdb to end")
        if process.code:
            process.check()
    secret.unlink()
    return data


def _populate(server: Server) -> None:
    with server.connect("postgres", "postgres") as session:
        session.execute(ROLES)
        for role in (OWNER, WATCHER):
            # Hashed before it is sent: statements are logged, and counted with their text.
            session.pgconn.change_password(role.encode(), server.passwords[role].encode())
        session.execute(f"create database {DATABASE} owner {OWNER}")
    with server.connect("postgres") as session:
        session.execute("create extension pg_stat_statements")
