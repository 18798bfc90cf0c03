"""Configurations: wrong ones are refused, at start and at reload; changes apply, and nothing else changes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.daemon import Daemon, until
from support.queries import everything, only, page, write
from support.servers import Server

PATIENCE = 30
"""Seconds until a state must be reached that is usually reached at once."""
SECRET = "s3cret"
BROKEN_DSNS = [
    f"postgresql://u:a@b@{SECRET}@127.0.0.1:1/d",
    f"postgresql://u:{SECRET}/b@127.0.0.1:1/d",
    f"postgresql://u:a?b@{SECRET}@127.0.0.1:1/d",
    f"postgresql://u:{SECRET}%zz@127.0.0.1:1/d",
    f"postgresql://u:p@127.0.0.1:{SECRET}/d",
    f"u:{SECRET}@127.0.0.1:1/d",
    f"host=127.0.0.1 password='{SECRET}",
    f"host=127.0.0.1 password=a {SECRET}",
    f"host=127.0.0.1 port={SECRET}",
]
# What YAML makes of a password that is not quoted, or that stands too close to its key.
BROKEN_VALUES = [
    f"*{SECRET}",
    f"@{SECRET}",
    f"!{SECRET} x",
    f"a: {SECRET}",
    f'"{SECRET}',
    f"[{SECRET}]",
    f"{{a: {SECRET}}}",
    f"{{password:{SECRET}}}",
]
NOWHERE = "host=127.0.0.1 port=1 user=nobody"
SUCCESSFUL = "pgvitals_config_last_reload_successful"
THRESHOLD = "pgvitals_alert_threshold"
LOADED_AT = "pgvitals_config_last_reload_success_timestamp_seconds"


def refused(
    *arguments: str, address: str = "127.0.0.1:0", **environment: str
) -> "subprocess.CompletedProcess[str]":
    """The end of a daemon that must not start."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "DATA_SOURCE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pgvitals", "run", f"--web.listen-address={address}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=own | environment,
        timeout=15,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done


def config_file(folder: Path, config: dict[str, Any] | str) -> str:
    file = folder / "pgvitals.yaml"
    file.write_text(config if isinstance(config, str) else json.dumps(config))
    return f"--config.file={file}"


# At start


def test_a_port_in_use_ends_the_start(tmp_path: Path) -> None:
    config = config_file(tmp_path, {"instances": {"main": {"dsn": NOWHERE}}})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = refused(config, address=address)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("cannot listen")
    assert "Address already in use" in line
    assert address in line


def test_two_queries_that_claim_a_family_end_the_start(tmp_path: Path) -> None:
    (folder := tmp_path / "queries").mkdir()
    first = write(folder, "first", "select 1 as v")
    second = write(folder, "second", "select 1 as v")
    second.write_text(first.read_text())
    done = refused(config_file(tmp_path, only({"main": {"dsn": NOWHERE}}, folder)))
    assert done.returncode == 2
    assert done.stderr == (
        f"{second}:1: bad_first: the family belongs to {first}; expected one owner\n"
    )


def test_a_family_of_the_release_cannot_be_claimed(tmp_path: Path) -> None:
    (folder := tmp_path / "queries").mkdir()
    metric = {"pg_server_info": {"column": "v", "type": "gauge", "help": "Not ours."}}
    write(folder, "mine", "select 1 as v", metrics=metric)
    done = refused(config_file(tmp_path, only({"main": {"dsn": NOWHERE}}, folder)))
    assert done.returncode == 2
    assert "pg_server_info: the family belongs to " in done.stderr


def test_broken_yaml_among_the_queries_ends_the_start(tmp_path: Path) -> None:
    (folder := tmp_path / "queries").mkdir()
    (folder / "broken.yaml").write_text("description: a\nscope: [database\ninterval: 1m\n")
    done = refused(config_file(tmp_path, only({"main": {"dsn": NOWHERE}}, folder)))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{folder}/broken.yaml:3: not YAML: ")


def test_a_broken_data_source_ends_the_start_and_is_not_repeated() -> None:
    for variables in (
        {"DATA_SOURCE_NAME": BROKEN_DSNS[0]},
        {"DATA_SOURCE_URI": "127.0.0.1:x/d", "DATA_SOURCE_PASS": SECRET},
        {"DATA_SOURCE_URI": f"u:a@b@{SECRET}@127.0.0.1:1/d"},
    ):
        done = refused(**variables)
        assert done.returncode == 2
        assert "environment:1: DATA_SOURCE_" in done.stderr
        assert SECRET not in done.stderr


