"""The look at the catalogs on real servers: what it sees, what it leaves alone, and what comes of it."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from pgvitals.changes import look
from pgvitals.config import Config, InstanceConfig, Loaded
from pgvitals.deadline import Deadlines
from pgvitals.instance import Instance
from pgvitals.sample import Cell
from pgvitals.session import Session
from support import servers
from support.daemon import until
from support.servers import Server
from unit.material import read

Connection = psycopg.Connection[Any]

SHOP = """
create table customer (id int primary key, name text, notes text);
create table purchase (id int primary key, customer int not null references customer);
create index on purchase (customer);
create table history (at int, what text) partition by range (at);
create table history_new (at int, what text);
create table loose (n int);
alter table customer enable row level security;
create policy own on customer using (id > 0);
grant select on customer to anon;
grant select (name) on customer to staff;
create view names as select name from customer;
create materialized view copy as select id, notes from customer;
create unique index on copy (id);
create function total() returns int language sql as 'select 1';
create schema other;
insert into customer select n, 'c' || n, repeat(md5(n::text), 300) from generate_series(1, 100) n;
refresh materialized view copy;
analyze
"""
ROLES = """
create role anon;
create role staff;
create role boss;
create role bare login password 'secret'
"""


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A private server of each major: its roles are changed."""
    with closing(servers.launch(request.param) if request.param else servers.no_server()) as own:
        with own.connect() as connection:
            execute(connection, ROLES)
        yield own


@pytest.fixture(scope="module")
def shop(server: Server) -> str:
    """The name of a database with something of everything in it."""
    name = server.create_database("shop")
    with server.connect(name) as connection:
        execute(connection, SHOP)
    return name


@pytest.fixture
def owner(server: Server, shop: str) -> Iterator[Connection]:
    """A session of who may change everything."""
    with server.connect(shop) as connection:
        yield connection


@pytest.fixture(scope="module")
def guest(server: Server, shop: str) -> Iterator[Session]:
    """A session of a role that may do nothing."""
    with psycopg.connect(server.dsn(shop, "bare", "secret"), autocommit=True) as connection:
        yield Session(connection)


def execute(connection: Connection, statements: str) -> None:
    for each in statements.split(";\n"):
        connection.execute(each.encode())


def fingerprint(session: Session) -> Cell:
    statement = look().statement(13)
    assert statement
    [(found,)] = [row for chunk in session.read(statement, 5) for row in chunk.rows()]
    return found


