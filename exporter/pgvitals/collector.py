"""A collector: a query bound to one database of one instance; it turns rows into a block."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pgvitals import exposition, outcome, sample
from pgvitals.block import Writer
from pgvitals.exposition import Block
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.query import Query
from pgvitals.sample import Cell
from pgvitals.session import Row, Session
from pgvitals.table import MissingColumns, Table


@dataclass(frozen=True)
class Status:
    """What is known of a collector's runs: immutable, so that a scrape reads one state and not two.

    `success_at` is of time.monotonic, `success_time` Unix seconds, `duration` seconds of the last
    run; `rows`, `series`, `dropped` (rows over the limit, values without a text) and `duplicates`
    are of the last success; `failures` counts those since.
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


@dataclass
class Collector:
    """`due` is the time.monotonic of the next run; `status` is replaced whole.

    `server` is what the label of that name says, host:port.

    `identity` are the labels of what is said of it, and `named` the same in braces.

    `stretch` multiplies the interval where there are more databases than may be visited in turn.
    """

    query: Query
    database: str
    server: str = ""
    due: float = 0.0
    stretch: int = 1
    status: Status = field(default_factory=Status)
    _keys: list[str] = field(default_factory=list, repr=False)
    _labels: list[str] = field(default_factory=list, repr=False)
    _first: list[int] = field(default_factory=list, repr=False)
    _shown: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Begin with nothing written."""
        self._writer = Writer(self.query)
        self.identity = (
            sample.label("collector", self.query.name),
            sample.label("datname", self.database),
        )
        self.named = exposition.braces(self.identity)

    def run(self, session: Session, facts: Facts, timeout: float) -> Outcome:
        """Run the query once and keep what came; raises psycopg.Error."""
        started = time.monotonic()
        if reason := self.query.skip_reason(facts):
            return self.finish(Outcome("skipped", reason), started)
        statement = self.query.statement(facts.major) or ""
        try:
            self._keep(
                Table(self.query, session.read(statement, timeout, self.query.schemas(facts)))
            )
        except MissingColumns as missing:
            return self.finish(Outcome("error", "columns", str(missing)), started)
        return self.finish(Outcome("success"), started)

    def fail(self, error: Exception, started: float, *, overdue: bool = False) -> Outcome:
        """Note that a run, or the way to it, ended with `error`."""
        ended = outcome.of_error(error, optional=self.query.optional, overdue=overdue)
        return self.finish(ended, started)

    def finish(self, ended: Outcome, started: float) -> Outcome:
        """Note how a run ended and when the next is due; what is skipped shows nothing any more."""
        now = time.monotonic()
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

    def retry(self, now: float) -> None:
        """Forget failures: what they put off is due at once."""
        if self.status.failures or not self.fresh(now):
            self.due = now
            self.status = replace(self.status, failures=0)

    def _keep(self, table: Table) -> None:
        came = table.size
        self._identify(table)
        if len(self._shown) < came:
            table.keep(self._first)
        block, series, lost = self._writer.write(table, self._shown)
        self.status = replace(
            self.status,
            success_at=time.monotonic(),
            success_time=time.time(),
            rows=table.size,
            series=series,
            dropped=table.omitted + lost,
            duplicates=came - table.size,
            block=block,
        )

    def _identify(self, table: Table) -> None:
        """Make each row's label text, once for its identity; nothing changes while no row comes or goes."""
        columns = [table.column(name) for name in self.query.labels]
        keys = list(map(_key, columns))
        if keys == self._keys and len(self._labels) == table.size:
            return
        before = zip(*(key.split(_END) for key in self._keys), strict=True)
        known = dict(zip(before, self._labels, strict=False))
        rows = [tuple(c or "" for c in r) for r in zip(*columns, strict=True)] or [()] * table.size
        self._keys = keys
        self._labels = [known.get(row) or self._label_text(row) for row in rows]
        self._shown = self._labels
        if not self.query.families_from and len(set(self._labels)) < table.size:
            self._first = _first(self._labels)
            self._shown = [self._labels[row] for row in self._first]

    def _label_text(self, key: Row) -> str:
        cells = dict(zip(self.query.labels, key, strict=True))
        cells |= {"datname": self.database} if self.query.scope == "database" else {}
        cells |= {"server": self.server} if self.query.server_label else {}
        return exposition.braces(
            [sample.label(name, cells[name]) for name in self.query.all_labels]
        )


_END = "\0"
"""Ends a cell in a key: the one character that no text of PostgreSQL has."""


def _key(column: Sequence[Cell]) -> str:
    """A column as one text, a fraction of its cells' memory; NULL and nothing are the same label."""
    try:
        return _END.join(column)  # type: ignore[arg-type]  # most columns have no NULL
    except TypeError:
        return _END.join(cell or "" for cell in column)


def _first(labels: Sequence[str]) -> list[int]:
    """The positions at which each label text stands first."""
    backwards = zip(reversed(labels), reversed(range(len(labels))), strict=True)
    return sorted(dict(backwards).values())
