"""Every shipped query means what it says, on every major, with no more rights than pg_monitor."""

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgvitals.catalogue import shipped
from pgvitals.session import Session
from pgvitals.table import Table
from support.daemon import until
from support.servers import Database, Server, launch

Connection = psycopg.Connection[Any]
Row = dict[str, str | None]

QUERIES = {name: query for name, query in shipped().items() if "/base/" in query.file}
PER_TABLE = {
    "stat_user_tables",
    "stat_user_tables_size",
    "stat_user_indexes",
    "statio_user_tables",
    "statio_user_indexes",
}
"""What has nothing to say about a database without tables."""
EVENTS = {
    "replication_slots",
    "replication_slots_position",
    "replication_slots_wal_status",
    "replication_slots_xmin",
    "stat_activity_autovacuum",
    "stat_progress_vacuum",
    "stat_progress_vacuum_phase",
    "stat_replication",
    "stat_replication_xlog",
    "stat_wal_receiver",
    "process_idle",
}
"""What has nothing to say while nobody replicates, vacuums or rests: see test_parity.py."""

ZOO = """
create schema "Mixed Schema";
create table plain (id int primary key, a int, b text);
insert into plain select g, g % 10, repeat('x', g) from generate_series(1, 1000) g;
create index plain_a on plain (a);
create index plain_b on plain using hash (b);
create index plain_few on plain (a) where b = 'x';
create index broken on plain (a, b);
update pg_index set indisvalid = false where indexrelid = 'broken'::regclass;
create table bare (a int);
insert into bare select generate_series(1, 100);
create table "Mixed Schema"."Table ""with"" quotes" (id int primary key, "Column" text);
create index "Ünïcödé
index" on "Mixed Schema"."Table ""with"" quotes" ("Column");
create table toasted (a text);
insert into toasted select string_agg(md5(g::text), '') from generate_series(1, 5000) g;
create table part (id int primary key, a int) partition by range (id);
create table part_1 partition of part for values from (0) to (500);
create table part_2 partition of part for values from (500) to (1000);
create index part_a on part (a);
insert into part select g, g from generate_series(1, 999) g;
create materialized view seen as select * from plain;
create unique index seen_id on seen (id);
create table child (id int, plain_id int references plain);
create index child_plain on child (plain_id);
create table parent (a int);
create table heir () inherits (parent);
create unlogged table unsafe (a int primary key);
create view looked_at as select * from plain;
create sequence counted;
create extension pg_stat_statements;
create extension pg_buffercache
"""
WORK = """
select count(*) from plain;
set enable_seqscan = off;
select * from plain where id = 5;
set enable_indexscan = off;
select * from plain where a = 5;
update plain set b = 'y' where a = 3;
delete from plain where a = 4;
update part set a = 1 where id < 10;
analyze part;
vacuum plain;
analyze bare
"""


