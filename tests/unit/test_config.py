"""Configuration: file under environment under flags, and every key with its effect."""

import os
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import example, given

from pgvitals import catalogue, config, threshold
from pgvitals.config import Config, Databases, InstanceConfig, Loaded
from pgvitals.document import Mistakes
from pgvitals.environment import from_environment, from_libpq
from pgvitals.query import Override
from pgvitals.settings import load
from pgvitals.strict import Duration
from unit.material import complaint, quick
from unit.material import some_text as hard

QUERY = """
description: Mine
scope: cluster
interval: 15s
sql: select 1 as n
metrics: {my_family: {column: n, type: gauge, help: Mine.}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pgvitals.yaml"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own environment."""
    names = ("NAME", "URI", "USER", "PASS", "URI_FILE", "USER_FILE", "PASS_FILE")
    libpq = [name for name in os.environ if name.startswith("PG")]
    for name in (*(f"DATA_SOURCE_{name}" for name in names), *libpq):
        monkeypatch.delenv(name, raising=False)


def settings(file: Path, text: str) -> Config:
    file.write_text(text, "utf-8")
    return load(file, {})[0]


def wrong(file: Path | None, text: str = "", **environment: str) -> list[str]:
    if file:
        file.write_text(text, "utf-8")
    with pytest.raises(Mistakes) as raised:
        load(file, environment)
    return [str(m).removeprefix(f"{file}:") for m in raised.value.mistakes]


def parameters(instance: InstanceConfig) -> dict[str, object]:
    """What reaches libpq, without what is always the same."""
    always = ("application_name", "client_encoding", "connect_timeout", "autocommit")
    given_ = instance.login().parameters().items()
    return {k: v for k, v in given_ if k not in (*always, "prepare_threshold")}


# Which instances


def test_without_any_instance_there_is_nothing_to_do(file: Path) -> None:
    said = "instances: no instance, expected at least one here or in DATA_SOURCE_NAME"
    assert wrong(None) == [f"environment:1: {said}".removeprefix("None:")]
    assert wrong(file, "") == [f"1: {said}"]
    assert wrong(file, "log: {level: info}\ninstances: {}\n") == [f"2: {said}"]


def test_the_file_names_instances_and_how_to_reach_them(file: Path) -> None:
    text = """
    instances:
      a: {dsn: 'postgresql://u:p%40@h:1/d'}
      b: {connection: {host: h2, port: 5433, password: "it's"}}
    """
    found = settings(file, text).instances
    assert list(found) == ["a", "b"]
    assert parameters(found["a"]) == {
        "user": "u", "password": "p@", "host": "h", "port": "1", "dbname": "d"
    }  # fmt: skip
    assert parameters(found["b"]) == {"host": "h2", "port": "5433", "password": "it's"}


