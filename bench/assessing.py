"""What assessing each target costs, of the database and of ours, at its own interval."""

import statistics
import time
from collections.abc import Mapping
from typing import NamedTuple

import psycopg

from bench.bill import LIMIT, RUNS
from bench.entry import MINUTE
from bench.ground import OURS, Ground
from pgvitals.agenda import NOTHING, shipped
from pgvitals.facts import Facts
from pgvitals.login import Login
from pgvitals.measuring import measure
from pgvitals.session import Session
from pgvitals.target import Setting, Target

_API = """
create role anon; create role authenticated; create role service_role bypassrls;
grant select on all tables in schema {schemas} to anon;
grant insert, update on all tables in schema {schemas} to service_role;
"""


class Due(NamedTuple):
    """A target, the seconds between its runs, and milliseconds for one run: the database's and ours."""

    target: str
    interval: float
    database: float
    cpu: float
    scope: int

    @property
    def minute(self) -> float:
        """Milliseconds for a minute, of both."""
        return (self.database + self.cpu) * MINUTE / self.interval


def dues(ground: Ground) -> list[Due]:
    """Assess each target as the daemon does, several times, where every table is open to an API."""
    with ground.server.connect(ground.databases[0]) as owner:
        found = owner.execute(
            "select quote_ident(nspname) from pg_namespace where nspname !~ '^pg_'"
        )
        schemas = ", ".join(name for (name,) in found if name != "information_schema")
        owner.execute(_API.format(schemas=schemas).encode())
    shared = {**NOTHING.shared, "exposed_schemas": tuple(schemas.split(", "))}
    with psycopg.connect(**Login(ground.dsn(OURS)).parameters()) as connection:
        session = Session(connection)
        facts = session.read_facts((), LIMIT)
        targets = [target for target in shipped().values() if target.implemented]
        return [_due(ground, session, facts, target, shared) for target in targets]


def _due(
    ground: Ground,
    session: Session,
    facts: Facts,
    target: Target,
    shared: Mapping[str, Setting],
) -> Due:
    database, cpu, scope = [], [], 0
    for _ in range(RUNS):
        before, started = ground.ledger(OURS), time.process_time()
        scope = measure(target, session, facts, LIMIT, shared).scope
        cpu.append((time.process_time() - started) * 1000)
        database.append(ground.ledger(OURS).milliseconds - before.milliseconds)
    return Due(
        target.id, target.interval, statistics.median(database), statistics.median(cpu), scope
    )