def eventually(happens: Callable[[], Any], seconds: float = 15) -> Any:
    """What `happens` gives, as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (given := happens()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.05)
    return given


def run(connection: Connection, statements: str) -> None:
    """Execute statements one after another, each on its own."""
    for each in statements.split(";\n"):
        connection.execute(each.encode())


def fetch(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def statement(connection: Connection, name: str) -> str:
    written = QUERIES[name].statement(connection.info.server_version // 10_000)
    assert written is not None
    return written


def collect(connection: Connection, name: str, old: str = "", new: str = "") -> list[Row]:
    """The rows of a query, read as the daemon does; `new` stands for the part `old` of its SQL."""
    query, written = QUERIES[name], statement(connection, name)
    assert old in written
    session = Session(connection)
    schemas = ["public"] * bool(query.requires.extensions)
    chunks = session.read(written.replace(old, new) if old else written, query.timeout, schemas)
    table = Table(query, chunks)
    assert table.omitted == 0
    columns = [[_text(cell) for cell in table.column(column).cells()] for column in query.columns]
    return [dict(zip(query.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]


def one(connection: Connection, name: str, **labels: str) -> Row:
    """The only row with these labels."""
    (found,) = (row for row in collect(connection, name) if labels.items() <= row.items())
    return found


def number(cell: str | None) -> float:
    assert cell is not None
    return float(cell)


@contextmanager
def busy(database: Database, query: str) -> Iterator[int]:
    """A session that executes `query` meanwhile, and is ended before it finishes: its process id."""
    with database.connect() as session, database.connect() as ender:
        pid = session.info.backend_pid
        session.pgconn.send_query(query.encode())
        try:
            yield pid
        finally:
            run(ender, f"select pg_terminate_backend({pid})")
            eventually(lambda: not fetch(ender, f"select from pg_stat_activity where pid = {pid}"))
            session.close()


def _text(cell: str | bytes | None) -> str | None:
    return cell.decode() if isinstance(cell, bytes) else cell


def log_in(dsn: str, database: str) -> Connection:
    return psycopg.connect(make_conninfo(dsn, dbname=database), autocommit=True)


@contextmanager
def made_role(server: Server, options: str = "") -> Iterator[str]:
    """The connection string, without a database, of a role that exists meanwhile."""
    name, password = f"role_{secrets.token_hex(6)}", secrets.token_hex(8)
    with server.connect() as connection:
        run(connection, f"create role {name} login password '{password}' {options}")
        yield server.dsn(user=name, password=password)
        run(connection, f"drop role {name}")


@pytest.fixture(scope="module")
def monitor(server: Server) -> Iterator[str]:
    """A role with pg_monitor and nothing else."""
    with made_role(server, "in role pg_monitor") as dsn:
        yield dsn


@pytest.fixture(scope="module")
def zoo(server: Server) -> Iterator[Database]:
    """A database with one of each kind of relation, and traffic; the tests leave it as it is."""
    database = Database(server, server.create_database())
    with database.connect() as keeper, database.connect() as other:
        run(keeper, ZOO)
        run(other, 'create temp table "Temp" (id int primary key);\ninsert into "Temp" values (1)')
        with database.connect() as worker:
            run(worker, WORK)
        seen = "select from pg_stat_user_tables where relname = 'plain' and n_tup_del > 0"
        eventually(lambda: fetch(keeper, seen))
        yield database
    server.drop_database(database.name)


# Everywhere


@pytest.mark.parametrize("role", ["superuser", "monitor"])
@pytest.mark.parametrize("name", QUERIES)
def test_runs_with_no_more_than_pg_monitor(
    name: str, role: str, zoo: Database, monitor: str
) -> None:
    dsn = zoo.dsn() if role == "superuser" else monitor
    query = QUERIES[name]
    with log_in(dsn, zoo.name) as connection:
        facts = Session(connection).read_facts(query.requires.relations, 5)
        if query.skip_reason(facts):
            assert zoo.server.major < query.requires.min_version
        else:
            assert collect(connection, name) or name in EVENTS


@pytest.mark.parametrize("choose", [min, max])
def test_runs_on_a_standby(choose: Callable[[list[int]], int], local_majors: list[int]) -> None:
    with closing(launch(choose(local_majors))) as primary:
        standby = primary.standby()
        with standby.connect() as connection:
            names = [
                name
                for name, query in QUERIES.items()
                if query.requires.min_version <= primary.major and not query.requires.extensions
            ]
            rows = {name: collect(connection, name) for name in names}
            seen = fetch(connection, "select name, setting, unit, vartype from pg_settings")
    assert rows["recovery"] == [{"in_recovery": "t"}]
    told = {row["name"]: number(row["value"]) for row in rows["settings"]}
    assert told == dict(pair for row in seen if (pair := rule(*row)))
    assert rows["replication"][0]["is_replica"] == "t"
    assert number(rows["replication"][0]["last_replay"]) >= 0


def test_an_empty_database_has_sums_of_zero_and_no_tables(database: Database) -> None:
    with database.connect() as connection:
        assert all(collect(connection, name) == [] for name in PER_TABLE)
        (unused,) = collect(connection, "unused_indexes")
        assert (unused["unused"], unused["unused_bytes"]) == ("0", "0")
        assert number(unused["age"]) >= 0
        states = {row["state"]: row["tables"] for row in collect(connection, "rls")}
    assert states == dict.fromkeys(["DISABLED", "NO POLICIES", "FEW", "GOOD"], "0")


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_waits_for_a_table_that_is_locked(name: str, zoo: Database) -> None:
    if zoo.server.major < QUERIES[name].requires.min_version:
        return
    with zoo.connect() as holder, zoo.connect() as reader, holder.transaction(force_rollback=True):
        tables = fetch(
            holder,
            "select oid::regclass::text from pg_class where relkind in ('r', 'p')"
            " and oid >= 16384 and relpersistence <> 't'",
        )
        for (table,) in tables:
            run(holder, f"lock table {table} in access exclusive mode")
        run(holder, "drop materialized view seen;\ndrop index plain_a;\ntruncate toasted")
        found = collect(reader, name)
    if name == "stat_user_tables_size":
        assert {row["relname"] for row in found} == {"Temp"}


def test_ten_thousand_tables_fit() -> None:
    for name in PER_TABLE:
        assert QUERIES[name].max_rows >= (30_000 if name == "stat_user_indexes" else 10_000)


# The views of statistics

MOMENTS = {"last_vacuum", "last_autovacuum", "last_analyze", "last_autoanalyze", "stats_reset"}
VIEWS = {
    "stat_user_tables": "pg_stat_user_tables",
    "stat_user_indexes": "pg_stat_user_indexes",
    "stat_database": "(select * from pg_stat_database where datname is not null) d",
    "stat_database_conflicts": "pg_stat_database_conflicts",
    "statio_user_tables": """(select schemaname, relname,
        heap_blks_read as heap_read, heap_blks_hit as heap_hit,
        idx_blks_read as idx_read, idx_blks_hit as idx_hit,
        toast_blks_read as toast_read, toast_blks_hit as toast_hit,
        tidx_blks_read as tidx_read, tidx_blks_hit as tidx_hit from pg_statio_user_tables) t""",
}


@pytest.mark.parametrize("name", VIEWS)
def test_has_the_rows_and_values_of_the_view(name: str, zoo: Database) -> None:
    names = QUERIES[name].columns
    seen = [f"floor(extract(epoch from {n}))::bigint" if n in MOMENTS else n for n in names]
    view = f"select {', '.join(seen)} from {VIEWS[name]}"
    with zoo.connect() as connection:
        ours = f"select {', '.join(names)} from ({statement(connection, name)}) q"
        rows = fetch(connection, ours)
        # In one statement, so that both read one state of the statistics.
        differ = f"(({ours}) except all ({view})) union all (({view}) except all ({ours}))"
        assert fetch(connection, differ) == []
        assert len(rows) == len(fetch(connection, view)) > 3


def test_tables_count_their_traffic(zoo: Database) -> None:
    with zoo.connect() as connection:
        plain = one(connection, "stat_user_tables", relname="plain")
        bare = one(connection, "stat_user_tables", relname="bare")
        names = {(r["schemaname"], r["relname"]) for r in collect(connection, "stat_user_tables")}
    assert number(plain["idx_scan"]) >= 2
    assert number(plain["n_tup_del"]) == number(plain["n_tup_upd"]) == 100
    assert number(plain["last_vacuum"]) == pytest.approx(time.time(), abs=600)
    assert bare["idx_scan"] is None, "a table without an index: compat makes it 0"
    assert bare["last_vacuum"] is None
    assert ("Mixed Schema", 'Table "with" quotes') in names
    assert ("part" in {relname for _, relname in names}) == (zoo.server.major >= 14)


def test_sizes_are_those_of_the_functions(zoo: Database) -> None:
    with zoo.connect() as connection:
        sizes = {row["relname"]: row for row in collect(connection, "stat_user_tables_size")}
        functions = fetch(
            connection,
            "select relname, pg_table_size(relid)::text,"
            " pg_indexes_size(relid)::text from pg_stat_user_tables",
        )
    assert len(sizes) == len(functions)
    for relname, table, indexes in functions:
        assert (sizes[relname]["table_size"], sizes[relname]["index_size"]) == (table, indexes)


def test_sizes_leave_out_what_somebody_waits_to_lock(zoo: Database) -> None:
    with zoo.connect() as holder, zoo.connect() as reader:
        run(holder, "begin;\nselect 1 from plain limit 1")
        with busy(zoo, "truncate plain, child") as pid:
            waiting = f"select from pg_locks where not granted and pid = {pid}"
            eventually(lambda: fetch(reader, waiting))
            names = {row["relname"] for row in collect(reader, "stat_user_tables_size")}
        run(holder, "rollback")
    assert "plain" not in names
    assert {"bare", "toasted", 'Table "with" quotes'} <= names


def test_sizes_leave_out_what_has_a_locked_index(zoo: Database) -> None:
    toast = (
        "select indexrelid::regclass::text from pg_index"
        " where indrelid = (select reltoastrelid from pg_class where relname = 'toasted')"
    )
    with zoo.connect() as holder, zoo.connect() as reader, holder.transaction(force_rollback=True):
        ((index,),) = fetch(holder, toast)
        run(holder, f"reindex index plain_a;\nreindex index {index}")
        names = {row["relname"] for row in collect(reader, "stat_user_tables_size")}
    assert not names & {"plain", "toasted"}
    assert {"bare", "child"} <= names


# Settings

BYTES = {"B": 0, "kB": 10, "MB": 20, "GB": 30, "TB": 40}
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def rule(name: str, setting: str, unit: str | None, kind: str) -> tuple[str, float] | None:
    """postgres_exporter's rule for one row of pg_settings: family without prefix, and value."""
    family = name.replace(".", "_").replace("-", "_")
    if kind == "bool":
        return family, float(setting == "on")
    if kind not in ("integer", "real"):
        return None
    value = float(setting)
    if unit == "ms":
        return f"{family}_seconds", value if value == -1 else value / 1000
    if unit in SECONDS:
        return f"{family}_seconds", value if value == -1 else value * SECONDS[unit]
    if unit:
        count = int(unit.rstrip("kMGTB") or 1)
        power = BYTES[unit.lstrip("0123456789")]
        return f"{family}_bytes", value if value == -1 else value * count * 2**power
    return family, value


