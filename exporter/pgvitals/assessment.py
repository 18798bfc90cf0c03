"""An assessment: a target bound to a database of an instance, measured again and again."""

import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from pgvitals import scorecard, verdict
from pgvitals.catalogue import TARGET
from pgvitals.exposition import Block
from pgvitals.facts import Facts
from pgvitals.measuring import measure
from pgvitals.outcome import Outcome
from pgvitals.session import Session
from pgvitals.target import Setting, Target
from pgvitals.task import Status, Task
from pgvitals.verdict import Key, Verdict

FINDINGS = 20
"""Findings of a target that are shown for a database."""


@dataclass
class Assessment(Task):
    """A task that gives a verdict; `shared` are settings of all targets, `exempt` findings do not count.

    `most` findings are shown.
    """

    query: Target
    shared: Mapping[str, Setting] = field(default_factory=dict)
    exempt: Collection[Key] = ()
    most: int = FINDINGS
    _rendered: tuple[tuple[Status, bool, int], Block] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Begin with nothing measured; what there is nothing to run for says why."""
        super().__post_init__()
        why = "" if self.query.enabled_in(self.database) else "not_enabled"
        if why := why if self.query.implemented else "not_implemented":
            self.status, self.due = Status(Outcome("skipped", why)), math.inf

    def alike(self, other: "Assessment") -> bool:
        """Whether both would always come to the same verdict."""
        mine, its = ((a.query, a.database, a.shared, a.exempt) for a in (self, other))
        return mine == its

    @property
    def name(self) -> str:
        """The target's id, told from queries."""
        return f"{TARGET}{self.query.id}"

    @property
    def part(self) -> str:
        """All targets share their families."""
        return "targets"

    def verdict(self, status: Status, now: float) -> Verdict:
        """What is to be said at `now` (time.monotonic)."""
        ended = status.outcome
        skipped = ended is not None and ended.kind == "skipped"
        if status.verdict is None or skipped or now > self.lasts(status):
            return verdict.of_outcome(self.query, self.database, ended)
        return status.verdict._replace(findings=status.verdict.findings[: self.most])

    def shown(self, status: Status, now: float) -> Block:
        """The verdict's samples; the same ones as long as nothing else is to be said."""
        known = (status, now <= self.lasts(status), self.most)
        if self._rendered is None or self._rendered[0] != known:
            self._rendered = (known, scorecard.block(self.verdict(status, now)))
        return self._rendered[1]

    def _read(self, session: Session, facts: Facts, timeout: float) -> Outcome:
        seen = measure(self.query, session, facts, timeout, self.shared)
        now = time.time()
        # At once, for thousands of findings need not stay until somebody asks for the worst of them.
        most = max(self.most, FINDINGS)
        judged = verdict.judge(self.query, self.database, seen, self.exempt, most)
        self.status = replace(
            self.status,
            success_at=time.monotonic(),
            success_time=now,
            rows=seen.scope,
            verdict=judged._replace(evaluated_at=now),
        )
        return Outcome("success")
