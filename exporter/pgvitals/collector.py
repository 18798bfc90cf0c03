"""A collector: a query bound to one database of one instance; it turns rows into a block."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pgvitals import exposition, sample
from pgvitals.block import Writer
from pgvitals.column import Column, rows
from pgvitals.exposition import Block
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.query import Query
from pgvitals.session import Row, Session
from pgvitals.table import MissingColumns, Table
from pgvitals.task import Status, Task


@dataclass
class Collector(Task):
    """A task that gives the samples of a query."""

    query: Query
    _keys: list[Column] = field(default_factory=list, repr=False)
    _labels: list[str] = field(default_factory=list, repr=False)
    _first: list[int] = field(default_factory=list, repr=False)
    _shown: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Begin with nothing written."""
        super().__post_init__()
        self._writer = Writer(self.query)

    @property
    def name(self) -> str:
        """The query's."""
        return self.query.name

    def shown(self, status: Status, now: float) -> Block:
        """Its samples, unless they are too old."""
        return status.block if now <= self.lasts(status) else ()

    def _read(self, session: Session, facts: Facts, timeout: float) -> Outcome:
        statement = self.query.statement(facts.major) or ""
        chunks = session.read(statement, timeout, self.query.schemas(facts))
        try:
            self._keep(Table(self.query, chunks))
        except MissingColumns as missing:
            return Outcome("error", "columns", str(missing))
        return Outcome("success")

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
        keys = [table.column(name) for name in self.query.labels]
        if keys == self._keys and len(self._labels) == table.size:
            return
        known = dict(zip(rows(self._keys), self._labels, strict=False))
        came = list(rows(keys)) or [()] * table.size
        self._keys = keys
        self._labels = [known.get(row) or self._label_text(row) for row in came]
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


def _first(labels: Sequence[str]) -> list[int]:
    """The positions at which each label text stands first."""
    backwards = zip(reversed(labels), reversed(range(len(labels))), strict=True)
    return sorted(dict(backwards).values())