CHANGES = {
    "row level security off": (
        "alter table customer disable row level security",
        "alter table customer enable row level security",
    ),
    "forced": (
        "alter table customer force row level security",
        "alter table customer no force row level security",
    ),
    "grant": ("grant select on loose to anon", "revoke all on loose from anon"),
    "grant to all": ("grant select on loose to public", "revoke all on loose from public"),
    "column grant": ("grant select (n) on loose to anon", "revoke select (n) on loose from anon"),
    "more of a column": (
        "grant update (name) on customer to staff",
        "revoke update (name) on customer from staff",
    ),
    "owner": ("alter table loose owner to boss", "alter table loose owner to postgres"),
    "table": ("create table new (n int)", "drop table new"),
    "table renamed": ("alter table loose rename to lost", "alter table lost rename to loose"),
    "table moved": (
        "alter table loose set schema other",
        "alter table other.loose set schema public",
    ),
    "schema renamed": (
        "alter schema other rename to another",
        "alter schema another rename to other",
    ),
    "schema of functions": (
        "alter function total() set schema other",
        "alter function other.total() set schema public",
    ),
    "index dropped": (
        "drop index purchase_customer_idx",
        "create index purchase_customer_idx on purchase (customer)",
    ),
    "index concurrently": (
        "create index concurrently soon on loose (n)",
        "drop index concurrently soon",
    ),
    "primary key dropped": (
        "alter table purchase drop constraint purchase_pkey",
        "alter table purchase add primary key (id)",
    ),
    "primary key of an index": (
        "create unique index made on history_new (at);\n"
        "alter table history_new add constraint made primary key using index made",
        "alter table history_new drop constraint made;\nalter table history_new alter at drop not null",
    ),
    "foreign key": (
        "alter table loose add constraint known foreign key (n) references customer not valid",
        "alter table loose drop constraint known",
    ),
    "partition": (
        "alter table history attach partition history_new for values from (0) to (9)",
        "alter table history detach partition history_new",
    ),
    "policy dropped": (
        "drop policy own on customer",
        "create policy own on customer using (id > 0)",
    ),
    "policy altered": (
        "alter policy own on customer using (true)",
        "alter policy own on customer using (id > 0)",
    ),
    "policy of others": (
        "alter policy own on customer to anon",
        "alter policy own on customer to public",
    ),
    "null in a guarded table": (
        "alter table customer alter name set not null",
        "alter table customer alter name drop not null",
    ),
    "view replaced": (
        "create or replace view names as select notes as name from customer",
        "create or replace view names as select name from customer",
    ),
    "view's option": (
        "alter view names set (security_barrier = true)",
        "alter view names reset (security_barrier)",
    ),
    "function's rights": (
        "alter function total() security definer",
        "alter function total() security invoker",
    ),
    "function's path": (
        "alter function total() set search_path = ''",
        "alter function total() reset search_path",
    ),
    "function's grant": (
        "revoke execute on function total() from public",
        "grant execute on function total() to public",
    ),
    "bypassrls": ("alter role staff bypassrls", "alter role staff nobypassrls"),
    "login": ("alter role staff login", "alter role staff nologin"),
    "role renamed": ("alter role staff rename to crew", "alter role crew rename to staff"),
    "membership": ("grant boss to anon", "revoke boss from anon"),
    "role's setting": (
        "alter role staff set pgrst.db_schemas = 'other'",
        "alter role staff reset pgrst.db_schemas",
    ),
    "role's setting here": (
        "alter role staff in database shop set pgrst.db_schemas = 'other'",
        "alter role staff in database shop reset pgrst.db_schemas",
    ),
    "table of an extension": (
        "alter extension plpgsql add table loose",
        "alter extension plpgsql drop table loose",
    ),
}
"""DDL that decides what targets say, and what takes it back."""


@pytest.mark.parametrize("change", CHANGES)
def test_ddl_gives_another_fingerprint(owner: Connection, guest: Session, change: str) -> None:
    before = fingerprint(guest)
    there, back = CHANGES[change]
    execute(owner, there)
    changed = fingerprint(guest)
    execute(owner, back)
    after = fingerprint(guest)
    assert before != changed != after


NO_CHANGES = {
    "rows": "insert into loose values (1);\nupdate customer set name = 'x';\ndelete from loose",
    "analyze": "analyze",
    "vacuum": "vacuum",
    "freezing": "vacuum (freeze, analyze)",
    "catalogs frozen": "vacuum full pg_policy;\nvacuum full pg_proc;\nvacuum full pg_rewrite",
    "truncate": "truncate loose",
    "refresh": "refresh materialized view copy;\nrefresh materialized view concurrently copy",
    "cluster": "cluster purchase using purchase_pkey",
    "vacuum full": "vacuum full customer",
    "reindex": "reindex table purchase",
    "sequence": "create sequence numbers;\ndrop sequence numbers",
    "temporary": "create temp table t (id int primary key, name text, parent int references t);\n"
    "create index on t (parent);\ngrant select (name) on t to anon;\n"
    "create temp view v as select * from t;\n"
    "create function pg_temp.f() returns int language sql as 'select 1'",
    "database of others": "create database more;\nalter database more set work_mem = '8MB';\n"
    "drop database more",
}
"""What says nothing about the promises, and may be frequent."""


@pytest.mark.parametrize("change", NO_CHANGES)
def test_what_is_no_such_change_gives_the_same(
    owner: Connection, guest: Session, change: str
) -> None:
    before = fingerprint(guest)
    execute(owner, NO_CHANGES[change])
    assert fingerprint(guest) == before


def test_no_session_that_ends_changes_it(server: Server, shop: str, guest: Session) -> None:
    before = fingerprint(guest)
    with server.connect(shop) as visitor:
        execute(visitor, NO_CHANGES["temporary"])
    assert fingerprint(guest) == before