def settings(connection: Connection) -> dict[str | None, float]:
    return {row["name"]: number(row["value"]) for row in collect(connection, "settings")}


def test_settings_follow_the_rule(database: Database) -> None:
    options = (
        "-c work_mem=2147483647kB -c vacuum_cost_delay=9ms"
        " -c seq_page_cost=1e-9 -c statement_timeout=2147483647ms"
    )
    with database.connect(options=options) as connection:
        # As any session sees them: what pgvitals sets for its own transactions is not the server's.
        rows = fetch(connection, "select name, setting, unit, vartype from pg_settings")
        found = settings(connection)
    assert found == dict(pair for row in rows if (pair := rule(*row)))
    assert found["unix_socket_permissions"] == 777, "octal, and not its number"
    assert found["work_mem_bytes"] == 2147483647 * 1024
    assert found["vacuum_cost_delay_seconds"] == 0.009


def test_a_setting_that_is_odd_costs_no_other(database: Database) -> None:
    odd = [
        ("clean.me-too", "16MB", "MB", "integer"),
        ("clean.space", "10 ms", "ms", "integer"),
        ("unit.unknown", "1", "fortnights", "integer"),
        ("unit.other", "16GB", "MB", "integer"),
        ("unit.empty", "0600", "", "integer"),
        ("minus.one", "-1", "kB", "integer"),
        ("minus.two", "-2", "kB", "integer"),
        ("not.number", "many", None, "integer"),
        ("not.ascii", "١٢", None, "integer"),
        ("empty", "", None, "real"),
        ("dot", ".", None, "real"),
        ("huge", "1e999", "TB", "real"),
        ("tiny", "1e-999", "ms", "real"),
        ("large", "1e+200", "TB", "real"),
        ("long", "9" * 200_000, None, "real"),
        ("big", "9" * 300, None, "real"),
        ("not", "NaN", None, "real"),
        ("null", None, None, "real"),
        ("bad name", "1", None, "integer"),
        ("text", "on", None, "string"),
        ("switch", "yes", None, "bool"),
        ("sync_commit_cancel_wait", "on", None, "bool"),
    ]
    with database.connect() as connection:
        run(
            connection,
            "create temp table pg_settings (name text, setting text, unit text, vartype text,"
            " source text default 'default', reset_val text)",
        )
        insert = "insert into pg_temp.pg_settings values (%s, %s, %s, %s)"
        connection.cursor().executemany(insert, odd)
        assert settings(connection) == {
            "clean_me_too_bytes": 16 * 2**20,
            "clean_space_seconds": 0.01,
            "unit_empty": 600,
            "minus_one_bytes": -1,
            "minus_two_bytes": -2048,
            "large_bytes": 1e200 * 2**40,
            "switch": 0,
        }


