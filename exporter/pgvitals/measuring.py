"""Measuring: a target's SQL, put into the statement that counts what it lists, and run.

A target's SQL lists everything that it examines, one row a thing; the statement around it has what
all targets share (queries/targets/scope.sql) before it, and counts after it: so the number and the
findings are of one snapshot, and only findings leave the server.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from itertools import islice

import msgspec

from pgvitals.catalogue import shipped_directory
from pgvitals.facts import Facts
from pgvitals.sample import Cell
from pgvitals.session import Chunk, Session, Settings
from pgvitals.target import Setting, Target
from pgvitals.verdict import Measurement, Row

LISTED = 10_000
"""Findings that leave the server; more are counted only."""

EXAMINED = 100_000
"""Things that an evaluator may give; where there are more, there is no verdict."""

Evaluator = Callable[[Row], Iterable[Row]]
"""Judges a row with evidence: gives what it shows to be examined, each with its verdict."""

_EXAMINED = """\
with recursive {scope},
{generated}examined as materialized (
{sql}
)"""
_COUNTED = """,
told as (
  select * from examined where violated is not false
   order by evidence <> '' desc, weight desc, schemaname, object, detail
   limit {limit}
)
select case {reasons} else '' end as reason,
       (select count(*) from examined where violated is not null and {counted}) as scope,
       (select count(*) from examined where violated and {counted}) as violations,
       (select count(*) from examined where violated is not false) as found,
       (select json_agg(told order by weight desc, schemaname, object, detail) from told) as rows
"""


@functools.cache
def _scope() -> str:
    return (shipped_directory() / "targets" / "scope.sql").read_text("utf-8").rstrip()


def examining(target: Target, generated: str = "") -> str:
    """The beginning of a statement that can read `examined`: what the target's SQL lists."""
    also = f"generated as (\n{generated}\n),\n" if generated else ""
    return _EXAMINED.format(scope=_scope(), generated=also, sql=target.sql.rstrip())


def statement(target: Target, generated: str = "") -> str:
    """The whole statement of a target, with what its generator gave."""
    reasons = {"not_applicable": f"not ({target.applies_when})"} if target.applies_when else {}
    whens = [
        f"when {when} then '{why}'" for why, when in (reasons | target.not_evaluated_when).items()
    ]
    quoted = ", ".join(f"'{kind}'" for kind in target.remarks)
    return examining(target, generated) + _COUNTED.format(
        limit=LISTED,
        reasons=" ".join(whens) or "when false then ''",
        counted=f"kind not in ({quoted})" if quoted else "true",
    )


def settings(target: Target, shared: Mapping[str, Setting]) -> Settings:
    """What the target's SQL reads: its settings, and those of all targets."""
    given = {**shared, **target.settings}
    return tuple((f"pgvitals.{name}", value) for name, value in given.items())


def generated(
    target: Target, session: Session, facts: Facts, timeout: float, shared: Mapping[str, Setting]
) -> str:
    """The statement that the target's generator gives, if it has one; raises psycopg.Error."""
    if not target.generator:
        return ""
    # Its own CTEs follow the shared ones: both are lists after one WITH.
    text = f"with recursive {_scope()}\nselect * from (\n{target.generator.rstrip()}\n) g"
    chunks = session.read(text, timeout, target.schemas(facts), settings(target, shared))
    return _only_row(chunks)[0] or ""


def measure(
    target: Target, session: Session, facts: Facts, timeout: float, shared: Mapping[str, Setting]
) -> Measurement:
    """Run a target's statement with its settings and those that are `shared`; raises psycopg.Error."""
    text = statement(target, generated(target, session, facts, timeout, shared))
    chunks = session.read(text, timeout, target.schemas(facts), settings(target, shared))
    reason, *numbers, rows = _only_row(chunks)
    scope, violations, found = (int(number or 0) for number in numbers)
    listed = msgspec.json.decode(rows or "[]", type=tuple[Row, ...])
    seen = Measurement(scope, violations, listed, reason or "", found <= LISTED)
    return evaluated(seen, evaluator(target.evaluator)) if target.evaluator else seen


def evaluated(seen: Measurement, judge: Evaluator) -> Measurement:
    """What a server cannot judge is judged here, as far as it goes."""
    found = [row for row in seen.rows if not row.evidence]
    scope, violations = seen.scope, seen.violations
    judged = (row for given in seen.rows if given.evidence for row in judge(given))
    for row in islice(judged, EXAMINED):
        scope, violations = scope + 1, violations + bool(row.violated)
        if row.violated and len(found) < LISTED:
            found.append(row)
    listed = seen.listed and violations - seen.violations < LISTED
    whole = seen.listed and next(judged, None) is None
    found.sort(key=lambda row: (-row.weight, row.key))
    return Measurement(
        scope, violations, tuple(found), seen.reason or ("" if whole else "incomplete"), listed
    )


@functools.cache
def evaluator(name: str) -> Evaluator:
    """The function that judges, of a module below pgvitals.evaluators."""
    judge: Evaluator = import_module(f"pgvitals.evaluators.{name}").judge
    return judge


def _only_row(chunks: Iterable[Chunk]) -> tuple[Cell, ...]:
    # Read to the end, though there is one row: what is left unread would break the session.
    [row] = [row for chunk in chunks for row in chunk.rows()]
    return row