def test_an_index_that_becomes_valid_in_place_is_seen(
    server: Server, shop: str, owner: Connection, guest: Session
) -> None:
    """Before 14 its row in pg_index keeps its xmin then."""
    invalid = "select from pg_index where indexrelid = to_regclass('slow') and indisready and not indisvalid"
    with server.connect(shop, autocommit=False) as reader:
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select 1 from pg_class")  # its snapshot is waited for
        making = threading.Thread(
            target=execute, args=(owner, "create index concurrently slow on loose (n)")
        )
        making.start()
        until(lambda: guest.connection.execute(invalid).rowcount or None, 20, "build the index")
        guest.connection.rollback()
        before = fingerprint(guest)
    making.join()
    after = fingerprint(guest)
    execute(owner, "drop index slow")
    assert before != after


def test_everyone_sees_the_same(server: Server, shop: str, guest: Session) -> None:
    with psycopg.connect(server.dsn(shop), autocommit=True) as connection:
        assert fingerprint(Session(connection)) == fingerprint(guest)


def test_locked_tables_are_not_waited_for(server: Server, shop: str, guest: Session) -> None:
    before = fingerprint(guest)
    with server.connect(shop, autocommit=False) as other:
        other.execute("lock table customer, purchase, names in access exclusive mode")
        assert fingerprint(guest) == before


def test_a_database_without_anything_has_one(server: Server) -> None:
    name = server.create_database()
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        assert fingerprint(Session(connection))


# What comes of it


@pytest.fixture
def instance(server: Server, shop: str) -> Iterator[Instance]:
    """An instance that has assessed everything, and has nothing to do."""
    config = InstanceConfig(dsn=server.dsn(shop, "bare", "secret"))
    made = Instance("main", config, {}, Deadlines(), Config().agenda_of(config, Loaded({})))
    made.beat()
    work(made)
    yield made
    made.close()


def work(instance: Instance) -> None:
    """Visit until nothing is due."""
    while instance.visit() == 0:
        pass


def a_minute_later(instance: Instance) -> None:
    """As if the time for the next look had come."""
    [one] = instance.bound.changes
    one.due = time.monotonic()
    work(instance)


def said(instance: Instance, target: str) -> tuple[str, float]:
    """The state and the value of a target."""
    samples = read(b"".join(instance.edition(time.monotonic()).buffers))
    states = samples["pgvitals_target_state"]
    [state] = [labels[-1] for labels, is_ in states.items() if is_ and target in labels]
    values = samples["pgvitals_target_value"]
    [value] = [value for labels, value in values.items() if target in labels]
    return state, value


FAULTS = {
    "rls_coverage": "row level security off",
    "auth_bypass": "policy altered",
    "fk_indexed": "index dropped",
    "primary_keys": "primary key dropped",
}


def test_a_look_is_accounted_for_like_every_task(instance: Instance) -> None:
    assert instance.ready
    told = read(b"".join(instance.edition(time.monotonic()).buffers))
    outcomes = told["pgvitals_collector_outcome"]
    assert ("catalog_changes", "shop", "success", "") in outcomes
    assert instance.lag(time.monotonic()) == 0


def test_without_a_change_nothing_is_assessed_again(instance: Instance, owner: Connection) -> None:
    before = [one.status for one in instance.bound.assessments]
    execute(owner, NO_CHANGES["temporary"])
    a_minute_later(instance)
    assert [one.status for one in instance.bound.assessments] == before


def test_after_a_change_what_it_concerns_is_assessed_again_and_only_that(
    instance: Instance, owner: Connection
) -> None:
    before = {one.query.id: one.status for one in instance.bound.assessments}
    execute(owner, "create table new (n int);\ndrop table new")
    a_minute_later(instance)
    execute(owner, "create table new (n int)")
    a_minute_later(instance)
    execute(owner, "drop table new")
    again = {
        one.query.id for one in instance.bound.assessments if one.status != before[one.query.id]
    }
    assert again == FAULTS.keys()


@pytest.mark.parametrize("target", FAULTS)
def test_a_fault_is_seen_at_the_next_look_and_so_is_its_end(
    instance: Instance, owner: Connection, target: str
) -> None:
    there, back = CHANGES[FAULTS[target]]
    before = said(instance, target)
    execute(owner, there)
    a_minute_later(instance)
    state, value = said(instance, target)
    execute(owner, back)
    a_minute_later(instance)
    assert (state, value != before[1]) == ("unmet", True)
    assert said(instance, target) == before
