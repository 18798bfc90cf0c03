"""A verdict: whether a target is met in a database, how that is known, and what was found.

Four states. A target is never met for want of evidence: then it is not evaluated, with a reason that
is expected, and no reason for an alarm, or lost, and one after a while.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from pgvitals.outcome import Outcome
from pgvitals.target import Decision, Target

State = Literal["met", "unmet", "not_evaluated", "not_applicable"]
STATES: tuple[State, ...] = ("met", "unmet", "not_evaluated", "not_applicable")
EXPECTED = (
    "not_implemented",
    "not_enabled",
    "not_configured",
    "nothing_in_scope",
    "warming_up",
    "uncertain",
)
LOST = ("privilege", "version", "extension", "error", "timeout", "stale", "incomplete")
REASONS = (*EXPECTED, *LOST)

_LACKING = {"unsupported": "version", "relation": "extension", "missing_object": "extension"}
"""What a server lacks, by the reason for which a run was skipped."""

Key = tuple[str, str, str]
"""Schema, object and detail: what a finding is told from others by."""


class Row(Struct, frozen=True):
    """One thing that was examined: `violated`, or not; or its `evidence`, for an evaluator to judge.

    `weight` puts the worst first. The columns are those of a target's SQL.
    """

    schemaname: str
    object: str
    detail: str = ""
    kind: str = ""
    violated: bool | None = True
    weight: float = 0.0
    evidence: str = ""

    @property
    def key(self) -> Key:
        """What it is told from others by."""
        return self.schemaname, self.object, self.detail


class Measurement(Struct, frozen=True):
    """What one statement saw: `scope` things examined, `violations` of them, and the `rows` of findings.

    `reason` says why there can be no verdict; `listed` whether all findings are among the rows.
    """

    scope: int
    violations: int
    rows: tuple[Row, ...] = ()
    reason: str = ""
    listed: bool = True


class Finding(NamedTuple):
    """One named violation, or a remark; `kind` says of which kind.

    `datname` is empty where the target is of the whole instance.
    """

    datname: str
    schemaname: str
    object: str
    detail: str
    kind: str
    decision: Decision
    owner: str


class Verdict(NamedTuple):
    """A target in a database. `value` is None unless it was evaluated.

    Of `numerator` and `denominator` the value is made. `found` counts all findings that are not
    exempted, `findings` are the worst of them; `complete` says whether the count is.
    """

    target: Target
    datname: str
    state: State
    reason: str = ""
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    found: int = 0
    complete: bool = False
    exempted: int = 0
    findings: Sequence[Finding] = ()
    evaluated_at: float | None = None

    @property
    def threshold(self) -> float:
        """What the value is compared with."""
        return self.target.threshold_in(self.datname)

    @property
    def kind_of_reason(self) -> str:
        """`expected` or `lost`; empty without a reason."""
        return ("lost" if self.reason in LOST else "expected") if self.reason else ""


def of_outcome(target: Target, datname: str, ended: Outcome | None) -> Verdict:
    """The verdict where nothing was measured, or not lately."""
    if ended is None:
        return Verdict(target, datname, "not_evaluated", "warming_up")
    if ended.reason == "role":
        return Verdict(target, datname, "not_applicable")
    if ended.kind == "success":
        return Verdict(target, datname, "not_evaluated", "stale")
    why = _LACKING.get(ended.reason, ended.reason)
    known = [word for word in (why, ended.kind) if word in REASONS]
    return Verdict(target, datname, "not_evaluated", (known or ["error"])[0])


def judge(
    target: Target, datname: str, seen: Measurement, exempt: Collection[Key], most: int
) -> Verdict:
    """Compare what was measured with what is asked; `most` findings stay, `exempt` ones do not count."""
    if seen.reason == "not_applicable":
        return Verdict(target, datname, "not_applicable")
    left = [row for row in seen.rows if row.key not in exempt]
    gone = [row for row in seen.rows if row.key in exempt]
    excused = _violations(target, gone)
    verdict = Verdict(
        target,
        datname,
        "not_evaluated",
        seen.reason,
        found=max(len(left), seen.violations - excused),
        complete=seen.listed and not seen.reason,
        exempted=len(gone),
        findings=[_finding(target, datname, row) for row in _worst(target, left, most)],
    )
    if seen.reason:
        return verdict
    judged = _compared(verdict, seen, excused)
    if seen.listed:
        return judged
    # Of what is not listed, as much may be exempted as there are exemptions left.
    unlisted = seen.violations - _violations(target, seen.rows)
    spare = len(exempt) - len({row.key for row in gone})
    best = _compared(verdict, seen, excused + min(unlisted, spare))
    return judged if best.state == judged.state else verdict._replace(reason="incomplete")


def _worst(target: Target, rows: Sequence[Row], most: int) -> Sequence[Row]:
    """The first ones; those that ask for a pause come first of all, for an alert waits for them."""
    return sorted(rows, key=lambda row: target.decision_of(row.kind) != "pause")[:most]


def _violations(target: Target, rows: Iterable[Row]) -> int:
    return sum(row.violated is True and row.kind not in target.remarks for row in rows)


def _compared(verdict: Verdict, seen: Measurement, excused: int) -> Verdict:
    """What is excused counts neither as a violation nor as examined."""
    target, violations, scope = verdict.target, seen.violations - excused, seen.scope - excused
    if not scope:
        return verdict._replace(reason="nothing_in_scope")
    good = scope - violations
    value = good / scope if target.measure == "ratio" else float(violations)
    return verdict._replace(
        state="met" if _stands(value, target, verdict.datname) else "unmet",
        value=value,
        numerator=good if target.measure == "ratio" else violations,
        denominator=scope,
    )


def _stands(value: float, target: Target, datname: str) -> bool:
    threshold = target.threshold_in(datname)
    if target.comparison == ">=":
        return value >= threshold
    return value <= threshold if target.comparison == "<=" else value < threshold


def _finding(target: Target, datname: str, row: Row) -> Finding:
    return Finding(
        datname if target.scope == "database" else "",
        *row.key,
        row.kind,
        target.decision_of(row.kind),
        target.owner_of(row.kind),
    )
