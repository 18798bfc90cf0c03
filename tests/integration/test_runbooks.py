"""The SQL of the runbooks: whoever is woken can run it, on every major, and it breaks nothing."""

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from support.runbook import Runbook, shipped
from support.servers import Server

RUNBOOKS = [runbook for runbook in shipped() if runbook.queries]


@pytest.fixture(scope="module")
def on_call(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A session of a role that is a member of pg_monitor, and may only look."""
    name, password = f"on_call_{secrets.token_hex(4)}", secrets.token_hex(8)
    login = {"user": name, "password": password, "options": "-c statement_timeout=5s"}
    role = sql.Identifier(name)
    with server.connect() as admin:
        made = sql.SQL("create role {} login password {} in role pg_monitor")
        admin.execute(made.format(role, sql.Literal(password)))
        with psycopg.connect(server.dsn(**login), connect_timeout=10) as session:
            session.read_only = True
            yield session
        admin.execute(sql.SQL("drop role {}").format(role))


def test_there_are_runbooks_with_sql() -> None:
    assert len(RUNBOOKS) >= 40


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=repr)
def test_each_statement_runs(on_call: psycopg.Connection[Any], runbook: Runbook) -> None:
    for query in runbook.queries:
        with on_call.transaction(force_rollback=True):
            # Prepared, as only a single statement can be.
            cursor = on_call.execute(query, prepare=True)
        assert cursor.description, f"lists nothing: {query}"