# At reload


class Running:
    """A daemon with two instances; `set` gives it another configuration."""

    def __init__(self, daemon: Daemon, folder: Path, dsn: str) -> None:
        self.daemon, self.folder, self.dsn = daemon, folder, dsn

    def config(self, *more: str, **queries: Any) -> dict[str, Any]:
        """The instances first, second and some more, with some overrides."""
        instances = {
            name: {"dsn": f"{self.dsn} application_name=bad_{name}"}
            for name in ("first", "second", *more)
        }
        return only(instances, self.folder, **queries)

    def reset(self) -> None:
        """As at the beginning of every test."""
        for file in self.folder.iterdir():
            file.unlink()
        write(self.folder, "now", "select extract(epoch from clock_timestamp()) as v")
        self.set(self.config())
        until(lambda: min(map(self._ran, ("first", "second"))) > 1e9, PATIENCE, "visit both")

    def _ran(self, instance: str) -> float:
        return self.now(instance) or 0

    def set(self, config: dict[str, Any]) -> None:
        """Take another configuration over."""
        self.daemon.write(config)
        self.daemon.reload()
        assert self.daemon.value(SUCCESSFUL) == 1

    def refuse(self) -> None:
        """Have it read what it cannot take over."""
        self.daemon.process.send_signal(signal.SIGHUP)
        until(lambda: self.daemon.value(SUCCESSFUL) == 0, PATIENCE, "refuse")

    def refuse_over_http(self) -> str:
        """The same, and what it answers."""
        answer = self.daemon.get("/-/reload", method="POST")
        assert answer.status == 500
        return answer.text

    def mistakes(self) -> list[str]:
        """All that was refused until now."""
        return [m for e in self.daemon.events for m in e.get("mistakes", [])]

    def now(self, instance: str = "first") -> float | None:
        """When the query `now` ran last."""
        return self.daemon.value("bad_now", page(instance))


