"""Logins that fail, and those that work although they look odd: the reason is told, the password never."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from support import servers
from support.daemon import Daemon, until
from support.queries import everything, only, page, write
from support.servers import Server

PATIENCE = 30
"""Seconds until a state must be reached that is usually reached within a heartbeat."""
SECRET = "s3cret"
"""A part of every password here: it must appear nowhere."""
NASTY = "o'b\"r\\ @:/?#%&=é"


def identifier(name: str) -> str:
    return sql.Identifier(name).as_string()


def literal(text: str) -> str:
    return sql.Literal(text).as_string()


@pytest.fixture(scope="module")
def private(local_majors: list[int]) -> Iterator[Server]:
    """A server of this module's own."""
    with closing(servers.launch(max(local_majors))) as server:
        yield server


# Logins

RIGHT = f"{SECRET} {NASTY} right"
WRONG = f"{SECRET} {NASTY} wrong"
REASONS = {
    "down": "refused",
    "database": "database_missing",
    "password": "login_refused",
    "wrong_file": "login_refused",
    "no_file": "credentials",
    "empty_file": "credentials",
    "directory": "credentials",
    "tls": "tls",
}

TELLING = ("database", "no_file")
"""The instances with queries that make the server repeat the password, once they have it."""
TELLS = {
    "tells": f"select {literal(RIGHT)}::int as v",
    "tells_late": f"select (repeat('x', 250) || {literal(RIGHT)})::int as v",
}


class Logins:
    """Instances of which none can be logged in to, until `mend`; `first` is the first page."""

    def __init__(self, newest: Server, private: Server, folder: Path) -> None:
        self._newest, self._private, self._folder = newest, private, folder
        self.user, self.other, self.database = "bad_user", "bad_other_user", "bad_later"
        (folder / "wrong_file").write_text(WRONG)
        (folder / "empty_file").write_text(" \n")
        (folder / "directory").mkdir()
        with newest.connect() as connection:
            for user in (self.user, self.other):
                connection.execute(f"create role {user} login password {literal(RIGHT)}")
        private.stop()

    def instances(self) -> dict[str, Any]:
        plain = self._newest.dsn(user=self.user)
        files = ("wrong_file", "no_file", "empty_file", "directory")
        return {
            "down": {"dsn": self._private.dsn()},
            "database": {"dsn": self._newest.dsn(self.database, self.user, RIGHT)},
            "password": {"dsn": self._newest.dsn(user=self.other, password=WRONG)},
            "tls": {"dsn": self._newest.dsn(user=self.user, password=RIGHT, sslmode="require")},
            **{f: {"dsn": plain, "password_file": str(self._folder / f)} for f in files},
        }

    def mend(self) -> None:
        self._private.start()
        self._newest.create_database(self.database)
        (self._folder / "directory").rmdir()
        for name in ("wrong_file", "no_file", "empty_file", "directory"):
            (self._folder / name).write_text(f"{RIGHT}\n")
        with self._newest.connect() as connection:
            connection.execute(f"alter role {self.other} password {literal(WRONG)}")

    def close(self) -> None:
        self._newest.drop_database(self.database)
        with self._newest.connect() as connection:
            connection.execute(f"drop role {self.user}, {self.other}")


