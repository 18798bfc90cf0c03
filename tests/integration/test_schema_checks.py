"""What the queries about a schema say of objects made to fool them, on private servers: they make roles."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import make_conninfo

from pgvitals import catalogue, exposition
from pgvitals.collector import Collector
from pgvitals.session import Session
from support import servers
from support.servers import Database, Server

Connection = psycopg.Connection[Any]
Values = dict[Any, float]
"""By the values of their labels: of one label its value, of several a tuple."""

QUERIES = ["api_grants", "auth", "constraints", "dynamic_sql", "policies"]
BY_SCHEMA = [name for name in QUERIES if name != "auth"]
SCOPE = catalogue.shipped_directory() / "targets" / "scope.sql"


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A private server of each major, with three roles more."""
    with closing(servers.launch(request.param) if request.param else servers.no_server()) as own:
        with own.connect() as connection:
            connection.execute("create role watcher login password 'w' in role pg_monitor")
            connection.execute("create role nobody login password 'n'")
            connection.execute("create role passes_all bypassrls")
        yield own


@pytest.fixture
def api(server: Server) -> Iterator[None]:
    """The API's roles, and a group of anon's."""
    roles = "anon, authenticated, service_role, of_anon"
    with server.connect() as connection:
        connection.execute(
            "create role anon; create role authenticated; create role service_role bypassrls;"
            " create role of_anon; grant of_anon to anon"
        )
        yield
        connection.execute(f"drop role {roles}".encode())


@pytest.fixture
def supabase(api: None, database: Database) -> Iterator[Connection]:
    """A session in a database in which Supabase's roles mean something."""
    with database.connect() as connection:
        yield connection


@pytest.fixture
def plain(database: Database) -> Iterator[Connection]:
    """A session in a database on a server without such roles."""
    with database.connect() as connection:
        yield connection


def run(connection: Connection, statements: str) -> None:
    """Execute statements one after another, each on its own."""
    for each in statements.split(";\n"):
        connection.execute(each.encode())


def read(connection: Connection, name: str) -> dict[str, Values]:
    """What Prometheus would read: the values by family, and by their labels without the database's."""
    collector = Collector(catalogue.shipped()[name], connection.info.dbname)
    session = Session(connection)
    outcome = collector.run(session, session.read_facts((), 5), 5)
    assert outcome.kind == "success", outcome
    status = collector.status
    assert (status.dropped, status.duplicates) == (0, 0)
    found: dict[str, Values] = {}
    for family in text_string_to_metric_families(
        b"".join(exposition.page([[status.block]])).decode()
    ):
        for sample in family.samples:
            assert sample.labels.pop("datname") == connection.info.dbname
            values = tuple(value for _, value in sorted(sample.labels.items()) if value)
            key = values[0] if len(values) == 1 else values
            found.setdefault(sample.name, {})[key] = sample.value
    return found


def some(values: Values) -> Values:
    """Those that are not zero."""
    return {labels: value for labels, value in values.items() if value}


# All of them

EVERYTHING = """
create schema "Mixed ""Schema";
create table "Mixed ""Schema"."Table" (id int primary key, other int check (other > 0));
create table referring (id int references "Mixed ""Schema"."Table");
create policy p on referring to service_role using (id > 0);
create policy q on referring for select using (current_user = 'service_role');
grant select on referring to anon;
grant update (id) on referring to public;
create schema auth;
create table auth.users (id int primary key);
insert into auth.users select generate_series(1, 7);
analyze auth.users;
create function auth.uid() returns int language sql as 'select 1';
create function run(text) returns void language plpgsql as 'begin execute $1 || $1; end'
"""


@pytest.mark.parametrize("role", ["watcher", "nobody"])
@pytest.mark.parametrize("name", QUERIES)
def test_nobody_needs_a_privilege(name: str, role: str, supabase: Connection) -> None:
    run(supabase, EVERYTHING)
    seen = read(supabase, name)
    assert any(some(values) for values in seen.values())
    server_dsn = make_conninfo(supabase.info.dsn, user=role, password=role[0])
    with psycopg.connect(server_dsn, autocommit=True) as other:
        assert read(other, name) == seen


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_waits_for_what_is_locked(
    name: str, supabase: Connection, database: Database
) -> None:
    run(supabase, EVERYTHING)
    seen = read(supabase, name)
    locked = 'referring, "Mixed ""Schema"."Table", auth.users'
    with database.connect() as holder, holder.transaction(force_rollback=True):
        run(holder, f"lock table {locked} in access exclusive mode;\ndrop function run(text)")
        assert read(supabase, name) == seen


