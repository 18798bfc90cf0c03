"""The visitor: what it learns of a database, and for how long it believes that."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from pgvitals import visitor as module
from pgvitals.collector import Collector
from pgvitals.deadline import Deadlines
from pgvitals.login import Login
from pgvitals.outcome import Outcome
from pgvitals.visitor import Visitor
from support.servers import Server
from unit.material import query

SKIPPED, SUCCESS = Outcome("skipped", "relation"), Outcome("success")
RELATION = "public.late"


class Watched:
    """A query that wants a table, in a database that does not have it yet."""

    def __init__(self, server: Server, name: str) -> None:
        self._server, self.name = server, name
        self.visitor = Visitor("main", Login(server.dsn(name)), Deadlines())
        wanting = query(sql="select 1 as n", requires={"relations": [RELATION]})
        self.visitor.relations = [RELATION]
        self.collector = Collector(wanting, name)

    def visit(self) -> Outcome | None:
        """Visit, leave, and tell how the query ended."""
        assert self.visitor.visit(self.name, [self.collector])
        assert self.visitor.where is None
        return self.collector.status.outcome

    def create(self) -> None:
        """Make the table."""
        with self._server.connect(self.name) as connection:
            connection.execute(f"create table {RELATION} ()")


@pytest.fixture
def watched(newest: Server) -> Iterator[Watched]:
    name = newest.create_database()
    watched = Watched(newest, name)
    with closing(watched.visitor):
        yield watched
    newest.drop_database(name)


def test_facts_are_believed_over_several_sessions(watched: Watched) -> None:
    assert watched.visit() == SKIPPED
    watched.create()
    assert watched.visit() == SKIPPED


def test_facts_are_read_again_when_they_are_old(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watched.visit() == SKIPPED
    watched.create()
    monkeypatch.setattr(module, "FACTS_LIFETIME", 0)
    assert watched.visit() == SUCCESS


def test_facts_are_read_again_when_they_were_forgotten(watched: Watched) -> None:
    assert watched.visit() == SKIPPED
    watched.create()
    watched.visitor.forget()
    assert watched.visit() == SUCCESS


def test_facts_are_read_again_after_a_query_that_failed(watched: Watched) -> None:
    assert watched.visit() == SKIPPED
    watched.create()
    wrong = Collector(query("wrong", sql="select 1 / 0 as n"), watched.name)
    assert watched.visitor.visit(watched.name, [wrong])
    assert watched.visit() == SUCCESS


def test_facts_of_databases_that_are_gone_are_not_kept(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watched.visit() == SKIPPED
    monkeypatch.setattr(module, "FACTS_LIFETIME", 0)
    assert watched.visitor.visit("postgres", [])
    assert list(watched.visitor._facts) == ["postgres"]


def test_facts_are_read_again_after_a_visit_that_failed(watched: Watched) -> None:
    assert watched.visit() == SKIPPED
    watched.create()
    with watched._server.connect() as connection:
        connection.execute(f'alter database "{watched.name}" allow_connections false'.encode())
        assert not watched.visitor.visit(watched.name, [watched.collector])
        connection.execute(f'alter database "{watched.name}" allow_connections true'.encode())
    assert watched.visit() == SUCCESS
