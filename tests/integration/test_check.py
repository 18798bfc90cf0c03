"""`pgvitals check` and `baseline` as people run them, on plain, empty, standby and faulty databases."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support import servers
from support.servers import Database, Server

IMPLEMENTED = {
    "migration_sequence",
    "rls_coverage",
    "auth_bypass",
    "service_role_audited",
    "sensitive_encrypted",
    "fk_indexed",
    "fk_constraints",
    "not_null_critical",
    "primary_keys",
    "schema_documented",
}
HEALTHY = """
create table customer (id bigint primary key, name text not null);
create table orders (id bigint primary key, customer_id bigint not null references customer);
create index on orders (customer_id);
comment on table customer is 'Who buys.';
comment on column customer.id is 'Its number.';
comment on column customer.name is 'As it stands on letters.';
comment on table orders is 'What was bought.';
comment on column orders.id is 'Its number.';
comment on column orders.customer_id is 'Who bought it.';
"""
FAULTS = {
    "primary_keys": ("create table no_key (n int)", "no_key", ""),
    "fk_indexed": (
        "create table slow (id int primary key, customer_id bigint not null references customer)",
        "slow",
        "slow_customer_id_fkey (customer_id)",
    ),
    "not_null_critical": (
        "create table unsure (id int primary key, customer_id bigint references customer)",
        "unsure",
        "customer_id",
    ),
    "fk_constraints": (
        "create table loose (id int primary key, customer_id bigint not null)",
        "loose",
        "customer_id",
    ),
    "sensitive_encrypted": (
        "create table leak (id int primary key, password text)",
        "leak",
        "password",
    ),
    "schema_documented": ("comment on table customer is null", "customer", ""),
    "migration_sequence": (
        "create table django_migrations (id int primary key, app text, name text, applied date);"
        "insert into django_migrations values (1, 'shop', '0001_a', now()), (2, 'shop', '0003_c', now())",
        "django_migrations",
        "gap in shop: 2",
    ),
}
EXPOSED = {
    "rls_coverage": (
        "create table open (id int primary key); grant select on open to anon",
        "open",
        "",
    ),
    "auth_bypass": (
        "create function leap() returns int language sql security definer as 'select 1'",
        "leap()",
        "definer_function",
    ),
    "service_role_audited": (
        "create table unwatched (id int primary key); grant insert on unwatched to service_role",
        "unwatched",
        "",
    ),
}


def pgvitals(*arguments: str) -> "subprocess.CompletedProcess[str]":
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "DATA_SOURCE_"))}
    command = [sys.executable, "-m", "pgvitals", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=own, timeout=60)


def targets(dsn: str, *arguments: str) -> dict[str, dict[str, Any]]:
    """The entries of implemented targets, of a check that worked."""
    done = pgvitals("check", "--dsn", dsn, "--format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    entries = json.loads(done.stdout)["targets"]
    return {entry["id"]: entry for entry in entries if entry["id"] in IMPLEMENTED}


def stands(found: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    return {name: (entry["state"], entry["reason"]) for name, entry in found.items()}


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A private server of the newest major, without the roles of Supabase at first."""
    with closing(servers.launch()) as server:
        yield server


@pytest.fixture
def shop(own: Server) -> Iterator[Database]:
    made = Database(own, own.create_database())
    with made.connect() as connection:
        connection.execute(HEALTHY)
    yield made
    own.drop_database(made.name)


def test_a_healthy_database_has_nothing_red_by_accident(shop: Database) -> None:
    found = stands(targets(shop.dsn()))
    assert found == {
        "migration_sequence": ("not_evaluated", "nothing_in_scope"),
        "rls_coverage": ("not_evaluated", "not_configured"),
        "auth_bypass": ("not_evaluated", "not_configured"),
        "service_role_audited": ("not_applicable", ""),
        "sensitive_encrypted": ("not_evaluated", "nothing_in_scope"),
        "fk_indexed": ("met", ""),
        "fk_constraints": ("met", ""),
        "not_null_critical": ("met", ""),
        "primary_keys": ("met", ""),
        "schema_documented": ("met", ""),
    }


