"""Queries and results that are no good, servers that change: said, survived, and nobody else's trouble."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from pgvitals.agenda import shipped as targets
from pgvitals.catalogue import shipped
from support.daemon import Daemon, instance, until
from support.queries import only, outcomes, page, write
from support.servers import Server

ASSESSED = {f"target_{name}" for name, target in targets().items() if target.implemented}
LOOKING = {"catalog_changes"}

PATIENCE = 30
"""Seconds until a state must be reached that is usually reached at once."""


def told(daemon: Daemon, collector: str) -> list[Any]:
    """What the log says of a query's trouble."""
    return [e["error"] for e in daemon.events if e.get("collector") == collector]


@pytest.fixture(scope="module")
def own(newest: Server) -> Iterator[str]:
    """A database of this module's own, with tables that have 10, 20 ... 50 dead rows."""
    name = newest.create_database()
    with newest.connect(name) as connection:
        for number in range(1, 6):
            connection.execute(
                f"create table dead_{number} (v int) with (autovacuum_enabled = off);"
                f" insert into dead_{number} select generate_series(1, {number * 10});"
                f" delete from dead_{number}"
            )
    yield name
    newest.drop_database(name)


# Servers in one daemon, each with something of its own

FAILING: dict[str, tuple[str, dict[str, Any], tuple[str, str]]] = {
    "does_not_parse": ("selec 1 as v", {}, ("error", "42601")),
    "is_two": ("select 1 as v; select 2 as v", {}, ("error", "42601")),
    "no_relation": ("select v from public.nowhere", {}, ("error", "42P01")),
    "no_relation_optional": (
        "select v from public.nowhere",
        {"optional": True},
        ("skipped", "missing_object"),
    ),
    "no_function_optional": (
        "select public.f() as v",
        {"optional": True},
        ("skipped", "missing_object"),
    ),
    "not_required_relation": (
        "select 1 as v",
        {"requires": {"relations": ["public.nowhere"]}},
        ("skipped", "relation"),
    ),
    "no_column": ("select 1 as w", {}, ("error", "columns")),
    "divides_by_zero": ("select 1 / 0 as v", {}, ("error", "22012")),
    "writes": ("create table public.x (v int)", {}, ("error", "25006")),
    "bad_bytes": ("select convert_from('\\xe9', 'UTF8') as v", {}, ("error", "22021")),
    "gives_no_rows": ("do $$ begin end $$", {}, ("error", "no_rows")),
    "ends_its_session": (
        "select 1 as v, pg_terminate_backend(pg_backend_pid())",
        {},
        ("error", "connection"),
    ),
    "sleeps": (
        "select 1 as v, pg_sleep(3600)",
        {"timeout": "1s"},
        ("timeout", "statement_timeout"),
    ),
}
LABELS = [
    "",
    " \"quotes\" and 'quotes' ",
    "back\\slash, \\n and \\",
    "new\nline\n",
    "\r, tab\t, \x85, \u2028",
    '{a="b"} 1 # HELP',
    "𝄞 é 表",
]


def odd_queries(folder: Path) -> None:
    """Results that are no good, and some that only look like it."""
    for name, (statement, more, _) in FAILING.items():
        write(folder, name, statement, **more)
    rows = ", ".join(f"({n}, {sql.Literal(text).as_string()})" for n, text in enumerate(LABELS))
    text = {"labels": {"l": "A text."}}
    write(folder, "labels", f"select * from (values {rows}) r (v, l)", **text)
    write(folder, "null", "select 1 as v, null as l", **text)
    write(folder, "huge", "select 1 as v, repeat('é', 5 * 1024 * 1024) as l", **text)
    write(
        folder,
        "numbers",
        "select * from (values ('big', 1e400), ('small', -1e400), ('tiny', 1e-400), ('none', null),"
        " ('nan', 'NaN'), ('long', 12345678901234567890.5)) r (l, v)",
        **text,
    )
    write(folder, "words", "select * from (values ('a', '0x1'), ('b', '1')) r (l, v)", **text)
    write(folder, "twice", "select * from (values ('a', 1), ('b', 2), ('a', 3)) r (l, v)", **text)


def ascii_queries(folder: Path) -> None:
    write(folder, "bytes", "select 1 as v, E'caf\\xe9' as l", labels={"l": "A text."})
    write(folder, "bytes_in_error", "select E'caf\\xe9'::int as v")
    write(folder, "bytes_in_column", 'select 1 as "caf\xe9"')