@pytest.mark.parametrize("name", BY_SCHEMA)
def test_a_schema_has_its_zeros_and_managed_ones_have_nothing(name: str, plain: Connection) -> None:
    run(plain, 'create schema "Mixed ""Schema";\ncreate schema auth;\ncreate schema _timescaledb_x')
    found = read(plain, name)
    assert set(found) == set(catalogue.shipped()[name].metrics)
    for values in found.values():
        assert set(values.values()) == {0}
        words = {word for key in values for word in ([key] if isinstance(key, str) else key)}
        assert {"public", 'Mixed "Schema'} <= words
        assert not words & {"auth", "_timescaledb_x", "pg_catalog", "information_schema"}


@pytest.mark.parametrize("name", BY_SCHEMA)
def test_managed_schemas_are_those_of_the_targets(name: str) -> None:
    listed = re.compile(r"nspname not in \(([^)]*)\)", re.DOTALL)
    theirs = listed.search(SCOPE.read_text("utf-8"))
    ours = listed.search(catalogue.shipped()[name].statement(18) or "")
    assert theirs
    assert ours
    assert ours[1].replace("\n", " ").split() == theirs[1].replace("\n", " ").split()


# Supabase's schema auth

FUNCTIONS = """
create function auth.uid() returns uuid language sql as 'select null::uuid';
create function auth.role(text default '') returns text language sql as 'select $1';
create function auth.email(text) returns text language sql as 'select $1';
create aggregate auth.jwt(*) (sfunc = int8inc, stype = int8, initcond = '0')
"""


def test_a_database_that_is_not_supabase_has_nothing_to_say(
    database: Database, server: Server
) -> None:
    with database.connect() as connection:
        assert read(connection, "auth") == {}
        run(connection, "create schema auth;\ncreate table auth.users (id int)")
        assert read(connection, "auth") == {}, "a schema that happens to be called so"


def test_another_database_of_a_supabase_server_has_nothing_to_say(supabase: Connection) -> None:
    assert read(supabase, "auth") == {}


def test_what_a_supabase_database_lacks_is_zero(supabase: Connection) -> None:
    run(supabase, "create schema storage")
    objects = ["auth", "auth.users", "auth.uid()", "auth.role()", "auth.email()", "auth.jwt()"]
    assert read(supabase, "auth") == {"pg_supabase_auth_present": dict.fromkeys(objects, 0)}


def test_only_what_can_be_called_without_an_argument_is_present(supabase: Connection) -> None:
    run(supabase, "create schema auth;\ncreate view auth.users as select 1" + ";" + FUNCTIONS)
    assert some(read(supabase, "auth")["pg_supabase_auth_present"]) == dict.fromkeys(
        ["auth", "auth.uid()", "auth.role()"], 1
    )


def test_users_are_unknown_until_they_are_estimated(supabase: Connection) -> None:
    family = "pg_supabase_auth_users_estimated"
    run(supabase, "create schema auth;\ncreate table auth.users (id int)")
    assert family not in read(supabase, "auth")
    run(supabase, "insert into auth.users select generate_series(1, 5)")
    assert family not in read(supabase, "auth")
    run(supabase, "analyze auth.users")
    assert list(read(supabase, "auth")[family].values()) == [5]
    run(supabase, "delete from auth.users;\nvacuum auth.users")
    known = supabase.info.server_version >= 140_000
    assert list(read(supabase, "auth").get(family, {}).values()) == [0.0] * known, "13 cannot tell"


# Policies