# Sessions and locks


def test_idle_in_transaction_is_seen(database: Database) -> None:
    with database.connect() as idler, database.connect() as watcher:
        run(idler, "begin;\nselect 1")
        time.sleep(0.2)
        row = one(watcher, "activity", datname=database.name)
        other = one(watcher, "activity", datname="postgres")
        run(idler, "rollback")
    assert row["idle_in_transaction"] == "1"
    assert number(row["longest_transaction"]) >= number(row["longest_idle_in_transaction"]) >= 0.2
    assert (row["longest_query"], row["slow_queries"]) == ("0", "0")
    assert other["idle_in_transaction"] == "0"


def test_slow_queries_are_seen(database: Database) -> None:
    with database.connect() as watcher, busy(database, "select pg_sleep(60)"):
        time.sleep(0.3)
        rows = collect(watcher, "activity", "query_age > 5", "query_age > 0.1")
        calm = one(watcher, "activity", datname=database.name)
    (row,) = (row for row in rows if row["datname"] == database.name)
    assert row["slow_queries"] == "1"
    assert 0.1 < number(row["longest_query"]) < 5
    assert calm["slow_queries"] == "0"


def test_every_database_that_accepts_connections_has_a_row(database: Database) -> None:
    with database.connect() as connection:
        names = "select datname from pg_database where datallowconn order by 1"
        expected = [name for (name,) in fetch(connection, names)]
        for query in ("activity", "blocked_sessions"):
            assert sorted(r["datname"] or "" for r in collect(connection, query)) == expected


def test_blocked_sessions_are_counted(database: Database) -> None:
    with database.connect() as holder, database.connect() as watcher:
        calm = one(watcher, "blocked_sessions", datname=database.name)
        run(holder, "create table t (a int);\nbegin;\nlock table t")
        with busy(database, "select * from t"):
            time.sleep(0.3)
            row = one(watcher, "blocked_sessions", datname=database.name)
            others = collect(watcher, "blocked_sessions")
        run(holder, "rollback")
    assert (calm["blocked"], calm["longest_wait"]) == ("0", "0")
    assert row["blocked"] == "1"
    assert 0.1 < number(row["longest_wait"]) < 10
    assert sum(number(other["blocked"]) for other in others) == 1


def test_without_the_right_to_see_sessions_there_is_no_zero(database: Database) -> None:
    with made_role(database.server) as dsn, log_in(dsn, database.name) as connection:
        for name in ("activity", "blocked_sessions", "connections"):
            assert collect(connection, name) == []


def test_connections_leave_out_the_reserved(server: Server) -> None:
    with server.connect() as connection:
        (row,) = collect(connection, "connections")
        ((most, reserved),) = fetch(
            connection,
            "select max(setting::int) filter (where name = 'max_connections'),"
            " sum(setting::int) filter (where name like '%reserved_connections') from pg_settings",
        )
    assert number(row["usable"]) == most - reserved
    assert number(row["used"]) >= 1


def test_stat_activity_has_every_state_of_every_database(database: Database) -> None:
    with database.connect(application_name="tester") as idler, database.connect() as watcher:
        run(idler, "select 1")
        rows = [r for r in collect(watcher, "stat_activity") if r["datname"] == database.name]
        databases = fetch(watcher, "select datname from pg_database")
        pairs = {(r["datname"], r["state"]) for r in collect(watcher, "stat_activity")}
    (row,) = (r for r in rows if r["application_name"] == "tester")
    assert (row["state"], row["sessions"], row["backend_type"]) == ("idle", "1", "client backend")
    assert row["wait_event_type"] == "Client"
    assert [r["sessions"] for r in rows if r["state"] == "disabled"] == [None]
    assert len(pairs) == 6 * len(databases)