def switched_on(folder: Path, *names: str) -> dict[str, dict[str, bool]]:
    """For one instance: of the queries in the folder, these alone."""
    return {file.stem: {"enabled": file.stem in names} for file in folder.glob("*.yaml")}


@pytest.fixture(scope="module")
def ascii_only(newest: Server) -> Iterator[str]:
    """A database without an encoding, and two tables in it whose names are no UTF-8."""
    name = newest.create_database(
        options="template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'"
    )
    with newest.connect(name, client_encoding="SQL_ASCII") as connection:
        connection.execute(b'create table "caf\xe9" (v int); create table "caf\xe8" (v int)')
    yield name
    newest.drop_database(name)


@dataclass
class Growing:
    """Two databases, the later of which is created when everything runs."""

    first: str
    later: str
    created_at: float = 0.0


@pytest.fixture(scope="module")
def growing(newest: Server) -> Iterator[Growing]:
    databases = Growing(first := newest.create_database(), f"{first}_later")
    yield databases
    newest.drop_database(databases.later)
    newest.drop_database(databases.first)


@pytest.fixture(scope="module")
def many(
    newest: Server,
    own: str,
    ascii_only: str,
    growing: Growing,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("queries")
    ascii_queries(folder)
    of_ascii = [file.stem for file in folder.iterdir()]
    odd_queries(folder)
    of_odd = [file.stem for file in folder.iterdir() if file.stem not in of_ascii]
    write(folder, "steady", "select pg_backend_pid() as v", interval="2s")
    limit = 2 * len(shipped()["stat_user_tables"].metrics)
    real = {"stat_user_tables": {"enabled": True, "interval": "2s"}}
    limited = {"stat_user_tables": real["stat_user_tables"] | {"max_series": limit}}
    instances = {
        "odd": {"dsn": newest.dsn(own), "queries": switched_on(folder, *of_odd, "steady")},
        "ascii": {
            "dsn": newest.dsn(ascii_only),
            "queries": switched_on(folder, *of_ascii) | real,
        },
        "killed": {"dsn": newest.dsn(own), "queries": switched_on(folder, "steady")},
        "limited": {"dsn": newest.dsn(own), "queries": switched_on(folder) | limited},
        "growing": {
            "dsn": newest.dsn(own),
            "databases": {"include": [f"{growing.first}*"]},
            "queries": switched_on(folder, "steady"),
        },
    }
    with Daemon(only(instances, folder)) as daemon:
        daemon.wait_ready(60)
        newest.create_database(growing.later)
        growing.created_at = time.monotonic()
        yield daemon


@pytest.mark.parametrize("name", FAILING)
def test_a_query_that_fails_says_how_and_shows_nothing(many: Daemon, name: str) -> None:
    _, _, expected = FAILING[name]
    assert many.outcome(name, page("odd")) == expected
    assert many.values(f"bad_{name}", page("odd")) == []
    if expected[1] != "relation":
        assert len(told(many, name)) == 1


def test_a_missing_column_is_named(many: Daemon) -> None:
    assert told(many, "no_column") == ["found w in the result; expected also v"]


def test_all_other_queries_of_that_database_succeed(many: Daemon) -> None:
    ended = outcomes(many, page("odd"))
    others = {name: how for name, how in ended.items() if name not in FAILING}
    names = ("labels", "null", "huge", "numbers", "words", "twice", "steady")
    assert others == dict.fromkeys(names, ("success", ""))
    assert many.value("pg_up", page("odd")) == 1


def by_label(daemon: Daemon, family: str, instance: str = "odd") -> dict[str, float]:
    return {s.labels["l"]: s.value for s in daemon.samples(page(instance)) if s.name == family}


def test_labels_come_out_as_they_are(many: Daemon) -> None:
    assert by_label(many, "bad_labels") == {text: n for n, text in enumerate(LABELS)}


def test_a_null_label_is_empty(many: Daemon) -> None:
    assert by_label(many, "bad_null") == {"": 1}


def test_a_label_of_ten_megabytes_is_cut(many: Daemon) -> None:
    assert by_label(many, "bad_huge") == {"é" * 1024: 1}
    assert len(many.scrape(page("odd"))) < 100_000


def test_numbers_beyond_a_float_are_left_out_and_counted(many: Daemon) -> None:
    numbers = by_label(many, "bad_numbers")
    assert math.isnan(numbers.pop("nan"))
    assert numbers == {"tiny": 0, "long": 12345678901234567890.5}
    assert many.value("pgvitals_collector_dropped", page("odd"), collector="numbers") == 2


def test_words_where_numbers_belong_are_left_out_and_counted(many: Daemon) -> None:
    assert by_label(many, "bad_words") == {"b": 1}
    assert many.value("pgvitals_collector_dropped", page("odd"), collector="words") == 1


def test_of_duplicate_rows_the_first_stays_and_the_others_are_counted(many: Daemon) -> None:
    assert by_label(many, "bad_twice") == {"a": 1, "b": 2}
    assert many.value("pgvitals_collector_duplicates", page("odd"), collector="twice") == 1


def test_bytes_that_are_no_text_are_marked(many: Daemon) -> None:
    assert by_label(many, "bad_bytes", "ascii") == {"caf\ufffd": 1}
    tables = many.values("pg_stat_user_tables_n_live_tup", page("ascii"), relname="caf\ufffd")
    assert len(tables) == 1
    assert (
        many.value("pgvitals_collector_duplicates", page("ascii"), collector="stat_user_tables")
        == 1
    )


def test_bytes_that_are_no_text_may_stand_in_errors_and_names(many: Daemon) -> None:
    assert many.outcome("bytes_in_error", page("ascii")) == ("error", "22P02")
    assert many.outcome("bytes_in_column", page("ascii")) == ("error", "columns")
    assert "caf" in told(many, "bytes_in_error")[0]
    assert told(many, "bytes_in_column") == ["found café in the result; expected also v"]


def test_beyond_max_series_the_rows_that_matter_stay(many: Daemon) -> None:
    def ranked() -> bool:
        dead = "pg_stat_user_tables_n_dead_tup"
        found = [s for s in many.samples(page("limited")) if s.name == dead]
        return {s.labels["relname"]: s.value for s in found} == {"dead_5": 50, "dead_4": 40}

    until(ranked, PATIENCE, "keep the tables with the most dead rows")
    assert (
        many.value("pgvitals_collector_dropped", page("limited"), collector="stat_user_tables") == 3
    )


def test_a_killed_backend_is_replaced_and_nothing_was_down(many: Daemon, newest: Server) -> None:
    pid = until(lambda: many.value("bad_steady", page("killed")), PATIENCE, "visit")
    beats = []
    with newest.connect() as connection:
        connection.execute("select pg_terminate_backend(%s)", [int(pid)])

    def replaced() -> bool:
        beats.append(many.value("pg_up", page("killed")))
        now = many.value("bad_steady", page("killed"))
        return now not in (None, pid)

    until(replaced, PATIENCE, "read over another connection")
    assert set(beats) == {1}
    assert many.outcome("steady", page("killed")) == ("success", "")


# Queries that take all they can get

HEAVY = {
    "never_returns": "select 1 as v, pg_sleep(3600)",
    "ten_million_rows": "select 1 as v, generate_series(1, 10000000) as n",
}


def peak_kb(daemon: Daemon) -> int:
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@pytest.mark.parametrize("name", HEAVY)
def test_a_greedy_query_costs_neither_memory_nor_the_others_their_turn(
    newest: Server, own: str, tmp_path: Path, name: str
) -> None:
    instances = {"greedy": {"dsn": newest.dsn(own)}, "other": {"dsn": newest.dsn(own)}}
    write(tmp_path, "steady", "select 1 as v", interval="5s")
    with Daemon(only(instances, tmp_path)) as daemon:
        daemon.wait_ready()
        before = daemon.rss_kb()
        write(tmp_path, name, HEAVY[name])
        spared = instances["other"] | {"queries": {name: {"enabled": False}}}
        daemon.write(only(instances | {"other": spared}, tmp_path))
        daemon.reload()
        ages: dict[str, list[float]] = {"greedy": [], "other": []}

        def ended() -> tuple[str, str] | None:
            for instance, seen in ages.items():
                assert daemon.value("bad_steady", page(instance)) == 1
                age = daemon.value(
                    "pgvitals_collector_age_seconds", page(instance), collector="steady"
                )
                seen.append(age or 0.0)
            return daemon.outcome(name, page("greedy"))

        kind, reason = until(ended, PATIENCE, "end")
        # Interval 5 s, timeout 5 s, and a machine that has more to do.
        assert max(ages["greedy"]) < 5 + 5 + 3
        assert max(ages["other"]) < 5 + 3
        assert peak_kb(daemon) - before < 50_000
        if kind == "success":
            dropped = daemon.value("pgvitals_collector_dropped", page("greedy"), collector=name)
            assert (name, dropped) == ("ten_million_rows", 10_000_000 - 10_000)
        else:
            assert (kind, reason) == ("timeout", "statement_timeout")
        assert daemon.value("pg_up", page("greedy")) == 1


def test_a_query_that_is_a_copy_is_an_error_and_the_others_go_on(
    newest: Server, own: str, tmp_path: Path
) -> None:
    write(tmp_path, "copy", "copy (select 1 as v) to stdout")
    write(tmp_path, "steady", "select 1 as v", interval="2s")
    with Daemon(only({"main": {"dsn": newest.dsn(own)}}, tmp_path)) as daemon:
        outcome = until(lambda: daemon.outcome("copy"), 15, "end a COPY")
        assert outcome[0] == "error"
        until(lambda: daemon.outcome("steady") == ("success", ""), 15, "go on")


# Roles, databases and servers that change


def test_a_role_without_pg_monitor_meets_no_error(server: Server) -> None:
    with server.connect() as connection:
        connection.execute("create role bad_plain login password 'plain'")
    try:
        config = instance(server.dsn(user="bad_plain", password="plain"))
        everything = {name: {"enabled": True} for name in shipped()}
        with Daemon(config | {"queries": everything}) as daemon:
            daemon.wait_ready()
            ended = outcomes(daemon)
            assert not [e for e in daemon.events if e["level"] in ("warning", "error")]
    finally:
        with server.connect() as connection:
            connection.execute("drop role bad_plain")
    assert ended.keys() == shipped().keys() | ASSESSED | LOOKING
    wrong = {name: how for name, how in ended.items() if how[0] not in ("success", "skipped")}
    assert wrong == {}
    assert all(reason for kind, reason in ended.values() if kind == "skipped")
    assert [kind for kind, _ in ended.values()].count("success") > 10


def test_a_database_dropped_during_a_visit_is_forgotten_and_the_others_go_on(
    newest: Server, own: str, tmp_path: Path
) -> None:
    first, second = newest.create_database(), newest.create_database()
    write(tmp_path, "steady", "select 1 as v", interval="2s")
    write(
        tmp_path,
        "lingers",
        f"select 1 as v, pg_sleep(case current_database() when '{first}' then 4 else 0 end)",
        interval="2s",
    )
    databases = {"include": [first, second]}
    with Daemon(
        only({"main": {"dsn": newest.dsn(own), "databases": databases}}, tmp_path)
    ) as daemon:
        until(lambda: daemon.value("bad_steady", datname=second), PATIENCE, "visit")
        assert daemon.value("pgvitals_databases") == 2
        with newest.connect() as connection:
            busy = "select count(*) from pg_stat_activity where datname = %s and query ~ 'pg_sleep'"
            busy += " and state = 'active'"
            until(
                lambda: connection.execute(busy, [first]).fetchall() == [(1,)], PATIENCE, "linger"
            )
        newest.drop_database(first)
        dropped = time.time()
        until(lambda: daemon.value("pgvitals_databases") == 1, PATIENCE, "miss the database")
        assert not [s for s in daemon.samples() if s.labels.get("datname") == first]
        last = "pgvitals_collector_last_success_timestamp_seconds"
        until(lambda: (daemon.value(last, collector="lingers") or 0) > dropped, PATIENCE, "go on")
        assert daemon.value("pg_up") == 1
    newest.drop_database(second)


def test_a_standby_is_one_until_it_is_promoted(victim: Server, tmp_path: Path) -> None:
    write(tmp_path, "of_primary", "select 1 as v", requires={"role": "primary"})
    write(tmp_path, "of_standby", "select 1 as v", requires={"role": "standby"})
    standby = victim.standby()
    recovery = {"recovery": {"enabled": True, "interval": "60s"}}
    with Daemon(only({"main": {"dsn": standby.dsn()}}, tmp_path, **recovery)) as daemon:
        daemon.wait_ready()
        assert daemon.value("pg_server_in_recovery") == 1
        assert daemon.outcome("of_primary") == ("skipped", "role")
        assert daemon.value("bad_of_standby") == 1
        standby.promote()
        # Both queries are due in a minute: before that, only what the heartbeat learns changes anything.
        until(lambda: daemon.value("pg_server_in_recovery") == 0, PATIENCE, "see the promotion")
        until(lambda: daemon.value("bad_of_primary") == 1, PATIENCE, "run what a primary has")
        assert daemon.outcome("of_standby") == ("skipped", "role")
        assert daemon.values("bad_of_standby") == []


def test_a_created_database_is_followed(many: Daemon, growing: Growing) -> None:
    left = growing.created_at + 75 - time.monotonic()  # the other tests made use of the time
    there = {"datname": growing.later}
    until(lambda: many.value("bad_steady", page("growing"), **there), left, "find the database")
    assert many.value("pgvitals_databases", page("growing")) == 2