POLICIES = """
create table t (a int, b text);
create policy p1 on t using (true);
create policy p2 on t for select to anon using (b = 'service');
create policy p3 on t as restrictive for insert to authenticated with check (a > 0);
create policy p4 on t for update to anon, service_role using (true);
create policy p5 on t for delete to passes_all using (true);
create policy p6 on t using (current_setting('role') = 'service_role');
create policy p7 on t for insert with check (b = 'x' or current_user = 'service_role');
create policy p8 on t using ('{"role":"service_role"}'::jsonb @> to_jsonb(b));
create schema "Odd";
create table "Odd".part (a int) partition by list (a);
create table "Odd".part_1 partition of "Odd".part for values in (1);
create policy p on "Odd".part for select using (true);
create policy p on "Odd".part_1 as restrictive using (true);
create table of_extension (a int);
create policy p on of_extension using (true);
alter extension plpgsql add table of_extension;
create temp table passing (a int);
create policy p on passing using (true);
create schema storage;
create table storage.objects (a int);
create policy p on storage.objects to service_role using (true)
"""


def test_policies_by_command_and_kind(supabase: Connection) -> None:
    run(supabase, POLICIES)
    found = read(supabase, "policies")
    assert some(found["pg_policies"]) == {
        ("all", "permissive", "public"): 3,
        ("select", "permissive", "public"): 1,
        ("insert", "restrictive", "public"): 1,
        ("insert", "permissive", "public"): 1,
        ("update", "permissive", "public"): 1,
        ("delete", "permissive", "public"): 1,
        ("select", "permissive", "Odd"): 1,
        ("all", "restrictive", "Odd"): 1,
    }
    assert len(found["pg_policies"]) == 2 * 5 * 2, "with the zeros"


def test_policies_that_name_who_bypasses_them(supabase: Connection) -> None:
    run(supabase, POLICIES)
    assert read(supabase, "policies")["pg_policies_naming_bypass_role"] == {"public": 5, "Odd": 0}


# Grants

GRANTS = """
create table none (a int);
create table "Direct" (a int);
grant select, insert on "Direct" to anon;
grant select on "Direct" to authenticated with grant option;
create table by_group (a int);
grant delete on by_group to of_anon;
create table by_public (a int);
grant truncate on by_public to public;
create table by_owner (a int);
alter table by_owner owner to of_anon;
create table by_column (a int, b int, c int);
grant select (a), update (a, b) on by_column to anon;
grant update on by_column to anon;
grant references (c) on by_column to public;
create table by_dropped (a int, b int);
grant select (a) on by_dropped to anon;
alter table by_dropped drop column a;
create view seen as select 1 as a;
create materialized view stored as select 1 as a;
create foreign data wrapper nowhere;
create server nowhere foreign data wrapper nowhere;
create foreign table far (a int) server nowhere;
grant select on seen, stored, far to authenticated;
create sequence counted;
grant select on counted to anon;
create table part (a int) partition by list (a);
create table part_1 partition of part for values in (1);
grant trigger on part_1 to anon;
create table of_extension (a int);
grant all on of_extension to public;
alter extension plpgsql add table of_extension;
create temp table passing (a int);
grant all on passing to public;
create schema auth;
create table auth.users (a int);
grant all on auth.users to anon
"""


def test_privileges_of_the_roles_of_the_api(supabase: Connection) -> None:
    run(supabase, GRANTS)
    found = some(read(supabase, "api_grants")["pg_granted_relations"])
    owner = {"maintain"} if supabase.info.server_version >= 170_000 else set()
    anon = {
        "select": 3,
        "insert": 2,
        "update": 2,
        "delete": 2,
        "truncate": 2,
        "references": 2,
        "trigger": 2,
    }
    assert found == {
        **{(privilege, "anon", "public"): count for privilege, count in anon.items()},
        **{(privilege, "anon", "public"): 1 for privilege in owner},
        ("select", "authenticated", "public"): 4,
        ("truncate", "authenticated", "public"): 1,
        ("references", "authenticated", "public"): 1,
        ("truncate", "public", "public"): 1,
        ("references", "public", "public"): 1,
    }  # fmt: skip