def test_locks_are_counted_by_mode(database: Database) -> None:
    with database.connect() as holder, database.connect() as watcher:
        run(watcher, "create table t (a int)")
        run(holder, "begin;\nlock table t in share row exclusive mode")
        rows = [r for r in collect(watcher, "locks") if r["datname"] == database.name]
        run(holder, "rollback")
    counts = {row["mode"]: row["locks"] for row in rows}
    assert len(rows) == len(counts) == 9
    assert counts["sharerowexclusivelock"] == "1"
    assert counts["accessexclusivelock"] == "0"


# The server and its databases


def test_server_and_replication_of_a_primary(server: Server) -> None:
    with server.connect() as connection:
        assert one(connection, "server")["version"] == server.version.split()[0]
        assert collect(connection, "recovery") == [{"in_recovery": "f"}]
        ((identifier,),) = fetch(connection, "select system_identifier from pg_control_system()")
        assert one(connection, "system_identifier")["system_identifier"] == str(identifier)
        ((started,),) = fetch(connection, "select extract(epoch from pg_postmaster_start_time())")
        assert number(one(connection, "postmaster")["started"]) == pytest.approx(float(started))
        assert one(connection, "replication") == {"lag": "0", "is_replica": "f", "last_replay": "0"}


def test_sizes_of_databases_that_may_not_be_read_are_left_out(
    database: Database, monitor: str
) -> None:
    server = database.server
    with (
        server.connect() as admin,
        made_role(server) as guest,
        made_role(server, "in role pg_monitor") as monitor,
    ):
        run(admin, f"revoke connect on database {database.name} from public")
        with log_in(guest, "postgres") as c:
            names = {row["datname"] for row in collect(c, "database_size")}
        with log_in(monitor, "postgres") as c:
            all_names = {row["datname"] for row in collect(c, "database_size")}
            limits = {row["datname"]: row["datconnlimit"] for row in collect(c, "database")}
    assert "postgres" in names
    assert database.name not in names
    assert database.name in all_names
    assert limits.keys() == all_names
    assert limits[database.name] == "-1"


# Unused indexes

TARGET = "create table target (id int primary key, x int, y int, unique (x, y))"
UNUSED = {
    "plain": "create table {t} (a int);\ncreate index {i} on {t} (a)",
    "Mixed": 'create table "{t}" (a int);\ncreate index "{i}" on "{t}" (a)',
    "partial": "create table {t} (a int);\ncreate index {i} on {t} (a) where a > 5",
    "matview": "create materialized view {t} as select 1 as a;\ncreate index {i} on {t} (a)",
    "redundant": "create table {t} (a int references target);\ncreate index on {t} (a);\n"
    "create index {i} on {t} (a, a)",
    "beside_unique": "create table {t} (a int references target);\ncreate index {i} on {t} (a);\n"
    "create unique index on {t} (a)",
    "partial_beside_whole": "create table {t} (a int references target, b int);\n"
    "create index {i} on {t} (a) where b = 1;\ncreate index on {t} (a)",
    "not_leading": "create table {t} (a int references target, b int);\ncreate index {i} on {t} (b, a)",
    "only_included": "create table {t} (x int, y int, foreign key (x, y) references target (x, y));\n"
    "create index {i} on {t} (x) include (y)",
    "brin": "create table {t} (a int references target);\ncreate index {i} on {t} using brin (a)",
    "partitioned": "create table {t} (a int) partition by list (a);\n"
    "create table {t}_1 partition of {t} for values in (1);\n"
    "create table {t}_2 partition of {t} for values in (2);\ncreate index {i} on {t} (a)",
}
USED = {
    "scanned": "create table {t} (a int);\ncreate index {i} on {t} (a);\n"
    "set enable_seqscan = off;\nselect * from {t} where a = 1",
    "primary": "create table {t} (a int, constraint {i} primary key (a))",
    "unique": "create table {t} (a int);\ncreate unique index {i} on {t} (a)",
    "exclusion": "create table {t} (a int, constraint {i} exclude using hash (a with =))",
    "identity": "create table {t} (a int not null);\ncreate unique index {i} on {t} (a);\n"
    "alter table {t} replica identity using index {i}",
    "clustered": "create table {t} (a int);\ncreate index {i} on {t} (a);\ncluster {t} using {i}",
    "invalid": "create table {t} (a int);\ncreate index {i} on {t} (a);\n"
    "update pg_index set indisvalid = false where indexrelid = '{i}'::regclass",
    "not_ready": "create table {t} (a int);\ncreate index {i} on {t} (a);\n"
    "update pg_index set indisready = false where indexrelid = '{i}'::regclass",
    "referenced": "create table {t} (a int);\ncreate unique index {i} on {t} (a);\n"
    "create table {t}_2 (a int references {t} (a))",
    "key": "create table {t} (a int references target);\ncreate index {i} on {t} (a)",
    "key_first_of_two": "create table {t} (a int references target);\ncreate index {i} on {t} (a);\n"
    "create index on {t} (a)",
    "key_permuted": "create table {t} (x int, y int, foreign key (x, y) references target (x, y));\n"
    "create index {i} on {t} (y, x)",
    "key_leading": "create table {t} (a int references target, b int);\ncreate index {i} on {t} (a, b)",
    "key_hash": "create table {t} (a int references target);\ncreate index {i} on {t} using hash (a)",
    "key_partial": "create table {t} (a int references target);\n"
    "create index {i} on {t} (a) where a is not null",
    "one_of_partitions": "create table {t} (a int) partition by list (a);\n"
    "create table {t}_1 partition of {t} for values in (1);\n"
    "create table {t}_2 partition of {t} for values in (2);\ncreate index {i} on {t} (a);\n"
    "set enable_seqscan = off;\nselect * from {t}_2 where a = 2",
    "extension": "create table {t} (a int);\ncreate index {i} on {t} (a);\n"
    "alter extension plpgsql add table {t}",
    "managed": "create schema auth;\ncreate table auth.{t} (a int);\ncreate index {i} on auth.{t} (a)",
    "temporary": "create temp table {t} (a int);\ncreate index {i} on {t} (a)",
}


