"""The commands, as a person or a script runs them: what they print, and the codes they leave with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgvitals import __version__
from pgvitals.catalogue import shipped
from support.servers import Database, Server

BAD = "postgresql://nobody:s3cret-word@127.0.0.1:1/none"


def pgvitals(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "DATA_SOURCE_"))}
    return subprocess.run(
        [sys.executable, "-m", "pgvitals", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=own | environment,
        timeout=60,
    )


def write(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text)
    return str(file)


QUERY = """
description: A query of somebody's own
scope: database
interval: 60s
sql: {sql}
metrics:
  shop_orders: {{column: orders, type: gauge, help: Orders.}}
"""


def test_version_names_the_release() -> None:
    assert pgvitals("version").stdout == f"pgvitals {__version__}\n"


def test_schema_is_a_json_schema_that_knows_every_key() -> None:
    schema = json.loads(pgvitals("schema").stdout)
    definition = schema["$defs"]["Definition"]
    assert definition["additionalProperties"] is False
    assert {"sql", "interval", "families_from", "keep"} <= definition["properties"].keys()
    assert all(
        "description" in key or "allOf" in key or "$ref" in key
        for key in definition["properties"].values()
    )


def test_validate_without_arguments_checks_the_release() -> None:
    done = pgvitals("validate")
    assert (done.returncode, done.stdout) == (0, f"{len(shipped())} queries are right\n")


def test_validate_says_where_a_file_is_wrong_and_leaves_with_one(tmp_path: Path) -> None:
    file = write(tmp_path, "orders.yaml", QUERY.format(sql="select 1").replace("gauge", "guage"))
    done = pgvitals("validate", file)
    assert done.returncode == 1
    assert done.stderr == (
        f"{file}:7: metrics.shop_orders.type: found 'guage',"
        " expected one of 'counter', 'gauge', 'histogram', 'untyped'\n"
    )


def test_validate_on_a_server_finds_what_only_a_server_can_know(
    database: Database, tmp_path: Path
) -> None:
    right = write(tmp_path, "right.yaml", QUERY.format(sql="select 1 as orders"))
    broken = write(
        tmp_path, "broken.yaml", QUERY.format(sql="select fro").replace("shop_", "broken_")
    )
    other = write(
        tmp_path, "other.yaml", QUERY.format(sql="select 1 as x").replace("shop_", "other_")
    )
    done = pgvitals("validate", right, broken, other, "--dsn", database.dsn())
    assert done.returncode == 1
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert "success  about 1 series" in lines["right"]
    assert "error    42703" in lines["broken"]
    assert "found x in the result; expected also orders" in lines["other"]


def test_validate_of_the_release_on_a_server_says_what_is_skipped_and_why(server: Server) -> None:
    done = pgvitals("validate", "--dsn", server.dsn())
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == len(shipped())
    skipped = [line.split() for line in done.stdout.splitlines() if " skipped " in line]
    assert all(len(line) == 3 for line in skipped)
    late = {"version"} if server.major < 17 else set()
    assert {reason for _, _, reason in skipped} == {"extension"} | late


def test_explain_shows_the_sql_for_this_version_and_its_plan(server: Server) -> None:
    done = pgvitals("explain", "stat_database", "--dsn", server.dsn())
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"-- stat_database, PostgreSQL {server.major}\n")
    assert "(cost=" in done.stdout
    assert "(actual " not in done.stdout
    analyzed = pgvitals("explain", "stat_database", "--analyze", PGVITALS_DSN=server.dsn())
    assert "(actual " in analyzed.stdout


def test_explain_of_an_unknown_query_lists_those_there_are(newest: Server) -> None:
    done = pgvitals("explain", "nonsense", "--dsn", newest.dsn())
    assert done.returncode == 2
    assert done.stderr.startswith("no query 'nonsense', expected one of activity, ")


def test_grants_prints_what_a_role_lacks_and_the_statements_suffice(newest: Server) -> None:
    with newest.connect() as connection:
        connection.execute("drop role if exists watcher; create role watcher login password 'w'")
    dsn = newest.dsn(user="watcher", password="w")
    before = pgvitals("grants", "--dsn", dsn)
    assert before.returncode == 0, before.stderr
    needed = [line for line in before.stdout.splitlines() if line.endswith(("pg_monitor", "limit"))]
    assert [line.partition("  --")[0] for line in needed] == [
        "alter role watcher connection limit 3;",
        "grant pg_monitor to watcher;",
    ]
    with newest.connect() as connection:
        for statement in needed:
            connection.execute(statement)
        after = pgvitals("grants", "--dsn", dsn)
        connection.execute("drop role watcher")
    assert after.stdout == "-- The role of this login needs nothing more.\n"


def test_grants_tells_a_superuser_to_be_less(newest: Server) -> None:
    told = pgvitals("grants", "--dsn", newest.dsn()).stdout
    assert told.startswith(pgvitals("grants").stdout)
    assert "superuser: use this role instead" in told


@pytest.mark.parametrize("command", [["validate"], ["explain", "server"], ["grants"]])
def test_a_server_that_is_not_there_is_one_line_and_no_secret(command: list[str]) -> None:
    done = pgvitals(*command, "--dsn", BAD)
    assert done.returncode == 2
    assert done.stderr.startswith("127.0.0.1:1: connection failed: ")
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", [["validate"], ["explain", "server"], ["grants"]])
def test_a_text_that_is_no_dsn_is_not_repeated(command: list[str]) -> None:
    done = pgvitals(*command, "--dsn", "host=x password=s3cret word")
    assert done.returncode == 2
    assert "no connection string" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_run_without_an_instance_says_how_to_name_one() -> None:
    done = pgvitals("run")
    assert done.returncode == 2
    assert done.stderr == (
        "environment:1: instances: no instance, expected at least one here or in DATA_SOURCE_NAME\n"
    )


def test_run_refuses_a_flag_it_cannot_use() -> None:
    done = pgvitals("run", "--log.level", "loud", DATA_SOURCE_NAME=BAD)
    assert done.returncode == 2
    assert "loud" in done.stderr


def test_the_reference_is_what_the_code_says() -> None:
    folder = Path(__file__).parents[2] / "docs"
    done = pgvitals("docs", "--check", str(folder))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_reference_is_named_and_written_anew(tmp_path: Path) -> None:
    stale = pgvitals("docs", "--check", str(tmp_path))
    assert stale.returncode == 1
    assert "metrics.md" in stale.stderr
    assert pgvitals("docs", str(tmp_path)).returncode == 0
    assert pgvitals("docs", "--check", str(tmp_path)).returncode == 0