def test_privileges_are_those_that_the_server_grants(supabase: Connection) -> None:
    run(supabase, GRANTS)
    found = read(supabase, "api_grants")["pg_granted_relations"]
    for (privilege, role, _), count in found.items():
        if role != "public":
            ways = [f"has_table_privilege('{role}', oid, '{privilege}')"]
            if privilege in ("select", "insert", "update", "references"):
                ways.append(f"has_any_column_privilege('{role}', oid, '{privilege}')")
            holds = (
                "select count(*) from pg_class where relkind in ('r', 'p', 'v', 'm', 'f')"
                " and relnamespace = 'public'::regnamespace and relname <> 'of_extension'"
                f" and ({' or '.join(ways)})"
            )
            assert supabase.execute(holds.encode()).fetchone() == (count,), (role, privilege)


@pytest.mark.since(14)
def test_roles_that_may_read_or_write_everything(supabase: Connection) -> None:
    run(supabase, "create table a (a int);\ncreate table b (a int);\ngrant select on a to anon")
    run(supabase, "grant pg_read_all_data to of_anon;\ngrant pg_write_all_data to authenticated")
    assert some(read(supabase, "api_grants")["pg_granted_relations"]) == {
        ("select", "anon", "public"): 2,
        **{(p, "authenticated", "public"): 2 for p in ("insert", "update", "delete")},
    }


def test_without_roles_of_an_api_there_is_everyone(plain: Connection) -> None:
    run(plain, "create table t (a int);\ngrant select on t to public")
    found = read(plain, "api_grants")["pg_granted_relations"]
    assert {labels[1] for labels in found} == {"public"}
    assert some(found) == {("select", "public", "public"): 1}


# Constraints

CONSTRAINTS = """
create table target (id int primary key, code int unique, a int, b int, unique (a, b));
create table nothing (a int);
create table by_index (a int, b int);
create unique index on by_index (a) where b > 0;
create table by_broken_index (a int);
create unique index broken on by_broken_index (a);
update pg_index set indisvalid = false where indexrelid = 'broken'::regclass;
create table by_plain_index (a int);
create index on by_plain_index (a);
create table parent (a int check (a > 0));
create table child (b int primary key, check (b > 1)) inherits (parent);
alter table parent add constraint later check (a < 9) not valid;
create table part (a int not null check (a > 0), target int references target) partition by list (a);
create table part_1 partition of part for values in (1);
create table part_2 partition of part for values in (2);
create table one (x int primary key, y int, z int not null, n int);
alter table one add constraint fk foreign key (y) references target;
alter table one add constraint fk_2 foreign key (y) references target (code);
alter table one add constraint fk_3 foreign key (z) references target on delete cascade;
alter table one add constraint fk_4 foreign key (x, n) references target (a, b);
create schema other;
create table other.one (y int not null constraint fk references target);
create domain positive as int check (value > 0);
create domain filled as int not null;
create table other.typed (a positive, b filled references target);
create foreign data wrapper nowhere;
create server nowhere foreign data wrapper nowhere;
create foreign table far (a int check (a > 0)) server nowhere;
create table of_extension (a int check (a > 0), b int references target);
alter extension plpgsql add table of_extension;
create temp table passing (a int check (a > 0));
create schema auth;
create table auth.users (a int check (a > 0), b int references target)
"""


def test_constraints_of_each_schema(plain: Connection) -> None:
    run(plain, CONSTRAINTS)
    assert read(plain, "constraints") == {
        # parent, parent and child, part; not their children, domains or foreign tables.
        "pg_check_constraints": {"public": 4, "other": 0},
        "pg_check_constraints_not_validated": {"public": 1, "other": 0},
        # nothing, by_broken_index, by_plain_index, parent and part; both of other.
        "pg_tables_without_unique": {"public": 5, "other": 2},
        # child and one.
        "pg_tables_with_only_primary_key_unique": {"public": 2, "other": 0},
        # part.target, one.x, y, z and n; one.y and typed.b.
        "pg_foreign_key_columns": {"public": 5, "other": 2},
        # part.target, one.y and one.n; typed.b, whose domain does not keep null out.
        "pg_foreign_key_columns_nullable": {"public": 3, "other": 1},
    }


