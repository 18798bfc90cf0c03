"""What a target examines in a database, thing by thing: what its statement only counts."""

from typing import Any

import msgspec
import psycopg

from pgvitals import measuring
from pgvitals.session import LOOK_TIMEOUT, Session
from pgvitals.target import Target
from pgvitals.verdict import Row
from support.truth import Key

NOTHING_SAID = {"api_roles": (), "exposed_schemas": (), "exempt_schemas": ()}


def rows(connection: psycopg.Connection[Any], target: Target) -> list[Row]:
    """Every row, judged; raises psycopg.Error."""
    session = Session(connection)
    facts = session.read_facts((), LOOK_TIMEOUT)
    generated = measuring.generated(target, session, facts, LOOK_TIMEOUT, NOTHING_SAID)
    text = f"{measuring.examining(target, generated)} select json_agg(e) from examined e"
    settings = measuring.settings(target, NOTHING_SAID)
    [(listed,)] = [
        row for chunk in session.read(text, LOOK_TIMEOUT, (), settings) for row in chunk.rows()
    ]
    given = msgspec.json.decode(listed or "[]", type=list[Row])
    plain = [row for row in given if not row.evidence]
    judge = measuring.evaluator(target.evaluator) if target.evaluator else None
    return [*plain, *(made for row in given if row.evidence and judge for made in judge(row))]


def judged(connection: psycopg.Connection[Any], target: Target) -> dict[Key, bool]:
    """Whether each thing that is examined violates the target; remarks are left out."""
    found = [row for row in rows(connection, target) if row.kind not in target.remarks]
    assert all(row.violated is not None for row in found)
    # Of two faults with one name, one is enough.
    return {row.key: any(r.violated for r in found if r.key == row.key) for row in found}
