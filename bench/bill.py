"""The bill: what each query of the default catalogue costs the database, at its own interval."""

import statistics
from typing import NamedTuple

import psycopg

from bench.entry import MINUTE
from bench.ground import OURS, Ground
from pgvitals.catalogue import shipped
from pgvitals.facts import Facts
from pgvitals.login import Login
from pgvitals.query import Query
from pgvitals.session import Session

RUNS = 5
EXPLAINED = 3
LIMIT = 5.0
"""Seconds for a query, as the daemon gives it."""
_PLAN = "ANALYZE, COSTS OFF, TIMING OFF"


class Item(NamedTuple):
    """A query, the seconds between its runs, and the database's milliseconds for one run."""

    query: str
    interval: float
    run: float
    rows: int

    @property
    def minute(self) -> float:
        """The database's milliseconds for a minute."""
        return self.run * MINUTE / self.interval


class Bill(NamedTuple):
    """Every query, the dearest first, and the plans of the first few by name."""

    tables: int
    items: list[Item]
    plans: dict[str, str]

    @property
    def minute(self) -> float:
        """The database's milliseconds for a minute of all of them."""
        return sum(item.minute for item in self.items)


def bill(ground: Ground) -> Bill:
    """Run each query as the daemon does, several times, on one kept session; the median counts."""
    with psycopg.connect(**Login(ground.dsn(OURS)).parameters()) as connection:
        session = Session(connection)
        facts = session.read_facts((), LIMIT)
        ground.touch()
        runs = [q for q in shipped().values() if q.enabled and not q.skip_reason(facts)]
        items = [_item(ground, session, facts, query) for query in runs]
        items.sort(key=lambda item: item.minute, reverse=True)
        plans = {i.query: _plan(session, facts, i.query) for i in items[:EXPLAINED]}
    return Bill(ground.tables, items, plans)


def _item(ground: Ground, session: Session, facts: Facts, query: Query) -> Item:
    statement, times, rows = query.statement(facts.major) or "", [], 0
    for _ in range(RUNS):
        before = ground.ledger(OURS)
        chunks = session.read(statement, LIMIT, query.schemas(facts))
        rows = sum(chunk.size for chunk in chunks)
        times.append(ground.ledger(OURS).milliseconds - before.milliseconds)
    return Item(query.name, query.interval, statistics.median(times), rows)


def _plan(session: Session, facts: Facts, name: str) -> str:
    statement = shipped()[name].statement(facts.major) or ""
    return "\n".join(session.explain(statement, options=_PLAN))