@pytest.mark.since(18)
def test_constraints_that_only_say_so(plain: Connection) -> None:
    run(
        plain,
        "create table target (id int primary key);\n"
        "create table t (a int check (a > 0) not enforced, b int references target, c int);\n"
        "alter table t add constraint filled not null b not valid;\n"
        "alter table t add constraint also not null c not valid;\n"
        "create table period (id int4range, at tsrange, primary key (id, at without overlaps))",
    )
    found = {family: values["public"] for family, values in read(plain, "constraints").items()}
    assert found == {
        "pg_check_constraints": 1,
        "pg_check_constraints_not_validated": 1,
        "pg_tables_without_unique": 1,
        "pg_tables_with_only_primary_key_unique": 2,
        "pg_foreign_key_columns": 1,
        "pg_foreign_key_columns_nullable": 1,
    }
    run(plain, "alter table t validate constraint filled")
    assert read(plain, "constraints")["pg_foreign_key_columns_nullable"]["public"] == 0


# Dynamic SQL

DYNAMIC = {
    "lower": "execute 'select ' || a;",
    "upper": "EXECUTE\n  a || 'x';",
    "apart": "a := 'select ' || a; execute a;",
    "loop": "for r in execute a || '' loop null; end loop;",
}
SAFE = {
    "format": "execute format('select %I || 1', a);",
    "dollars": "execute $q$select 1$q$ using a;",
    "trigger": "execute 'create trigger t before insert on t execute function f()';",
    "line": "a := a; -- a || b\n execute a; /* a || b */",
    "escape": r"a := E'it\'s ||'; execute a;",
}
NONE = {
    "comment": "-- execute a || b\n a := a || 'x';",
    "block": "/* we * do not execute ** a || b */ a := a || 'x';",
    "two_blocks": "/* a */ a := a || 'x'; /* execute */",
    "text": "a := 'execute ' || a || 'it''s execute';",
    "named": 'select "execute" into a from (select 1 as "execute") e;',
    "longer": "perform execute_all(); perform executed; a := a || 'x';",
    "grant": "grant execute on function f() to public;",
    "revoke": "revoke EXECUTE  ON all functions in schema public from public;",
    "trigger_1": "create trigger t before insert on t for each row execute function f();",
    "trigger_2": "create trigger t before insert on t for each row EXECUTE\n PROCEDURE f();",
}


def define(connection: Connection, schema: str, name: str, code: str) -> None:
    head = f'create function "{schema}"."{name}"(a text) returns void language plpgsql'
    connection.execute(f"{head} as $body$declare r record; begin {code} end$body$".encode())


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        *(pytest.param(code, (1, 1), id=name) for name, code in DYNAMIC.items()),
        *(pytest.param(code, (1, 0), id=name) for name, code in SAFE.items()),
        *(pytest.param(code, (0, 0), id=name) for name, code in NONE.items()),
    ],
)
def test_dynamic_sql(code: str, counts: tuple[int, int], plain: Connection) -> None:
    run(plain, "set check_function_bodies = off")
    define(plain, "public", "f", code)
    found = read(plain, "dynamic_sql")
    dynamic = found["pg_functions_dynamic_sql_estimated"]["public"]
    assert (dynamic, found["pg_functions_dynamic_sql_concatenating_estimated"]["public"]) == counts


def test_dynamic_sql_of_each_schema(plain: Connection) -> None:
    code = DYNAMIC["lower"]
    run(plain, 'create schema "Odd";\ncreate schema auth')
    define(plain, "Odd", "One", code)
    define(plain, "Odd", "two", SAFE["format"])
    define(plain, "auth", "managed", code)
    define(plain, "public", "of_extension", code)
    define(plain, "pg_temp", "passing", code)
    run(
        plain,
        "alter extension plpgsql add function of_extension(text);\n"
        f"create procedure called(a text) language plpgsql as $body$begin {code} end$body$;\n"
        "create function plain() returns text language sql as $$select 'a' || 'b' as execute$$;\n"
        "create aggregate execute(int) (sfunc = int4pl, stype = int)",
    )
    assert read(plain, "dynamic_sql") == {
        "pg_functions_dynamic_sql_estimated": {"public": 1, "Odd": 2},
        "pg_functions_dynamic_sql_concatenating_estimated": {"public": 1, "Odd": 1},
    }
