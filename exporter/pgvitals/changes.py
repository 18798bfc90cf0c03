"""Changes: a look at the catalogs of a database each minute, so that what they decide is assessed soon.

An assessment reads all that it is about; the look only tells whether any of that is another than before.
"""

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pgvitals.assessment import Assessment
from pgvitals.catalogue import CHANGES, shipped_directory
from pgvitals.exposition import Block
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.reading import Reading, Requires
from pgvitals.sample import Cell
from pgvitals.session import Session
from pgvitals.strict import Duration
from pgvitals.task import Status, Task

INTERVAL = 60.0
"""Seconds from one look to the next: with DDL all the time, what it concerns runs no more often."""


@functools.cache
def look() -> Reading:
    """The statement that gives the fingerprint of a database's catalogs; only a primary's change."""
    return Reading(
        description="A fingerprint of the catalogs that targets read.",
        scope="database",
        interval=Duration(INTERVAL),
        requires=Requires(role="primary"),
        sql=(shipped_directory() / "targets" / "changes.sql").read_text("utf-8"),
    )


@dataclass
class Changes(Task):
    """A task that makes the assessments which it `concerns` due when the fingerprint is a new one.

    The first counts as new: an assessment may have run before it, and seen less.
    """

    concerns: Sequence[Assessment] = ()
    _fingerprint: Cell = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What no query and no target may be called."""
        return CHANGES

    def shown(self, status: Status, now: float) -> Block:
        """It has nothing to show."""
        return ()

    def _read(self, session: Session, facts: Facts, timeout: float) -> Outcome:
        chunks = session.read(self.query.statement(facts.major) or "", timeout)
        [(fingerprint,)] = [row for chunk in chunks for row in chunk.rows()]
        now = time.monotonic()
        if fingerprint != self._fingerprint:
            self._fingerprint = fingerprint
            for assessment in self.concerns:
                assessment.hurry(now)
        self.status = replace(self.status, success_at=now, success_time=time.time(), rows=1)
        return Outcome("success")