def test_the_readme_shows_what_is_said_of_a_healthy_database(own: Server) -> None:
    made = Database(own, own.create_database("shop"))
    with made.connect() as connection:
        connection.execute(HEALTHY)
    said = pgvitals("check", "--dsn", made.dsn()).stdout
    own.drop_database(made.name)
    said = re.sub(r" at .*", " at 127.0.0.1:5432", said, count=1)
    assert said in (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_an_empty_database_has_nothing_in_scope(own: Server) -> None:
    empty = Database(own, own.create_database())
    found = stands(targets(empty.dsn()))
    own.drop_database(empty.name)
    about = {name: stand for name, stand in found.items() if stand[1] != "not_configured"}
    assert about.pop("service_role_audited") == ("not_applicable", "")
    assert set(about.values()) == {("not_evaluated", "nothing_in_scope")}
    assert len(about) == 7


def test_a_standby_is_not_asked(own: Server) -> None:
    with closing(own.standby()) as standby:
        assert set(stands(targets(standby.dsn())).values()) == {("not_applicable", "")}


def test_after_a_baseline_exactly_the_new_faults_are_found(shop: Database, tmp_path: Path) -> None:
    with shop.connect() as connection:
        connection.execute("create table known (n int); create table known_too (n int, token text)")
    file, config = tmp_path / "baseline.yaml", tmp_path / "pgvitals.yaml"
    done = pgvitals("baseline", "--dsn", shop.dsn(), "--reason", "from before")
    assert done.returncode == 0, done.stderr
    file.write_text(done.stdout)
    config.write_text(f"exemptions: {file}\n")
    given = ("--config.file", str(config))
    before = targets(shop.dsn(), *given)
    assert sum(entry["findings_total"] for entry in before.values()) == 0
    assert (before["primary_keys"]["state"], before["primary_keys"]["exempted"]) == ("met", 2)
    with shop.connect() as connection:
        for made, _, _ in FAULTS.values():
            connection.execute(made)
    after = targets(shop.dsn(), *given)
    for name, (_, thing, detail) in FAULTS.items():
        found = {(f["object"], f["detail"]) for f in after[name]["findings"]}
        assert (after[name]["state"], (thing, detail) in found) == ("unmet", True), name
        assert not {thing for thing, _ in found} & {"known", "known_too"}


def test_new_faults_of_the_api_are_found(shop: Database, own: Server) -> None:
    with shop.connect() as connection:
        for role in ("anon", "authenticated", "service_role bypassrls"):
            connection.execute(f"create role {role}")
        for made, _, _ in EXPOSED.values():
            connection.execute(made)
        found = targets(shop.dsn())
        connection.execute("drop owned by anon, authenticated, service_role")
        connection.execute("drop role anon, authenticated, service_role")
    for name, (_, thing, detail) in EXPOSED.items():
        assert [(f["object"], f["detail"]) for f in found[name]["findings"]] == [(thing, detail)]


def test_an_api_role_that_may_read_or_write_everything_is_seen(shop: Database, own: Server) -> None:
    with shop.connect() as connection:
        connection.execute("create role anon in role pg_read_all_data")
        connection.execute("create role service_role in role pg_write_all_data")
        found = targets(shop.dsn())
        connection.execute("drop role anon, service_role")
    tables = {"customer", "orders"}
    assert {f["object"] for f in found["rls_coverage"]["findings"]} == tables
    assert {f["object"] for f in found["service_role_audited"]["findings"]} == tables


def test_a_grant_on_a_column_that_is_gone_is_none(shop: Database) -> None:
    with shop.connect() as connection:
        connection.execute("create role anon; alter table orders add note text")
        connection.execute("grant select (note) on orders to anon; alter table orders drop note")
        found = targets(shop.dsn())
        connection.execute("drop owned by anon; drop role anon")
    assert stands(found)["rls_coverage"] == ("not_evaluated", "nothing_in_scope")


def test_nobody_elses_code_is_run(shop: Database) -> None:
    with shop.connect() as connection:
        connection.execute("create role anon; create schema storage")
        connection.execute(
            "create function storage.spring() returns text language plpgsql"
            " as $$ begin raise exception 'sprung'; end $$"
        )
        connection.execute(
            "create view storage.buckets as select storage.spring() as id, true as public"
        )
        found = stands(targets(shop.dsn()))
        connection.execute("drop role anon")
    assert found["auth_bypass"] == ("met", "")


def test_a_key_that_partitions_lack_is_none(shop: Database) -> None:
    with shop.connect() as connection:
        connection.execute("create table parted (n int not null) partition by list (n)")
        connection.execute("create table part partition of parted for values in (1)")
        connection.execute("alter table only parted add primary key (n)")
    [finding] = targets(shop.dsn())["primary_keys"]["findings"]
    assert finding["object"] == "parted"


def test_an_api_role_that_bypasses_row_level_security_is_no_green(shop: Database) -> None:
    with shop.connect() as connection:
        connection.execute("create role anon bypassrls; grant select on orders to anon")
        connection.execute("alter table orders enable row level security")
        found = targets(shop.dsn())
        connection.execute("drop owned by anon; drop role anon")
    assert found["rls_coverage"]["state"] == "unmet"
    assert [f["object"] for f in found["auth_bypass"]["findings"]] == ["anon"]


def test_a_baseline_leaves_out_what_was_not_evaluated(shop: Database) -> None:
    with shop.connect() as connection:
        connection.execute("create role dumper login bypassrls")
        done = pgvitals("baseline", "--dsn", shop.dsn())
        connection.execute("drop role dumper")
    assert (done.returncode, "dumper" in done.stdout) == (0, False)


def test_a_target_named_twice_is_checked_once(shop: Database) -> None:
    twice = ("--target", "primary_keys", "--target", "primary_keys")
    done = pgvitals("check", "--dsn", shop.dsn(), "--format", "json", *twice)
    assert len(json.loads(done.stdout)["targets"]) == 1


def test_it_leaves_with_what_it_found(shop: Database) -> None:
    well = ("check", "--dsn", shop.dsn(), "--target", "primary_keys")
    assert pgvitals(*well).returncode == 0
    assert pgvitals(*well, "--fail-on", "not_evaluated").returncode == 0
    assert pgvitals(*well, "--target", "rls_coverage").returncode == 0
    unsure = pgvitals(*well, "--target", "rls_coverage", "--fail-on", "not_evaluated")
    assert unsure.returncode == 3
    with shop.connect() as connection:
        connection.execute("create table no_key (n int)")
    assert pgvitals(*well).returncode == 1
    assert pgvitals("check", "--dsn", "host=127.0.0.1 port=1").returncode == 2


def test_a_target_that_does_not_exist_is_named(shop: Database) -> None:
    done = pgvitals("check", "--dsn", shop.dsn(), "--target", "primary_key")
    assert done.returncode == 2
    assert "no target 'primary_key', expected one of migration_sequence" in done.stderr


def test_what_is_out_of_reach_is_said_without_secrets() -> None:
    done = pgvitals("check", "--dsn", "postgresql://me:s3cret-word@127.0.0.1:1/none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "127.0.0.1:1" in done.stderr
    assert "s3cret-word" not in done.stderr


def test_each_format_is_what_it_says(shop: Database) -> None:
    made = {
        form: pgvitals("check", "--dsn", shop.dsn(), "--format", form).stdout
        for form in ("text", "json", "markdown", "junit")
    }
    assert "100% primary keys on all tables" in made["text"]
    assert json.loads(made["json"])["version"] == 1
    assert made["markdown"].startswith("#")
    assert ET.fromstring(made["junit"]).tag == "testsuites"


def test_the_configuration_changes_what_is_asked(shop: Database, tmp_path: Path) -> None:
    with shop.connect() as connection:
        connection.execute("create schema legacy; create table legacy.no_key (n int)")
        connection.execute("create table no_key (n int)")
    config = tmp_path / "pgvitals.yaml"
    config.write_text(
        "owners: {database-architect: team-data}\n"
        "scope: {exempt_schemas: [legacy]}\n"
        "targets:\n"
        "  primary_keys: {threshold: 0.5}\n"
        "  fk_indexed: {enabled: false}\n"
        f"  schema_documented: {{databases: {{{shop.name}: {{threshold: 0.1}}}}}}\n"
        "  not_null_critical: {settings: {critical_columns: ['public.customer.*']}}\n"
    )
    found = targets(shop.dsn(), "--config.file", str(config))
    keys = found["primary_keys"]
    assert (keys["state"], keys["denominator"], keys["owner"]) == ("met", 3, "team-data")
    assert stands(found)["fk_indexed"] == ("not_evaluated", "not_enabled")
    assert (found["schema_documented"]["state"], found["schema_documented"]["threshold"]) == (
        "met",
        0.1,
    )
    assert found["not_null_critical"]["denominator"] == 2


def test_a_role_of_the_api_that_does_not_exist_is_no_green(shop: Database, tmp_path: Path) -> None:
    config = tmp_path / "pgvitals.yaml"
    config.write_text("scope: {api_roles: [web_anon]}\n")
    found = stands(targets(shop.dsn(), "--config.file", str(config)))
    assert found["rls_coverage"] == ("not_evaluated", "not_configured")


def test_every_database_of_a_configured_instance_is_checked(
    shop: Database, own: Server, tmp_path: Path
) -> None:
    config = tmp_path / "pgvitals.yaml"
    config.write_text(
        f"instances: {{main: {{dsn: '{own.dsn()}', databases: {{include: [{shop.name}]}}}}}}\n"
    )
    done = pgvitals("check", "--config.file", str(config), "--format", "json")
    entries = json.loads(done.stdout)["targets"]
    assert {e["datname"] for e in entries if e["id"] == "primary_keys"} == {shop.name}
