"""The truth fixture itself: it loads everywhere, and no object of it is without a right answer."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from support import servers, truth
from support.servers import Server

LINE = re.compile(r": (passes|violates|out|absent|\{.+\})(?P<rest>.*)$")
MAJORS = range(13, 19)
Truth = tuple[int, psycopg.Connection[Any]]


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A private server of each major: the scripts make roles."""
    with closing(servers.launch(request.param) if request.param else servers.no_server()) as own:
        yield own


@pytest.fixture(scope="module")
def loaded(server: Server) -> Iterator[Truth]:
    """The major, and the session that loaded the scripts."""
    with server.connect(server.create_database()) as connection:
        truth.load(connection)
        yield server.major, connection


@pytest.mark.parametrize("target", truth.TARGETS)
@pytest.mark.parametrize("major", MAJORS)
def test_every_word_is_known(target: str, major: int) -> None:
    assert set(truth.verdicts(target, major).values()) <= truth.WORDS


@pytest.mark.parametrize("target", truth.TARGETS)
def test_both_answers_are_wanted(target: str) -> None:
    assert {"passes", "violates"} <= set(truth.verdicts(target, max(MAJORS)).values())


@pytest.mark.parametrize("target", truth.TARGETS)
def test_every_verdict_has_its_reason(target: str) -> None:
    lines = (truth.TRUTH / f"verdicts/{target}.yaml").read_text().splitlines()
    verdicts = [
        found for line in lines if not line.startswith("#") and (found := LINE.search(line))
    ]
    assert [found.string for found in verdicts if not re.match(r"  # \S", found["rest"])] == []


def test_there_are_enough_traps(loaded: Truth) -> None:
    assert len(truth.universe(loaded[1], "primary_keys")) >= 80


@pytest.mark.parametrize("target", truth.TARGETS)
def test_every_object_has_a_verdict(loaded: Truth, target: str) -> None:
    major, connection = loaded
    judged = {(schema, name) for schema, name, _ in truth.verdicts(target, major)}
    universe = truth.universe(connection, target)
    assert {(s, o) for s, o in universe - judged if (s, "*") not in judged} == set()


@pytest.mark.parametrize("target", truth.TARGETS)
def test_no_verdict_is_of_an_object_that_is_not_there(loaded: Truth, target: str) -> None:
    major, connection = loaded
    buckets = connection.execute("SELECT 'storage', id FROM storage.buckets")
    there = truth.objects(connection) | set(buckets)
    schemas = {schema for schema, _ in there}
    judged = {(schema, name) for schema, name, _ in truth.verdicts(target, major)} - there
    assert {(s, o) for s, o in judged if o != "*" or s not in schemas} == set()


@pytest.mark.parametrize(
    "target",
    [
        "fk_indexed",
        "fk_constraints",
        "not_null_critical",
        "sensitive_encrypted",
        "schema_documented",
    ],
)
def test_no_verdict_is_of_a_column_or_key_that_is_not_there(loaded: Truth, target: str) -> None:
    major, connection = loaded
    there = truth.columns(connection) | truth.references(connection).keys()
    assert {key for key in truth.verdicts(target, major) if key[2]} - there == set()


@pytest.mark.parametrize("target", ["fk_indexed", "fk_constraints"])
def test_every_foreign_key_has_a_verdict(loaded: Truth, target: str) -> None:
    major, connection = loaded
    assert truth.references(connection).keys() - truth.verdicts(target, major).keys() == set()


def test_every_column_of_a_foreign_key_has_a_verdict(loaded: Truth) -> None:
    major, connection = loaded
    references = truth.references(connection).items()
    columns = {(s, o, column) for (s, o, _), plain in references for column in plain}
    assert columns == truth.verdicts("not_null_critical", major).keys()


def test_an_asterisk_stands_for_no_described_table(loaded: Truth) -> None:
    major, connection = loaded
    own = {(schema, name) for schema, name, _ in truth.verdicts("schema_documented", major)}
    described = connection.execute("""
        SELECT DISTINCT nspname, relname
        FROM pg_description JOIN pg_class AS c ON c.oid = objoid AND relkind IN ('r', 'p', 'f')
            JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE classoid = 'pg_class'::regclass AND nspname !~ '^pg_'
    """)
    assert set(described) - own == set()