class Seen:
    """The first page, what was there once every reason was known, and the daemon."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.first_seconds = daemon.get("/metrics").seconds
        self.first = self.up()
        until(lambda: self.reasons().keys() == REASONS.keys(), 10, "know every reason")
        until(lambda: "starting" not in self.reasons().values(), 10, "know every reason")
        self.settled, self.why = self.up(), self.reasons()

    def up(self) -> dict[str, float]:
        found = [s for s in self.daemon.samples() if s.name == "pg_up"]
        return {s.labels["server"]: s.value for s in found}

    def reasons(self) -> dict[str, str]:
        found = [s for s in self.daemon.samples() if s.name == "pgvitals_down_reason"]
        return {s.labels["server"]: s.labels["reason"] for s in found}


@pytest.fixture(scope="module")
def logins(
    newest: Server, private: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seen]:
    with ExitStack() as stack:
        files, folder = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("queries")
        write(folder, "ok", "select 1 as v")
        for query, statement in TELLS.items():
            write(folder, query, statement)
        trouble = stack.enter_context(closing(Logins(newest, private, files)))
        instances = trouble.instances()
        for name in set(instances) - set(TELLING):
            instances[name]["queries"] = {query: {"enabled": False} for query in TELLS}
        config = only(instances, folder) | {"log": {"level": "debug"}}
        seen = Seen(stack.enter_context(Daemon(config)))
        trouble.mend()
        yield seen


def test_a_page_is_served_at_once_and_nothing_is_up(logins: Seen) -> None:
    assert logins.first_seconds < 2
    assert set(logins.first.values()) <= {0}
    assert logins.settled == dict.fromkeys(REASONS, 0)


@pytest.mark.parametrize("name", REASONS)
def test_a_login_that_fails_has_its_reason(logins: Seen, name: str) -> None:
    assert logins.why[name] == REASONS[name]
    said = [e for e in logins.daemon.events if e["event"] == "login failed"]
    assert REASONS[name] in [e["reason"] for e in said if e["instance"] == name]


@pytest.mark.parametrize("name", [name for name in REASONS if name != "tls"])
def test_a_login_that_was_mended_is_found_to_work(logins: Seen, name: str) -> None:
    until(lambda: logins.up()[name] == 1, PATIENCE, f"find {name} up")
    assert name not in logins.reasons()
    ran = ("success", "")
    until(lambda: logins.daemon.outcome("ok", page(name)) == ran, PATIENCE, "visit")


@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("query", TELLS)
def test_a_password_in_an_error_of_the_server_is_hidden(
    logins: Seen, name: str, query: str
) -> None:
    def logged() -> list[str]:
        events = logins.daemon.events
        of_it = [e for e in events if (e.get("instance"), e.get("collector")) == (name, query)]
        return [e["error"] for e in of_it]

    (error,) = until(logged, PATIENCE, "log the error")
    assert error.startswith("invalid input syntax for type integer: ")
    assert SECRET not in error


def test_no_password_was_told_to_anyone(logins: Seen) -> None:
    said = everything(logins.daemon, *REASONS)
    assert "login failed" in said
    for line in said.splitlines():
        assert SECRET not in line or "tells_late" in line  # that one has a test of its own


# Names that need quoting everywhere

URI = "DATA_SOURCE_URI"


@pytest.fixture(scope="module")
def nasty(newest: Server) -> Iterator[dict[str, str]]:
    """A role and a database with a name that needs quoting everywhere; the ways to say so."""
    newest.create_database(NASTY)
    with newest.connect() as connection:
        connection.execute(f"create role {identifier(NASTY)} login password {literal(RIGHT)}")
    user, password, database = (quote(text, safe="") for text in (NASTY, RIGHT, NASTY))
    address = f"{newest.host}:{newest.port}/{database}?sslmode=prefer"
    yield {
        "url": f"postgresql://{user}:{password}@{address}",
        "words": make_conninfo(
            host=newest.host, port=newest.port, user=NASTY, password=RIGHT, dbname=NASTY
        ),
        "uri": address,
        "elsewhere": newest.dsn(),
    }
    newest.drop_database(NASTY)
    with newest.connect() as connection:
        connection.execute(f"drop role {identifier(NASTY)}")


def whoami(folder: Path) -> Path:
    write(folder, "whoami", "select 1 as v, current_user as l", labels={"l": "The role."})
    return folder


def arrived(daemon: Daemon, path: str = "/metrics") -> None:
    series = {"datname": NASTY, "l": NASTY}
    until(lambda: daemon.value("bad_whoami", path, **series), PATIENCE, "say who it is")
    assert SECRET not in everything(daemon)


def test_a_dsn_may_have_any_character(
    newest: Server, nasty: dict[str, str], tmp_path: Path
) -> None:
    mapping = {"host": newest.host, "port": newest.port, "user": NASTY, "dbname": NASTY}
    instances = {
        "url": {"dsn": nasty["url"]},
        "words": {"dsn": nasty["words"]},
        NASTY: {"connection": mapping | {"password": RIGHT}},
    }
    with Daemon(only(instances, whoami(tmp_path))) as daemon:
        for name in instances:
            arrived(daemon, page(name))


@pytest.mark.parametrize("first", ["url", "words"])
def test_data_source_name_may_have_any_character(
    newest: Server, nasty: dict[str, str], tmp_path: Path, first: str
) -> None:
    environment = {"DATA_SOURCE_NAME": f"{nasty[first]},{nasty['elsewhere']}"}
    with Daemon(only({}, whoami(tmp_path)), environment) as daemon:
        name = f"{newest.host}:{newest.port}/{NASTY}"
        until(lambda: len(daemon.values("pg_up")) == 2, PATIENCE, "watch two")
        arrived(daemon, page(name))


@pytest.mark.parametrize("files", [False, True])
def test_data_source_uri_user_and_pass_may_have_any_character(
    nasty: dict[str, str], tmp_path: Path, files: bool
) -> None:
    parts = {URI: nasty["uri"], "DATA_SOURCE_USER": NASTY, "DATA_SOURCE_PASS": RIGHT}
    (folder := tmp_path / "queries").mkdir()
    if files:
        for name, text in parts.items():
            (tmp_path / name).write_text(f"{text}\n")
        parts = {f"{name}_FILE": str(tmp_path / name) for name in parts}
    with Daemon(only({}, whoami(folder)), parts) as daemon:
        arrived(daemon)


def test_a_password_may_look_like_a_url(newest: Server, tmp_path: Path) -> None:
    password = f"a://b@c@{SECRET}"
    with newest.connect() as connection:
        connection.execute(f"create role bad_url login password {literal(password)}")
    try:
        config = {"instances": {"main": {"dsn": newest.dsn(user="bad_url", password=password)}}}
        with Daemon(config) as daemon:
            until(lambda: daemon.value("pg_up") == 1, PATIENCE, "log in")
    finally:
        with newest.connect() as connection:
            connection.execute("drop role bad_url")