def test_the_password_of_an_instance_may_have_a_file(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from the file\n", "utf-8")
    text = f"instances: {{a: {{dsn: host=h, password_file: '{secret}'}}}}"
    found = settings(file, text).instances["a"]
    assert parameters(found)["password"] == "from the file"


def test_the_password_of_an_instance_may_come_from_a_command(file: Path) -> None:
    text = "instances: {a: {dsn: host=h, password_command: [echo, a b], password_lifetime: 10m}}"
    found = settings(file, text).instances["a"]
    assert parameters(found)["password"] == "a b"
    assert found.login() != msgspec.structs.replace(found, password_lifetime=None).login()


def test_a_lifetime_without_a_command_has_no_meaning(file: Path) -> None:
    (said,) = wrong(file, "instances: {a: {dsn: host=h, password_lifetime: 10m}}")
    assert said == "1: instances.a: found password_lifetime, expected password_command with it"


def test_a_lifetime_is_not_shorter_than_from_one_login_to_the_next(file: Path) -> None:
    text = "instances: {a: {dsn: host=h, password_command: [x], password_lifetime: 0s}}"
    said = "1: instances.a: found a password_lifetime of 0 s, expected 10 s or more"
    assert wrong(file, text) == [said]


def test_a_password_and_a_file_of_it_are_one_too_many(file: Path) -> None:
    (said,) = wrong(file, "instances: {a: {dsn: host=h password=x, password_file: /y}}")
    assert said == "1: instances.a: found a password and a password_file, expected one of them"


@pytest.mark.parametrize("key", ["password", "user", "dbname"])
def test_a_number_is_no_name_and_no_password(file: Path, key: str) -> None:
    (said,) = wrong(file, f"instances: {{a: {{connection: {{{key}: 012345}}}}}}")
    assert said == (f"1: instances.a: found a number for {key}, expected a text: put it in quotes")


def test_the_environment_wins_over_the_file(file: Path) -> None:
    file.write_text("instances: {a: {dsn: host=a}}\nlog: {level: debug}", "utf-8")
    made, _ = load(file, {"DATA_SOURCE_NAME": "host=b"})
    assert list(made.instances) == ["b:5432"]
    assert made.log.level == "debug"


def test_libpq_variables_count_only_where_there_is_nothing_else(file: Path) -> None:
    file.write_text("instances: {a: {dsn: host=a}}", "utf-8")
    libpq = {"PGHOST": "z"}
    assert list(load(file, libpq)[0].instances) == ["a"]
    assert list(load(None, {**libpq, "DATA_SOURCE_NAME": "host=b"})[0].instances) == ["b:5432"]
    assert load(None, libpq)[0].instances == {"z": InstanceConfig()}
    file.write_text("log: {level: debug}", "utf-8")
    assert list(load(file, libpq)[0].instances) == ["z"]


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER"])
def test_each_libpq_variable_that_says_where_is_enough(name: str) -> None:
    assert len(from_libpq({name: "x"})) == 1
    assert from_libpq({name: ""}) == from_libpq({}) == from_libpq({"PGPASSWORD": "x"}) == {}


# postgres_exporter's variables


def test_one_variable_may_have_several_connection_strings() -> None:
    dsns = "postgresql://a:b,c@h1/d,postgres://e@h2:1/f?x=y,host=h3 password='p,q' dbname=g"
    dsns = dsns.replace("?x=y", "?application_name=y")
    found = from_environment({"DATA_SOURCE_NAME": dsns})
    assert list(found) == ["h1:5432", "h2:1", "h3:5432"]
    assert parameters(found["h1:5432"]) == {
        "user": "a", "password": "b,c", "host": "h1", "dbname": "d"
    }  # fmt: skip
    assert parameters(found["h3:5432"]) == {"host": "h3", "password": "p,q", "dbname": "g"}


def test_a_connection_string_may_have_several_hosts() -> None:
    found = from_environment({"DATA_SOURCE_NAME": "postgresql://u@h1:1,h2:2/d"})
    assert list(found) == ["h1,h2:1,2"]


@quick
@given(hard, hard)
@example("a,b", ",postgresql://x")
@example("a b", "p,host=x")
def test_any_user_and_password_may_stand_in_an_url_that_is_quoted(user: str, password: str) -> None:
    one = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h/d"
    found = from_environment({"DATA_SOURCE_NAME": f"{one},postgres://other"})
    assert list(found) == ["h:5432", "other:5432"]
    assert parameters(found["h:5432"]) == {
        "user": user, "password": password, "host": "h", "dbname": "d"
    }  # fmt: skip


def test_a_password_in_quotes_may_look_like_another_connection_string() -> None:
    found = from_environment({"DATA_SOURCE_NAME": "host=h password='a,dbname=b' user=u"})
    assert parameters(found["h:5432"])["password"] == "a,dbname=b"


def test_two_connection_strings_to_one_server_are_two_instances_or_a_mistake() -> None:
    dsns = {"DATA_SOURCE_NAME": "host=h dbname=a,host=h dbname=b"}
    if not complaint(lambda: from_environment(dsns), Mistakes):
        assert len(from_environment(dsns)) == 2


@quick
@given(hard, hard)
@example("a:b@c/d", "e:f@g/h?i#j%k")
def test_user_and_password_have_variables_of_their_own(user: str, password: str) -> None:
    found = from_environment(
        {
            "DATA_SOURCE_URI": "h:5433/d?sslmode=disable",
            "DATA_SOURCE_USER": user,
            "DATA_SOURCE_PASS": password,
        }
    )
    assert parameters(found["h:5433"]) == {
        "user": user,
        "password": password,
        "host": "h",
        "port": "5433",
        "dbname": "d",
        "sslmode": "disable",
    }


def test_user_and_password_may_be_left_out() -> None:
    found = from_environment({"DATA_SOURCE_URI": "h/d"})
    assert parameters(found["h:5432"]) == {"host": "h", "dbname": "d"}
    found = from_environment({"DATA_SOURCE_URI": "h/d", "DATA_SOURCE_USER": "u"})
    assert parameters(found["h:5432"]) == {"host": "h", "dbname": "d", "user": "u"}


def test_the_connection_string_wins_over_its_parts() -> None:
    both = {"DATA_SOURCE_NAME": "host=a", "DATA_SOURCE_URI": "b/d"}
    assert list(from_environment(both)) == ["a:5432"]


def test_each_part_may_have_a_file_which_wins(tmp_path: Path) -> None:
    variables = {}
    for name, content in {"URI": "h:1/d", "USER": "u@", "PASS": "p@"}.items():
        (tmp_path / name).write_text(f"{content}\n", "utf-8")
        variables[f"DATA_SOURCE_{name}"] = "not-this"
        variables[f"DATA_SOURCE_{name}_FILE"] = str(tmp_path / name)
    found = from_environment(variables)
    assert parameters(found["h:1"]) == {
        "user": "u@", "password": "p@", "host": "h", "port": "1", "dbname": "d"
    }  # fmt: skip
    (tmp_path / "PASS").write_text("changed", "utf-8")
    assert parameters(found["h:1"])["password"] == "changed"


@pytest.mark.parametrize("name", ["DATA_SOURCE_URI_FILE", "DATA_SOURCE_USER_FILE"])
def test_a_file_that_cannot_be_read_is_a_mistake(name: str) -> None:
    said = wrong(None, **{"DATA_SOURCE_URI": "h", name: "/nonexistent"})
    assert said == [f"environment:1: {name}: /nonexistent: No such file or directory"]


def test_a_file_that_is_no_text_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "uri").write_bytes(b"caf\xe9")
    said = wrong(None, DATA_SOURCE_URI_FILE=str(tmp_path / "uri"))
    assert said == [f"environment:1: DATA_SOURCE_URI_FILE: {tmp_path}/uri: it is not UTF-8 text"]