@pytest.fixture(scope="module")
def attic(server: Server) -> Iterator[Database]:
    """A database with each kind of index that may be unused, or must not be called so."""
    database = Database(server, server.create_database())
    with database.connect() as keeper:
        run(keeper, TARGET)
        for case, statements in itertools.chain(UNUSED.items(), USED.items()):
            run(keeper, statements.format(t=f"t_{case}", i=f"i_{case}"))
        # Only what ends surely tells its statistics; the temporary table has to stay.
        with database.connect() as worker:
            worker.execute("set enable_seqscan = off")
            worker.execute("select * from t_scanned where a = 1")
            worker.execute("select * from t_one_of_partitions_2 where a = 2")
        scanned = (
            "select count(*) from pg_stat_user_indexes where idx_scan > 0 having count(*) >= 2"
        )
        eventually(lambda: fetch(keeper, scanned))
        yield database
    server.drop_database(database.name)


@pytest.mark.parametrize("case", [*UNUSED, *USED])
def test_unused_indexes(case: str, attic: Database) -> None:
    with attic.connect() as connection:
        rows = [r for r in collect(connection, "unused_indexes") if r["indexrelname"]]
    tables = {row["indexrelname"]: row["relname"] for row in rows}
    listed = {f"i_{case}": f"t_{case}"} if case in UNUSED else {}
    assert {i: t for i, t in tables.items() if i == f"i_{case}"} == listed
    assert len(tables) == len(rows)


def test_unused_indexes_are_summed(attic: Database) -> None:
    with attic.connect() as connection:
        (total, *rows) = sorted(
            collect(connection, "unused_indexes"), key=lambda r: r["bytes"] or ""
        )
        size = "select sum(pg_relation_size(i)) from unnest(%s::regclass[]) i"
        leaves = ["t_partitioned_1_a_idx", "t_partitioned_2_a_idx"]
        expected = connection.execute(size, [leaves]).fetchone()
    by_name = {row["indexrelname"]: row["bytes"] for row in rows}
    assert number(by_name["i_partitioned"]) == (expected or [0])[0]
    assert set(by_name) == {f"i_{case}" for case in UNUSED} | {"t_key_first_of_two_a_idx"}
    assert number(total["unused"]) == len(rows)
    assert number(total["unused_bytes"]) == sum(number(row["bytes"]) for row in rows)
    assert 0 <= number(total["age"]) < 86400


@pytest.mark.since(16)
def test_an_index_not_scanned_for_long_is_unused_again(attic: Database) -> None:
    with attic.connect() as connection:
        later = collect(connection, "unused_indexes", "interval '30 days'", "interval '-1 day'")
    (row,) = (r for r in later if r["indexrelname"] == "i_scanned")
    assert number(row["last_scan"]) == pytest.approx(time.time(), abs=600)
    assert all(r["last_scan"] is None for r in later if r["indexrelname"] == "i_plain")


def test_age_of_the_statistics_follows_a_reset(database: Database) -> None:
    with database.connect() as connection:
        run(connection, "select pg_stat_reset()")
        reset = f"select from pg_stat_database where datname = '{database.name}' and stats_reset > "
        eventually(lambda: fetch(connection, reset + "now() - interval '1 min'"))
        (row,) = collect(connection, "unused_indexes")
    assert number(row["age"]) < 60


# Row level security

EXPOSED = """
create table "Off" (a int);
create table off_with_policy (a int);
create policy p on off_with_policy using (true);
create table none (a int);
alter table none enable row level security;
create table few (a int);
alter table few enable row level security;
create policy p1 on few using (true);
create policy p2 on few using (true);
create table good (a int);
alter table good enable row level security;
create policy p1 on good using (true);
create policy p2 on good using (true);
create policy p3 on good for select using (true);
create table part (a int) partition by list (a);
alter table part enable row level security;
create policy p on part using (true);
create table part_1 partition of part for values in (1);
create table part_2 partition of part for values in (2);
alter table part_2 enable row level security;
create view seen as select * from good;
create materialized view stored as select * from good;
create foreign data wrapper nowhere;
create server nowhere foreign data wrapper nowhere;
create foreign table far (a int) server nowhere;
create table of_extension (a int);
alter extension plpgsql add table of_extension;
create temp table passing (a int);
create schema hidden;
create table hidden.off (a int);
create schema "Other API";
create table "Other API".api (a int)
"""


