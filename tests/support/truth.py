"""The truth fixture: objects made to fool the checks of targets, and the right answer for each.

tests/truth/*.sql makes the objects, tests/truth/verdicts/TARGET.yaml has the answers. What needs a
verdict is read from the catalogs here, plainly and apart from any target's own SQL.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from pgvitals.document import Document

TRUTH = Path(__file__).parents[1] / "truth"
TARGETS = sorted(file.stem for file in TRUTH.glob("verdicts/*.yaml"))
WORDS = {"passes", "violates", "out"}
"""Meets the target, does not, is none of its business. In files also `absent`: not in this major."""

Object = tuple[str, str]
Key = tuple[str, str, str]
"""Schema, object and detail."""

_RELATIONS = """
WITH relation AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), shown AS (
    SELECT oid, attnum, attname FROM relation JOIN pg_attribute ON attrelid = oid
    WHERE attnum > 0 AND NOT attisdropped
), reference AS (
    SELECT k.oid, conrelid, conname, conkey
    FROM relation JOIN pg_constraint AS k ON conrelid = relation.oid
    WHERE contype = 'f' AND conparentid = 0
)
"""
_OBJECTS = f"""{_RELATIONS}
SELECT schema, name FROM relation
UNION ALL
SELECT nspname, format('%s(%s)', proname, pg_get_function_identity_arguments(p.oid))
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT '', rolname FROM pg_roles WHERE rolname !~ '^pg_'
"""
_REFERENCES = f"""{_RELATIONS}
SELECT schema, name, conname, array_agg(attname::text ORDER BY place),
    string_agg(quote_ident(attname), ', ' ORDER BY place)
FROM reference AS r JOIN relation ON relation.oid = conrelid
    CROSS JOIN unnest(conkey) WITH ORDINALITY AS part (number, place)
    JOIN shown ON shown.oid = conrelid AND attnum = number
GROUP BY r.oid, schema, name, conname
"""
_COLUMNS = f"{_RELATIONS} SELECT schema, name, attname FROM shown JOIN relation USING (oid)"

_TABLE = "kind IN ('r', 'p', 'f')"
_REFERS = "EXISTS (SELECT FROM reference WHERE conrelid = relation.oid)"
_HAS = "EXISTS (SELECT FROM shown WHERE shown.oid = relation.oid AND attname {})"
_REFERRING = "~ '(id|Id)$'"
_SENSITIVE = "~* 'pass|secret|token|key|ssn|card|cvv|iban|credit'"
_CONDITIONS = {
    "fk_indexed": _REFERS,
    "fk_constraints": f"{_REFERS} OR {_TABLE} AND {_HAS.format(_REFERRING)}",
    "not_null_critical": _REFERS,
    "sensitive_encrypted": f"{_TABLE} AND {_HAS.format(_SENSITIVE)}",
    "schema_documented": _TABLE,
    "migration_sequence": "name ~* 'migration|alembic|flyway|schema_version'",
}
"""Which relations need a verdict, where it is not all of them."""


def scripts() -> list[Path]:
    """The SQL that makes the objects, in the order in which it must run."""
    return sorted(TRUTH.glob("*.sql"))


def load(connection: psycopg.Connection[Any]) -> None:
    """Make the objects in an empty database, and roles on its server.

    The connection is a superuser's in autocommit mode; temporary tables are there as long as it is.
    """
    for script in scripts():
        connection.execute(script.read_bytes())


def verdicts(target: str, major: int) -> dict[Key, str]:
    """The right answers for a target on a major: one of WORDS for each schema, object and detail.

    In schema_documented the object `*` is every table that has no verdict of its own.
    """
    found = {
        (schema, name, detail): _of_major(answer, major)
        for schema, objects in Document.open(TRUTH / f"verdicts/{target}.yaml").data.items()
        for name, answers in objects.items()
        for detail, answer in _details(answers)
    }
    return {key: word for key, word in found.items() if word != "absent"}


def universe(connection: psycopg.Connection[Any], target: str) -> set[Object]:
    """Every schema and object of this database that needs a verdict for a target."""
    if target == "auth_bypass":
        return objects(connection) - _safe_roles(connection)
    condition = _CONDITIONS.get(target, "true")
    return set(
        connection.execute(f"{_RELATIONS} SELECT schema, name FROM relation WHERE {condition}")
    )


def objects(connection: psycopg.Connection[Any]) -> set[Object]:
    """Every relation, function and role (in the schema of no name)."""
    return set(connection.execute(_OBJECTS))


def columns(connection: psycopg.Connection[Any]) -> set[Key]:
    """Every column of every relation."""
    return set(connection.execute(_COLUMNS))


def references(connection: psycopg.Connection[Any]) -> dict[Key, list[str]]:
    """The columns of every foreign key, a partitioned one once."""
    rows = connection.execute(_REFERENCES)
    return {(s, o, f"{name} ({quoted})"): plain for s, o, name, plain, quoted in rows}


def _safe_roles(connection: psycopg.Connection[Any]) -> set[Object]:
    """Those nobody logs in as, and superusers, whom nothing stops anyway."""
    query = "SELECT '', rolname FROM pg_roles WHERE rolsuper OR NOT rolcanlogin"
    return set(connection.execute(query))


def _details(answers: Any) -> Iterator[tuple[str, Any]]:
    """What stands below an object: answers by detail, or a single one."""
    by_detail = isinstance(answers, dict) and all(isinstance(key, str) for key in answers)
    yield from answers.items() if by_detail else [("", answers)]


def _of_major(answer: Any, major: int) -> str:
    """The word of the highest major that is not above this one."""
    if isinstance(answer, dict):
        answer = answer[max(first for first in answer if first <= major)]
    return str(answer)