def test_empty_variables_say_nothing() -> None:
    names = ("DATA_SOURCE_NAME", "DATA_SOURCE_URI", "DATA_SOURCE_URI_FILE", "DATA_SOURCE_USER")
    assert from_environment(dict.fromkeys(names, "")) == {}


# Secrets

MARK = "S3CR3T"


@pytest.mark.parametrize("dsn", [MARK, f"host=h password='{MARK}", f"postgresql://u:{MARK}@[h"])
def test_a_wrong_connection_string_is_not_repeated(file: Path, dsn: str) -> None:
    for said in (
        wrong(file, f'instances: {{a: {{dsn: "{dsn}"}}}}'),
        wrong(None, DATA_SOURCE_NAME=dsn),
    ):
        assert MARK not in "".join(said)
        assert "no connection string (not shown: it may hold a password)" in said[0]


@pytest.mark.parametrize(
    "text",
    [
        f"instances: postgresql://u:{MARK}@h/d",
        f"instances: {{a: 'postgresql://u:{MARK}@h/d'}}",
        f"instances: {{a: {{connection: 'host=h password={MARK}'}}}}",
        f"instances: {{a: {{connection: {{password: !{MARK} x}}}}}}",
        "instances: {a: {connection: {password: 3.14159}}}",
        "instances: {a: {connection: {host: h, password: 1999-12-31}}}",
        f"instances: {{a: {{dsn: host=h, databases: 'postgresql://u:{MARK}@h/d'}}}}",
    ],
)
def test_a_connection_at_the_wrong_place_is_not_repeated(file: Path, text: str) -> None:
    said = "".join(wrong(file, text))
    assert not any(secret in said for secret in (MARK, "3.14159", "1999"))


def test_the_password_file_may_stand_alone_in_an_instance(file: Path) -> None:
    assert (
        settings(file, "instances: {a: {password_file: /x}}").instances["a"].password_file == "/x"
    )


# Databases


@pytest.mark.parametrize(
    ("include", "exclude", "wanted"),
    [
        (["*"], [], {"app", "app_test", "App", "postgres", "a*b"}),
        (["app*"], [], {"app", "app_test"}),
        (["app*"], ["*_test"], {"app"}),
        (["*"], ["app"], {"app_test", "App", "postgres", "a*b"}),
        (["app?test", "[Pp]ostgres"], [], {"app_test", "postgres"}),
        (["a[*]b"], [], {"a*b"}),
        ([], [], set()),
        (["*"], ["*"], set()),
    ],
)
def test_databases_are_chosen_by_patterns_and_exclude_wins(
    include: list[str], exclude: list[str], wanted: set[str]
) -> None:
    databases = Databases(tuple(include), tuple(exclude))
    names = ("app", "app_test", "App", "postgres", "a*b")
    assert {name for name in names if databases.wants(name)} == wanted


