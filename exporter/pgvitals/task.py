"""A task: a reading bound to one database of one instance, and how its runs ended."""

import math
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace

from pgvitals import exposition, outcome, sample
from pgvitals.exposition import Block
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.reading import Reading
from pgvitals.session import Session
from pgvitals.verdict import Verdict


@dataclass(frozen=True)
class Status:
    """What is known of a task's runs: immutable, so that a scrape reads one state and not two.

    `success_at` is of time.monotonic, `success_time` Unix seconds, `duration` seconds of the last
    run; `rows`, `series`, `dropped` (rows over the limit, values without a text) and `duplicates`
    are of the last success, as are the `block` of a query and the `verdict` of a target;
    `failures` counts those since.
    """

    outcome: Outcome | None = None
    duration: float = 0.0
    success_at: float | None = None
    success_time: float = 0.0
    rows: int = 0
    series: int = 0
    dropped: int = 0
    duplicates: int = 0
    failures: int = 0
    block: Block = ()
    verdict: Verdict | None = None


@dataclass
class Task(ABC):
    """`due` is the time.monotonic of the next run; `status` is replaced whole.

    `server` is what the label of that name says, host:port.

    `identity` are the labels of what is said of it, and `named` the same in braces.

    `stretch` multiplies the interval where there are more databases than may be visited in turn.
    """

    query: Reading
    database: str
    server: str = ""
    due: float = 0.0
    stretch: int = 1
    hurried: bool = False
    status: Status = field(default_factory=Status)

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.identity = (
            sample.label("collector", self.name),
            sample.label("datname", self.database),
        )
        self.named = exposition.braces(self.identity)

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in labels, logs and pages."""

    @property
    def part(self) -> str:
        """The part of a page that it shares with its like: a family stands in one part."""
        return self.name

    @abstractmethod
    def _read(self, session: Session, facts: Facts, timeout: float) -> Outcome:
        """Read once and keep what came; raises psycopg.Error."""

    @abstractmethod
    def shown(self, status: Status, now: float) -> Block:
        """What there is to show of `status` at `now`."""

    def run(self, session: Session, facts: Facts, timeout: float) -> Outcome:
        """Run once, unless there is a reason not to; raises psycopg.Error."""
        started = time.monotonic()
        if reason := self.query.skip_reason(facts):
            return self.finish(Outcome("skipped", reason), started)
        return self.finish(self._read(session, facts, timeout), started)

    def fail(self, error: Exception, started: float, *, overdue: bool = False) -> Outcome:
        """Note that a run, or the way to it, ended with `error`."""
        ended = outcome.of_error(error, optional=self.query.optional, overdue=overdue)
        return self.finish(ended, started)

    def finish(self, ended: Outcome, started: float) -> Outcome:
        """Note how a run ended and when the next is due; what is skipped shows nothing any more."""
        now, self.hurried = time.monotonic(), False
        failures = self.status.failures + 1 if ended.kind in ("error", "timeout") else 0
        block = () if ended.kind == "skipped" else self.status.block
        self.status = replace(
            self.status, outcome=ended, failures=failures, duration=now - started, block=block
        )
        after = ended.delay(self.interval, failures)
        # At a fixed rate, so that the queries of a database stay together; a late run does not catch
        # up, and after a failure the wait is whole.
        on_time = not failures and now - self.due < after
        self.due = self.due + after if on_time else now + after
        return ended

    @property
    def idle(self) -> bool:
        """Whether it is never run."""
        return self.due == math.inf

    @property
    def wanted_by(self) -> float:
        """By when (time.monotonic) a result would be missed: what is hurried is missed already."""
        return self.due if self.hurried else self.due + self.interval

    @property
    def interval(self) -> float:
        """Seconds from one run to the next, when all goes well."""
        return self.query.interval * self.stretch

    def lasts(self, status: Status) -> float:
        """Until when the result of a status may be served: for min(3 intervals, interval + 60 s)."""
        at = status.success_at
        return -math.inf if at is None else at + min(3 * self.interval, self.interval + 60)

    def fresh(self, now: float) -> bool:
        """Whether the last result may still be served."""
        return now <= self.lasts(self.status)

    def hurry(self, now: float) -> None:
        """Be wanted at once, unless it is never run, or failed: then it comes when its wait is over."""
        if not self.idle and not self.status.failures:
            self.due, self.hurried = min(self.due, now), True

    def retry(self, now: float) -> None:
        """Forget failures: what they put off is due at once."""
        if not self.idle and (self.status.failures or not self.fresh(now)):
            self.due = now
            self.status = replace(self.status, failures=0)
