"""Targets as their files would give them, and rows as a server would: what target tests start from."""

from typing import Any

import msgspec

from pgvitals.strict import decode
from pgvitals.target import Definition, Target
from pgvitals.verdict import Measurement, Row

KINDS = {
    "remark": {"means": "is worth a word", "remark": True},
    "grave": {"means": "is worse", "decision": "pause", "owner": "orchestrator", "remedy": "Run."},
}
DRAFT = {
    "number": 16,
    "description": "D",
    "document": "100%",
    "pillar": "integrity",
    "measure": "ratio",
    "comparison": ">=",
    "threshold": 1,
    "evidence": "measured",
    "decision": "fix",
    "owner": "database-architect",
    "means": "is wrong",
    "remedy": "Mend it.",
    "kinds": KINDS,
    "sql": "select",
}
COUNT: dict[str, Any] = {"measure": "count", "comparison": "<=", "threshold": 0}


def target(name: str = "t", **changes: Any) -> Target:
    """A small valid target with a kind of remarks, and a grave kind that has its own owner."""
    own = {"enforced", "owners", "bars"} & changes.keys()
    data = {key: value for key, value in (DRAFT | changes).items() if key not in own}
    given = msgspec.structs.asdict(msgspec.convert(data, Definition, dec_hook=decode))
    return Target(**given, id=name, file=f"{name}.yaml", **{key: changes[key] for key in own})


def row(name: str, kind: str = "", *, violated: bool | None = True) -> Row:
    """A finding about a table of the schema public."""
    return Row("public", name, "", kind, violated)


def rows(count: int, kind: str = "") -> tuple[Row, ...]:
    """As many findings, t0 and so on."""
    return tuple(row(f"t{number}", kind) for number in range(count))


def measured(scope: int, *found: Row, unlisted: int = 0, reason: str = "") -> Measurement:
    """What a statement says of `scope` things, with what it found, and what it only counted."""
    violations = sum(row.violated is True and row.kind != "remark" for row in found)
    return Measurement(scope, violations + unlisted, found, reason, not unlisted)