def test_the_patterns_come_from_the_file(file: Path) -> None:
    text = "instances: {a: {dsn: host=h, databases: {include: [a, b], exclude: [c]}}, b: {}}"
    found = settings(file, text).instances
    assert found["a"].databases == Databases(("a", "b"), ("c",))
    assert found["b"].databases is None
    assert Databases().wants("anything")


def test_the_connected_database_may_be_wanted_in_any_case() -> None:
    databases = Databases(("a",), ("main",), connected=True)
    assert databases.wants("main", "main")
    assert not databases.wants("other", "main")
    assert not Databases(("a",), ("main",)).wants("main", "main")


def test_the_limit_of_databases_comes_from_the_file(file: Path) -> None:
    found = settings(file, "instances: {a: {dsn: host=h, max_databases: 7}, b: {}}").instances
    assert (found["a"].max_databases, found["b"].max_databases) == (7, 50)


# Queries


def test_queries_beside_those_of_the_release_are_read(file: Path, tmp_path: Path) -> None:
    mine = tmp_path / "queries"
    mine.mkdir()
    (mine / "mine.yaml").write_text(QUERY, "utf-8")
    file.write_text(f"instances: {{a: {{}}}}\nquery_directories: ['{mine}']", "utf-8")
    _, loaded = load(file, {})
    assert loaded.queries["mine"].sql == "select 1 as n"
    assert loaded.queries.keys() > catalogue.shipped().keys()


def test_a_query_directory_that_is_not_there_is_a_mistake(file: Path) -> None:
    said = wrong(file, "instances: {a: {}}\nquery_directories: [/nonexistent]")
    assert said == ["/nonexistent:1: no such directory, expected one with *.yaml files below it"]


def test_an_override_everywhere_reaches_every_instance(file: Path) -> None:
    file.write_text(
        "instances: {a: {}, b: {}}\n"
        "queries: {server: {interval: 5m, timeout: 2s, max_series: 7}, settings: {enabled: false}}",
        "utf-8",
    )
    made, loaded = load(file, {})
    for name in ("a", "b"):
        queries = made.catalogue_of(name, loaded)
        changed = queries["server"]
        assert (changed.interval, changed.timeout, changed.max_series) == (300.0, 2.0, 7)
        assert "settings" not in queries
        assert queries["stat_database"] == loaded.queries["stat_database"]


def test_an_override_for_one_instance_goes_on_top(file: Path) -> None:
    file.write_text(
        "instances:\n"
        "  a: {queries: {server: {interval: 7m}, settings: {enabled: true}, locks: {enabled: false}}}\n"
        "  b: {}\n"
        "queries: {server: {interval: 5m, timeout: 2s}}\n",
        "utf-8",
    )
    made, loaded = load(file, {})
    a, b = made.catalogue_of("a", loaded), made.catalogue_of("b", loaded)
    assert (a["server"].interval, a["server"].timeout) == (420.0, 2.0)
    assert (b["server"].interval, b["server"].timeout) == (300.0, 2.0)
    assert ("locks" in a, "locks" in b) == (False, True)


def test_one_instance_may_switch_on_what_is_off_everywhere() -> None:
    loaded = Loaded(catalogue.shipped())
    own = InstanceConfig(queries={"server": Override(enabled=True)})
    made = Config(instances={"a": own}, queries={"server": Override(enabled=False)})
    assert "server" in made.catalogue_of("a", loaded)


def test_an_override_of_a_query_that_does_not_exist_is_a_mistake(file: Path) -> None:
    said = wrong(
        file,
        "queries:\n  sever: {enabled: false}\n"
        "instances:\n  a:\n    queries:\n      settngs: {interval: 1m}\n",
    )
    known = ", ".join(catalogue.shipped())
    assert said == [
        f"2: queries.sever: no such query, expected one of {known}",
        f"6: instances.a.queries.settngs: no such query, expected one of {known}",
    ]


@pytest.mark.parametrize("change", ["timeout: 60s", "timeout: 0s", "interval: 0s", "interval: 5ms"])
def test_an_override_keeps_the_limits_of_a_query(file: Path, change: str) -> None:
    key = change.partition(":")[0]
    (said,) = wrong(file, f"instances: {{a: {{}}}}\nqueries: {{server: {{{change}}}}}")
    assert said.startswith(f"2: queries.server.{key}: found ")


