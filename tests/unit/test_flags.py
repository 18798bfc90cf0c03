"""What the command line of `pgvitals run` says, and what becomes of the configuration under it."""

from pathlib import Path

import click
import msgspec
import pytest

from pgvitals import catalogue, flags
from pgvitals.config import Config, Databases, Loaded
from pgvitals.document import Mistakes
from pgvitals.flags import Flags, settle
from pgvitals.peer import peer
from pgvitals.run_command import run
from pgvitals.settings import load
from pgvitals.strict import Duration


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment says what to watch, or how."""
    names = [*(f"DATA_SOURCE_{n}" for n in ("NAME", "URI", "USER", "PASS")), "PGHOST", "PGUSER"]
    for name in names:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pgvitals.yaml"


def parse(*arguments: str) -> Flags:
    """The flags, as `pgvitals run` has them after these arguments."""
    return flags.collect(run.make_context("run", list(arguments)).params)


def refused(*arguments: str) -> str:
    """What is said to arguments that are not taken."""
    with pytest.raises(click.UsageError) as raised:
        parse(*arguments)
    return raised.value.format_message()


def running(made: Config, loaded: Loaded) -> set[str]:
    """The queries that run for the first instance."""
    return set(made.catalogue_of(next(iter(made.instances)), loaded))


WEB = "instances: {a: {}}\nweb: {listen_addresses: [':1'], telemetry_path: /m, enable_lifecycle: true}\n"


def test_flags_that_say_nothing_change_nothing(file: Path) -> None:
    file.write_text(WEB + "log: {level: error, format: console}", "utf-8")
    made, loaded = settle(Flags(config_file=file))
    assert made == load(file, {})[0]
    assert loaded == Loaded(catalogue.shipped())


@pytest.mark.parametrize(
    ("flags", "where", "expected"),
    [
        (Flags(listen_addresses=("h:2", "h:3")), "web.listen_addresses", ("h:2", "h:3")),
        (Flags(telemetry_path="/other"), "web.telemetry_path", "/other"),
        (Flags(enable_lifecycle=False), "web.enable_lifecycle", False),
        (Flags(web_config_file="/etc/web.yml"), "web.config_file", "/etc/web.yml"),
        (Flags(health_address=":9188"), "web.health_address", ":9188"),
        (Flags(log_level="debug"), "log.level", "debug"),
        (Flags(log_format="json"), "log.format", "json"),
    ],
)
def test_each_flag_wins_over_the_file(
    file: Path, flags: Flags, where: str, expected: object
) -> None:
    file.write_text(WEB + "log: {level: error, format: console}", "utf-8")
    made, _ = settle(flags._replace(config_file=file))
    part, key = where.split(".")
    before = msgspec.to_builtins(load(file, {})[0])
    after = msgspec.to_builtins(made)
    assert getattr(getattr(made, part), key) == expected
    before[part][key] = after[part][key] = None
    assert before == after


def test_flags_stand_on_the_environment_which_stands_on_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(WEB, "utf-8")
    monkeypatch.setenv("DATA_SOURCE_NAME", "host=env")
    made, _ = settle(Flags(config_file=file, telemetry_path="/flag"))
    assert list(made.instances) == ["env:5432"]
    assert (made.web.telemetry_path, made.web.listen_addresses) == ("/flag", (":1",))


@pytest.mark.parametrize(
    "flags",
    [Flags(telemetry_path="metrics"), Flags(log_level="loud"), Flags(log_format="xml")],
)
def test_a_flag_that_is_wrong_is_a_mistake(file: Path, flags: Flags) -> None:
    file.write_text(WEB, "utf-8")
    with pytest.raises(Mistakes, match=r"^flags:1: "):
        settle(flags._replace(config_file=file))


# What postgres_exporter takes

EVERY = Databases(connected=True)
EVERY_BUT = Databases(("*",), ("a", "b"), connected=True)
ONLY = Databases(("a",), connected=True)


def test_without_a_flag_nothing_is_said() -> None:
    assert parse() == Flags()


@pytest.mark.parametrize(
    ("argument", "switches"),
    [
        ("--no-collector.wal", {"wal": False}),
        ("--collector.wal", {"wal": True}),
        ("--collector.stat_statements", {"stat_statements": True}),
        ("--no-collector.database", {"database": False, "database_size": False}),
        ("--no-collector.rls", {"rls": False}),
        ("--collector.xlog_location", {}),
        ("--no-collector.bgwriter", {"stat_bgwriter": False}),
        (
            "--no-collector.replication_slot",
            {
                "replication_slots": False,
                "replication_slots_position": False,
                "replication_slots_wal_status": False,
            },
        ),
        (
            "--disable-default-metrics",
            {
                "static": False,
                "stat_database_conflicts": False,
                "stat_database_conflicts_slot": False,
            },
        ),
        ("--no-disable-default-metrics", {}),
        ("--disable-settings-metrics", {"settings": False}),
    ],
)
def test_collectors_are_switched(argument: str, switches: dict[str, bool]) -> None:
    assert parse(argument).switches == switches


def test_a_query_is_switched_for_itself_after_its_collector() -> None:
    switches = parse("--collector.database_size", "--no-collector.database").switches
    assert switches == {"database": False, "database_size": True}


def test_every_collector_of_it_and_every_query_has_a_flag() -> None:
    for name in {*peer().collectors, *catalogue.shipped()}:
        assert parse(f"--no-collector.{name}", f"--collector.{name}")


def test_a_switch_wins_over_the_file(file: Path) -> None:
    file.write_text(
        "instances: {a: {queries: {wal: {enabled: true, interval: 5m}}}}\n"
        "queries: {roles: {enabled: false}, locks: {enabled: false}}\n",
        "utf-8",
    )
    said = parse("--no-collector.wal", "--collector.roles", "--collector.process_idle")
    made, loaded = settle(said._replace(config_file=file))
    names = running(made, loaded)
    assert names >= {"roles", "process_idle", "settings"}
    assert not names & {"wal", "locks", "stat_statements"}
    assert made.instances["a"].queries["wal"].interval == Duration(300)


@pytest.mark.parametrize(
    ("arguments", "databases"),
    [
        (["--auto-discover-databases"], EVERY),
        (["--auto-discover-databases", "--exclude-databases=a, b"], EVERY_BUT),
        (["--auto-discover-databases", "--include-databases=a"], ONLY),
        (["--include-databases=a", "--exclude-databases=b"], None),
        (["--no-auto-discover-databases"], None),
    ],
)
def test_databases_are_discovered_where_it_does(
    arguments: list[str], databases: Databases | None
) -> None:
    assert parse(*arguments).databases == databases


def test_a_database_that_is_named_is_no_pattern() -> None:
    found = parse("--auto-discover-databases", "--exclude-databases=[x]*,?").databases
    assert found is not None
    assert not found.wants("[x]*")
    assert not found.wants("?")
    assert found.wants("xy")
    assert found.wants("a")


def test_databases_of_the_flags_are_those_of_every_instance(file: Path) -> None:
    file.write_text("instances: {a: {databases: {include: [x]}}, b: {}}", "utf-8")
    found = parse("--auto-discover-databases")._replace(config_file=file)
    assert [i.databases for i in settle(found)[0].instances.values()] == [EVERY] * 2
    assert settle(Flags(config_file=file))[0].instances["a"].databases == Databases(("x",))


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PG_EXPORTER_WEB_TELEMETRY_PATH", "/m", Flags(telemetry_path="/m")),
        ("PG_EXPORTER_WEB_LISTEN_ADDRESS", ":1", Flags(listen_addresses=(":1",))),
        ("PG_EXPORTER_AUTO_DISCOVER_DATABASES", "true", Flags(databases=EVERY)),
        ("PG_EXPORTER_AUTO_DISCOVER_DATABASES", "false", Flags()),
        ("PG_EXPORTER_DISABLE_SETTINGS_METRICS", "true", Flags(switches={"settings": False})),
        ("PG_EXPORTER_DISABLE_DEFAULT_METRICS", "false", Flags()),
        ("PGVITALS_WEB_TELEMETRY_PATH", "/ours", Flags(telemetry_path="/ours")),
    ],
)
def test_its_variables_say_what_its_flags_say(
    variable: str, value: str, expected: Flags, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert parse() == expected


def test_our_variable_wins_over_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_EXPORTER_WEB_TELEMETRY_PATH", "/theirs")
    monkeypatch.setenv("PGVITALS_WEB_TELEMETRY_PATH", "/ours")
    assert parse().telemetry_path == "/ours"
    assert parse("--web.telemetry-path=/flag").telemetry_path == "/flag"


REFUSED = {name: flag for name, flag in peer().flags.items() if flag.instead}


@pytest.mark.parametrize("name", REFUSED)
def test_a_flag_without_a_meaning_is_refused_with_what_to_do(name: str) -> None:
    flag = REFUSED[name]
    said = refused(f"--{name}", "value") if flag.value else refused(f"--{name}")
    assert said.startswith(f"--{name}")
    assert f"is not taken: {flag.instead}." in said


def test_refusing_the_negative_of_such_a_flag_would_help_nobody() -> None:
    assert parse("--no-dumpmaps", "--no-web.systemd-socket") == Flags()


@pytest.mark.parametrize("name", [name for name, flag in REFUSED.items() if flag.variable])
def test_a_variable_without_a_meaning_is_refused_too(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REFUSED[name].variable, "value")
    assert f"--{name} ({REFUSED[name].variable}) of postgres_exporter" in refused()
    monkeypatch.setenv(REFUSED[name].variable, "")
    assert parse() == Flags()


def test_its_level_of_logging_and_its_format_are_taken(file: Path) -> None:
    file.write_text("instances: {a: {}}", "utf-8")
    said = parse("--log.level=warn", "--log.format=logfmt")._replace(config_file=file)
    log = settle(said)[0].log
    assert (log.level, log.format) == ("warn", "logfmt")


def test_a_collector_that_nobody_knows_is_refused() -> None:
    assert "No such option" in refused("--collector.nothing")