@contextmanager
def made_authenticator(connection: Connection) -> Iterator[None]:
    """The role PostgREST logs in as; one that was there stays."""
    existed = fetch(connection, "select from pg_roles where rolname = 'authenticator'")
    if not existed:
        run(connection, "create role authenticator")
    yield
    if not existed:
        run(connection, "drop role authenticator")


def states(connection: Connection) -> dict[str | None, str | None]:
    return {r["relname"]: r["state"] for r in collect(connection, "rls") if r["present"]}


def test_row_level_security_of_exposed_tables(database: Database) -> None:
    with database.connect() as connection:
        run(connection, EXPOSED)
        assert states(connection) == {
            "Off": "DISABLED",
            "off_with_policy": "DISABLED",
            "none": "NO POLICIES",
            "few": "FEW",
            "good": "GOOD",
            "part": "FEW",
            "part_1": "DISABLED",
            "part_2": "NO POLICIES",
        }
        rows = collect(connection, "rls")
    policies = {r["relname"]: r["policies"] for r in rows if r["policies"]}
    assert policies.pop("good") == "3"
    assert policies == {
        "Off": "0", "off_with_policy": "1", "none": "0", "few": "2", "part": "1", "part_1": "0", "part_2": "0"
    }  # fmt: skip
    tables = {r["state"]: r["tables"] for r in rows if r["tables"]}
    assert tables == {"DISABLED": "3", "NO POLICIES": "2", "FEW": "2", "GOOD": "1"}


def test_exposed_schemas_are_those_of_the_api(database: Database) -> None:
    with database.connect() as connection:
        run(connection, EXPOSED)
        with made_authenticator(connection):
            expose = f"alter role authenticator in database {database.name} set pgrst.db_schemas = "
            run(connection, "alter role authenticator set pgrst.db_schemas = 'hidden'")
            assert set(states(connection)) == {"off"}
            run(connection, expose + "' hidden ,Other API '")
            assert set(states(connection)) == {"off", "api"}
            run(connection, expose + "'nowhere'")
            assert states(connection) == {}
            run(connection, "alter role authenticator reset pgrst.db_schemas")
            run(connection, expose + "' '")
            assert "Off" in states(connection), "a blank setting is none"


# What postgres_exporter has


def test_the_background_writer_keeps_counters_that_moved(server: Server) -> None:
    old = "select checkpoints_timed::text, checkpoints_req::text, buffers_checkpoint::text"
    new = (
        "select (num_timed + restartpoints_timed)::text,"
        " (num_requested + restartpoints_req)::text, buffers_written::text"
    )
    moved = server.major >= 17
    written = f"{new} from pg_stat_checkpointer" if moved else f"{old} from pg_stat_bgwriter"
    names = ("checkpoints_timed", "checkpoints_req", "buffers_checkpoint")

    def settled() -> dict[str, Any] | None:
        """The row, once it says what the server says: what was done is counted a moment later."""
        (row,) = collect(connection, "stat_bgwriter")
        (counted,) = fetch(connection, written)
        done = ("checkpoints_req", "buffers_backend", "buffers_alloc")
        agreed = tuple(row[name] for name in names) == tuple(counted)
        return row if agreed and all(number(row[name]) > 0 for name in done) else None

    with server.connect() as connection:
        # Whoever fills a new table writes.
        connection.execute("create table filled as select generate_series(1, 100000)")
        connection.execute("drop table filled")
        connection.execute("checkpoint")
    with server.connect() as connection:
        row = until(settled, 10, "say what the server says")
    assert number(row["stats_reset"]) == pytest.approx(time.time(), abs=86_400)


@pytest.mark.since(17)
def test_whoever_fills_a_table_writes_its_blocks(database: Database) -> None:
    with database.connect() as watcher:
        (before,) = collect(watcher, "stat_bgwriter")
        with database.connect() as worker:
            text = "select repeat('x', 500) from generate_series(1, 50000)"
            run(worker, f"create table filled as {text}")
        ((blocks,),) = fetch(watcher, "select pg_relation_size('filled') / 8192")
        least = number(before["buffers_backend"]) + blocks
        eventually(lambda: number(one(watcher, "stat_bgwriter")["buffers_backend"]) >= least, 5)


@pytest.mark.parametrize("choose", [min, max])
def test_restartpoints_count_as_checkpoints_as_they_always_did(
    choose: Callable[[list[int]], int], local_majors: list[int]
) -> None:
    with closing(launch(choose(local_majors))) as primary, primary.standby().connect() as standby:
        asked = number(one(standby, "stat_bgwriter")["checkpoints_req"]) + 1
        run(standby, "checkpoint")
        eventually(lambda: number(one(standby, "stat_bgwriter")["checkpoints_req"]) >= asked, 5)


@pytest.mark.since(17)
def test_the_checkpointer_has_the_rows_and_values_of_its_view(server: Server) -> None:
    names = [name for name in QUERIES["stat_checkpointer"].columns if name != "stats_reset"]
    with server.connect() as connection:
        (row,) = collect(connection, "stat_checkpointer")
        columns = ", ".join(f"{name}::text" for name in names)
        (view,) = fetch(connection, f"select {columns} from pg_stat_checkpointer")
    assert [number(row[name]) for name in names] == [float(value) for value in view]