def test_all_mistakes_of_a_configuration_are_told_together(file: Path) -> None:
    said = wrong(
        file,
        "instances:\n  a: {dsn: nonsense}\n  b: {dsn: host=x, connection: {host: x}}\n"
        "queries: {nope: {}}\n",
    )
    assert sorted(line.partition(": ")[0] for line in said) == ["2", "3", "4"]


# Thresholds of alerts


def test_thresholds_everywhere_reach_every_instance_and_its_own_win(file: Path) -> None:
    made = settings(
        file,
        "thresholds: {PgConnectionsHigh: 0.7, PgDeadlocks: 3}\n"
        "instances: {a: {thresholds: {PgConnectionsHigh: 0.5, PgWalSizeHigh: 2}}, b: {}}\n",
    )
    assert made.instances["a"].thresholds == {
        "PgConnectionsHigh": 0.5, "PgDeadlocks": 3, "PgWalSizeHigh": 2
    }  # fmt: skip
    assert made.instances["b"].thresholds == {"PgConnectionsHigh": 0.7, "PgDeadlocks": 3}


def test_thresholds_of_the_file_are_for_instances_of_the_environment_too(file: Path) -> None:
    file.write_text("thresholds: {PgDeadlocks: 3}", "utf-8")
    made, _ = load(file, {"DATA_SOURCE_NAME": "host=b"})
    assert made.instances["b:5432"].thresholds == {"PgDeadlocks": 3}


def test_a_threshold_that_no_alert_has_is_a_mistake(file: Path) -> None:
    said = wrong(
        file,
        "thresholds:\n  PgDeadlock: 3\n  PgDeadlocks: 3\n"
        "instances:\n  a:\n    thresholds:\n      pgdeadlocks: 3\n  b: {}\n",
    )
    problem = (
        f"no alert of this name has a threshold, expected one of {', '.join(threshold.names())}"
    )
    assert said == [
        f"2: thresholds.PgDeadlock: {problem}",
        f"7: instances.a.thresholds.pgdeadlocks: {problem}",
    ]


@pytest.mark.parametrize(
    ("value", "found"), [(".nan", "nan"), (".inf", "inf"), ("-.inf", "-inf"), ("1.0e+999", "inf")]
)
def test_a_threshold_is_a_number_to_compare_with(file: Path, value: str, found: str) -> None:
    (said,) = wrong(file, f"thresholds: {{PgDeadlocks: {value}}}\ninstances: {{a: {{}}}}")
    assert said == f"1: thresholds.PgDeadlocks: found {found}, expected a finite number"


def test_a_whole_number_that_is_too_long_for_a_threshold_is_a_mistake(file: Path) -> None:
    (said,) = wrong(file, f"thresholds: {{PgDeadlocks: 1{'0' * 400}}}\ninstances: {{a: {{}}}}")
    assert said.startswith("1: thresholds.PgDeadlocks: found ")


def test_the_rules_are_read_only_when_a_threshold_is_configured(file: Path) -> None:
    threshold.names.cache_clear()
    settings(file, "thresholds: {}\ninstances: {a: {thresholds: {}}, b: {}}")
    assert threshold.names.cache_info().misses == 0
    settings(file, "instances: {a: {thresholds: {PgDeadlocks: 3}}}")
    assert threshold.names.cache_info().misses == 1


# Web, log and flags


def test_without_a_file_web_and_log_have_defaults() -> None:
    made, _ = load(None, {"DATA_SOURCE_NAME": "host=h"})
    assert made.web.listen_addresses == (":9187",)
    assert (made.web.telemetry_path, made.web.enable_lifecycle) == ("/metrics", False)
    assert (made.log.level, made.log.format) == ("info", "json")


def test_web_and_log_come_from_the_file(file: Path) -> None:
    made = settings(
        file,
        "instances: {a: {}}\n"
        "web: {listen_addresses: [':1', 'h:2'], telemetry_path: /m, enable_lifecycle: true}\n"
        "log: {level: error, format: console}\n",
    )
    assert made.web == config.Web((":1", "h:2"), "/m", True)
    assert made.log == config.Log("error", "console")


def test_a_duration_in_the_configuration_is_read_like_in_a_query(file: Path) -> None:
    made = settings(file, "instances: {a: {}}\nqueries: {server: {interval: 1m30s}}")
    assert made.queries["server"].interval == Duration(90)
