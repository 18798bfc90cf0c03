"""What assessing each target costs, of the database and of ours, at its own interval."""

import statistics
import time
from typing import NamedTuple

import psycopg

from bench.bill import LIMIT, RUNS
from bench.entry import MINUTE
from bench.ground import OURS, Ground
from pgvitals.agenda import NOTHING, shipped
from pgvitals.assessment import Assessment
from pgvitals.changes import Changes, look
from pgvitals.facts import Facts
from pgvitals.login import Login
from pgvitals.session import Session
from pgvitals.task import Task

_API = """
create role anon; create role authenticated; create role service_role bypassrls;
grant select on all tables in schema {schemas} to anon;
grant insert, update on all tables in schema {schemas} to service_role;
"""


class Due(NamedTuple):
    """A target, or the look at the catalogs; the seconds between its runs, and milliseconds for one.

    Those are the database's and ours; `scope` is how much it examines.
    """

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
        where = session.database
        targets = [target for target in shipped().values() if target.implemented]
        tasks = [*(Assessment(t, where, shared=shared) for t in targets), Changes(look(), where)]
        return [_due(ground, session, facts, task) for task in tasks]


def _due(ground: Ground, session: Session, facts: Facts, task: Task) -> Due:
    database, cpu = [], []
    for _ in range(RUNS):
        before, started = ground.ledger(OURS), time.process_time()
        task.run(session, facts, LIMIT)
        cpu.append((time.process_time() - started) * 1000)
        database.append(ground.ledger(OURS).milliseconds - before.milliseconds)
    name = task.name.removeprefix("target_")
    taken = statistics.median(database), statistics.median(cpu)
    return Due(name, task.interval, *taken, task.status.rows)