def test_wal_is_what_is_in_its_directory(server: Server) -> None:
    with server.connect() as connection:
        (row,) = collect(connection, "wal")
        ((segment,),) = fetch(
            connection, "select setting::int8 from pg_settings where name = 'wal_segment_size'"
        )
    assert number(row["segments"]) >= 1
    assert number(row["size"]) == number(row["segments"]) * segment


def test_the_number_of_a_node_may_be_of_any_length(newest: Server) -> None:
    node = "9" * 40
    with newest.connect() as connection:
        run(
            connection,
            "create temp table pg_stat_wal_receiver as select * from pg_stat_wal_receiver;\n"
            f"insert into pg_temp.pg_stat_wal_receiver (slot_name) values ('repmgr_slot_{node}')",
        )
        (row,) = collect(connection, "stat_wal_receiver")
    assert row["upstream_node"] == node


def test_nothing_archived_has_no_age(victim: Server) -> None:
    with victim.connect() as connection:
        (row,) = collect(connection, "stat_archiver")
    assert row == {"archived_count": "0", "failed_count": "0", "age": None, "failing": "0"}


@pytest.mark.parametrize(
    ("archived", "failed", "failing"),
    [(None, "now()", "1"), ("now()", None, "0"), ("now()", "now() - '1 s'::interval", "0")],
)
def test_archiving_fails_while_its_last_attempt_failed(
    victim: Server, archived: str | None, failed: str | None, failing: str
) -> None:
    victim.configure(archive_mode="on")
    victim.restart()
    with victim.connect() as connection:
        run(
            connection,
            "create temp table pg_stat_archiver as select 3 as archived_count, 2 as failed_count, "
            f"({archived or 'null'})::timestamptz as last_archived_time, "
            f"({failed or 'null'})::timestamptz as last_failed_time",
        )
        (row,) = collect(connection, "stat_archiver")
    assert row["failing"] == failing


def test_who_archives_no_more_does_not_fail(newest: Server) -> None:
    with newest.connect() as connection:
        run(
            connection,
            "create temp table pg_stat_archiver as select 0 as archived_count, 1 as failed_count, "
            "null::timestamptz as last_archived_time, now() as last_failed_time",
        )
        (row,) = collect(connection, "stat_archiver")
    assert row["failing"] == "0"


def test_roles_have_their_limits(server: Server) -> None:
    with made_role(server, "connection limit 7") as dsn, server.connect() as connection:
        name = conninfo_to_dict(dsn)["user"]
        assert one(connection, "roles", rolname=str(name))["rolconnlimit"] == "7"
        assert one(connection, "roles", rolname="pg_monitor")["rolconnlimit"] == "-1"


def test_wraparound_is_the_age_of_the_oldest_transaction(database: Database) -> None:
    with database.connect() as connection:
        row = one(connection, "database_wraparound", datname=database.name)
        names = {r["datname"] for r in collect(connection, "database_wraparound")}
        ((age,),) = fetch(
            connection,
            f"select age(datfrozenxid) from pg_database where datname = '{database.name}'",
        )
    assert number(row["xid_age"]) == age
    assert "template0" not in names


def test_idle_sessions_are_counted_up_to_each_bound(database: Database) -> None:
    with database.connect(application_name="resting"), database.connect() as watcher:
        time.sleep(1.6)
        row = one(watcher, "process_idle", application_name="resting")
    assert row["bounds"] == "{1,2,5,15,30,60,90,120,300}"
    assert row["buckets"] == "{0,1,1,1,1,1,1,1,1}"
    assert (row["total"], row["sessions"]) == ("2", "1")


def test_open_transactions_are_counted_however_young(database: Database) -> None:
    with database.connect() as opener, database.connect() as watcher:
        run(opener, "begin;\nselect 1")
        (row,) = collect(watcher, "long_running_transactions")
        run(opener, "rollback")
    assert number(row["transactions"]) >= 1
    assert number(row["oldest"]) > 0


def test_the_slowest_statements_come_without_their_texts(zoo: Database) -> None:
    with zoo.connect() as connection:
        run(connection, "select pg_stat_statements_reset()")
        run(connection, "select pg_sleep(0.05);\nselect 1;\nselect 1, 2;\nselect 1, 2, 3")
        found = collect(connection, "stat_statements")
    mine = [row for row in found if row["datname"] == zoo.name]
    assert (mine[0]["user"], mine[0]["calls"], mine[0]["rows"]) == ("postgres", "1", "1")
    assert 0.05 <= number(mine[0]["seconds"]) < 1
    assert [number(r["seconds"]) for r in found] == sorted(
        (number(r["seconds"]) for r in found), reverse=True
    )
    assert {"query"} & set(mine[0]) == set()


def test_blocks_of_an_index_are_those_of_the_view(zoo: Database) -> None:
    with zoo.connect() as connection:
        rows = collect(connection, "statio_user_indexes")
        view = fetch(connection, "select count(*) from pg_statio_user_indexes")
    assert len(rows) == view[0][0]