@pytest.fixture(scope="module")
def daemon(newest: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("queries")
    write(folder, "now", "select 1 as v")
    config = only({"main": {"dsn": newest.dsn()}}, folder)
    with Daemon(config, arguments=["--web.enable-lifecycle"]) as started:
        yield Running(started, folder, newest.dsn())


@pytest.fixture
def running(daemon: Running) -> Running:
    daemon.reset()
    return daemon


def test_a_query_file_appears_and_disappears(running: Running) -> None:
    file = write(running.folder, "new", "select 7 as v")
    running.daemon.reload()
    found = running.daemon.value
    until(lambda: found("bad_new", page("first")) == 7, PATIENCE, "show the new query")
    file.unlink()
    running.daemon.reload()
    until(lambda: found("bad_new", page("first")) is None, PATIENCE, "forget the query")
    assert running.daemon.outcome("new", page("first")) is None


def test_another_statement_under_the_same_name_runs_at_once(running: Running) -> None:
    write(running.folder, "now", "select 7 as v")
    running.daemon.reload()
    until(lambda: running.now() == 7, PATIENCE, "run the statement of now")


def test_an_interval_changes_for_one_instance(running: Running) -> None:
    other = running.now("second")
    config = running.config()
    config["instances"]["first"]["queries"] = {"now": {"interval": "1s"}}
    running.set(config)
    seen = set()

    def thrice() -> bool:
        seen.add(running.now())
        return len(seen - {None}) >= 3

    until(thrice, PATIENCE, "run every second")
    assert running.now("second") == other


def test_what_did_not_change_goes_on(running: Running, newest: Server) -> None:
    def backends() -> list[Any]:
        with newest.connect() as connection:
            mine = "select pid from pg_stat_activity where application_name = 'bad_first'"
            return connection.execute(
                f"{mine} and backend_start < now() - interval '2s'"
            ).fetchall()

    pid = until(backends, PATIENCE, "keep a connection")
    ran = running.now()
    running.set(running.config("third"))
    until(lambda: running.now("third") is not None, PATIENCE, "visit the third")
    assert running.now() == ran
    assert set(pid) <= set(backends())


def test_an_instance_is_added_and_removed(running: Running, newest: Server) -> None:
    daemon = running.daemon
    assert daemon.get(page("third")).status == 404
    running.set(running.config("third"))
    until(lambda: running.now("third") is not None, PATIENCE, "visit the third")
    until(lambda: daemon.value("pg_up", server="third") == 1, PATIENCE, "find the third up")
    running.set(running.config())
    assert daemon.get(page("third")).status == 404
    assert daemon.values("pg_up", server="third") == []
    with newest.connect() as connection:
        its = "select 1 from pg_stat_activity where application_name = 'bad_third'"
        until(lambda: not connection.execute(its).fetchall(), PATIENCE, "leave the third")


def test_an_instance_gets_another_dsn(running: Running, newest: Server) -> None:
    ran = running.now()
    config = running.config()
    config["instances"]["first"]["dsn"] = newest.dsn("template1")
    running.set(config)
    there = {"datname": "template1"}
    seen = running.daemon.value
    until(lambda: seen("bad_now", page("first"), **there), PATIENCE, "visit the other database")
    assert running.now() != ran


def test_thresholds_of_alerts_change_for_all_and_for_one(running: Running) -> None:
    def thresholds(instance: str) -> dict[str, float]:
        samples = running.daemon.samples(page(instance))
        return {s.labels["alert"]: s.value for s in samples if s.name == THRESHOLD}

    assert thresholds("first") == {}
    config = running.config() | {"thresholds": {"PgConnectionsHigh": 0.7, "PgDeadlocks": 3}}
    config["instances"]["second"]["thresholds"] = {"PgConnectionsHigh": 0.6}
    ran = running.now()
    running.set(config)
    assert thresholds("first") == {"PgConnectionsHigh": 0.7, "PgDeadlocks": 3}
    assert thresholds("second") == {"PgConnectionsHigh": 0.6, "PgDeadlocks": 3}
    assert running.daemon.values(THRESHOLD) == []
    running.daemon.write(config | {"thresholds": {"PgConnectionHigh": 0.7}})
    running.refuse()
    assert "thresholds.PgConnectionHigh: no alert of this name " in running.mistakes()[-1]
    assert thresholds("second") == {"PgConnectionsHigh": 0.6, "PgDeadlocks": 3}
    running.set(running.config())
    assert thresholds("first") == thresholds("second") == {}
    assert running.now() == ran, "nothing runs again because a threshold changed"


QUERY_MISTAKES = {
    "broken": ("description: a\nscope: [database\ninterval: 1m\n", "broken.yaml:3: not YAML: "),
    "unknown_key": (
        "description: a\nscope: database\nintervall: 1m\n",
        "unknown_key.yaml:3: intervall: unknown key",
    ),
}


@pytest.mark.parametrize("name", QUERY_MISTAKES)
def test_a_wrong_query_file_leaves_the_old_configuration(running: Running, name: str) -> None:
    text, expected = QUERY_MISTAKES[name]
    ran, loaded = running.now(), running.daemon.value(LOADED_AT)
    file = running.folder / f"{name}.yaml"
    file.write_text(text)
    write(running.folder, "new", "select 7 as v")
    running.refuse()
    assert running.daemon.value(LOADED_AT) == loaded
    assert running.now() == ran
    assert running.daemon.outcome("new", page("first")) is None
    assert [m for m in running.mistakes() if m.startswith(f"{running.folder}/{expected}")]
    file.unlink()
    running.daemon.reload()
    assert running.daemon.value(SUCCESSFUL) == 1
    until(lambda: running.daemon.value("bad_new", page("first")), PATIENCE, "take the rest over")


def test_a_wrong_configuration_is_refused_whole(running: Running) -> None:
    config = running.config("third")
    running.daemon.write(config | {"queries": {"nonsense": {"enabled": False}}})
    running.refuse()
    assert running.daemon.get(page("third")).status == 404
    assert running.daemon.get(page("second")).status == 200


def test_every_refusal_is_logged(running: Running) -> None:
    broken = running.folder / "broken.yaml"
    for text in ("first: 1", "second: 2", "second: 2"):
        broken.write_text(text)
        running.daemon.reload()
    last = [e["mistakes"] for e in running.daemon.events if "mistakes" in e][-3:]
    assert ["first" in last[0][0], "second" in last[1][0], "second" in last[2][0]] == [True] * 3


def test_reload_over_http(running: Running) -> None:
    daemon = running.daemon
    assert daemon.get("/-/reload").status == 404
    file = running.folder / "broken.yaml"
    file.write_text("description: a: b\n")
    assert running.refuse_over_http().startswith(f"{file}:1: not YAML: ")
    assert daemon.value(SUCCESSFUL) == 0
    file.unlink()
    assert daemon.get("/-/reload", method="POST").status == 200
    assert daemon.value(SUCCESSFUL) == 1


@pytest.mark.parametrize("dsn", BROKEN_DSNS)
def test_a_broken_dsn_is_refused_and_not_repeated(daemon: Running, dsn: str) -> None:
    daemon.daemon.write(only({"main": {"dsn": dsn}}, daemon.folder))
    told = daemon.refuse_over_http()
    assert ": instances.main: found a text that is no connection string" in told
    assert SECRET not in told


@pytest.mark.parametrize("value", BROKEN_VALUES)
@pytest.mark.parametrize("key", ["dsn: ", "connection: ", "dsn:", "password_file: [x], dsn: "])
def test_yaml_that_is_wrong_at_a_password_does_not_show_it(
    daemon: Running, key: str, value: str
) -> None:
    daemon.daemon.config_file.write_text(f"instances:\n  main: {{{key}{value}}}\n")
    told = daemon.refuse_over_http()
    assert told.startswith(f"{daemon.daemon.config_file}:")
    assert SECRET not in told


def test_neither_is_it_in_the_log_or_on_a_page(daemon: Running) -> None:
    broken = {f"broken {number}": {"dsn": dsn} for number, dsn in enumerate(BROKEN_DSNS)}
    daemon.daemon.write(only(broken, daemon.folder))
    daemon.refuse_over_http()
    said = everything(daemon.daemon, "first", "main")
    assert "configuration not reloaded" in said
    assert SECRET not in said


# Pages


def test_thresholds_stand_on_the_page_of_a_single_server_that_was_never_reached() -> None:
    config = {"thresholds": {"PgConnectionsHigh": 0.7}, "instances": {"main": {"dsn": NOWHERE}}}
    with Daemon(config) as daemon:
        for path in ("/metrics", page("main")):
            assert f'\n{THRESHOLD}{{alert="PgConnectionsHigh"}} 0.7\n' in daemon.scrape(path)


def test_reload_over_http_is_off_unless_enabled_and_a_name_may_be_anything() -> None:
    name = 'a b&c=d/é"\\'
    with Daemon({"instances": {name: {"dsn": NOWHERE}, "other": {"dsn": NOWHERE}}}) as daemon:
        answer = daemon.get("/-/reload", method="POST")
        assert answer.status == 403
        assert "--web.enable-lifecycle" in answer.text
        until(lambda: daemon.value("pg_up", server=name) == 0, PATIENCE, "miss the server")
        assert daemon.value("pg_up", page(name)) == 0


def test_each_of_several_instances_has_its_page(running: Running) -> None:
    daemon = running.daemon
    ups = {s.labels["server"]: s.value for s in daemon.samples() if s.name == "pg_up"}
    assert ups == {"first": 1, "second": 1}
    assert daemon.values("bad_now") == []
    own = [s for s in daemon.samples(page("second")) if s.name == "pg_up"]
    assert [(s.labels, s.value) for s in own] == [({}, 1)]
    assert running.now("second") is not None
    assert daemon.values(SUCCESSFUL, page("second")) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (page("nobody"), 404),
        (page("postgresql://u:p@h/d"), 404),
        ("/probe", 400),
        ("/probe?target=", 400),
        ("/probe?other=first", 400),
    ],
)
def test_a_probe_of_nothing_we_watch_is_refused(running: Running, path: str, status: int) -> None:
    assert running.daemon.get(path).status == status


def test_signals_that_come_one_after_another_neither_block_it_nor_pile_up() -> None:
    """A handler interrupts the main thread wherever it is, also while it holds a lock."""
    with Daemon(environment={"DATA_SOURCE_NAME": "host=127.0.0.1 port=1"}) as daemon:
        for _ in range(3000):
            daemon.process.send_signal(signal.SIGHUP)
            time.sleep(0.0003)
        reloads = daemon.log.count("configuration reloaded")
        assert 1 <= reloads < 1500, "told many times meanwhile, it reloads once"
        assert daemon.get("/-/healthy").status == 200
