"""The visitor: the one connection of an instance that reads, and where it is."""

import time
from collections.abc import Iterable, Sequence

import psycopg
import structlog
from psycopg_pool import NullConnectionPool, PoolTimeout

from pgvitals import memory, outcome
from pgvitals.deadline import Deadline, Deadlines
from pgvitals.facts import Facts
from pgvitals.login import LIMIT, Login, let_go
from pgvitals.session import Connection, Session
from pgvitals.task import Task

VISIT_LIMIT = 15.0
"""Seconds for a visit, login included."""
SESSION_LIFETIME = 600.0
"""Seconds after which a kept connection is replaced: a backend's caches only grow."""
FACTS_LIFETIME = 600.0
"""Seconds for which is believed what was learned of a database, unless a query fails there."""
RARE = 600.0
"""Seconds between two runs, from which on a query may fill those caches with all that there is."""

DATABASES = """
select datname from pg_database
 where datallowconn and not datistemplate and datconnlimit <> -2 and has_database_privilege(oid, 'CONNECT')
 order by datname
"""

_log = structlog.get_logger()


class Visitor:
    """Visits databases, one at a time, over a pool of one connection; queries may require `relations`.

    The pool makes a connection in the asking thread, closes it when it is given back, and refuses a
    second one: the budget holds by construction. A connection is kept by not giving it back.
    """

    def __init__(self, name: str, login: Login, deadlines: Deadlines) -> None:
        self._login, self._deadlines = login, deadlines
        self._log = _log.bind(instance=name)
        self._database: str | None = None
        self._session: Session | None = None
        self._facts: dict[str, tuple[Facts, float]] = {}
        self.relations: Iterable[str] = ()
        self._pool: NullConnectionPool[Connection] = NullConnectionPool(
            kwargs=lambda: login.parameters(self._database),
            max_size=1,
            num_workers=1,
            open=True,
            name=name,
        )

    @property
    def where(self) -> str | None:
        """The database of the open session; None without one."""
        return self._session.database if self._session else None

    def visit(
        self,
        database: str,
        tasks: Sequence[Task],
        *,
        keep: bool = False,
        renew: bool = True,
    ) -> bool:
        """Run `tasks` in `database`, as far as the time goes, and stay there to `keep` the session.

        With `renew` a session is not kept that is old, or has run what runs rarely. Gives whether the
        connection held.
        """
        started = time.monotonic()
        try:
            session = self._enter(database)
            left = VISIT_LIMIT - (time.monotonic() - started)
            with self._deadlines.guard(session.connection.fileno(), left) as deadline:
                self._run(session, self._learn(session, left), tasks, deadline)
        except (psycopg.Error, PoolTimeout) as error:
            for task in tasks:
                task.fail(error, started)
                self._tell(task)
            self._facts.pop(database, None)
            self.leave()
            return False
        held = not session.broken
        rare = any(task.query.interval >= RARE for task in tasks)
        old = rare or time.monotonic() - session.opened_at > SESSION_LIFETIME
        if not (keep and held) or (renew and old):
            self.leave()
        if keep and renew and old:
            memory.give_back()
        return held

    def databases(self, database: str) -> list[str] | None:
        """List, in `database`, those that may be visited; None when it cannot be told."""
        try:
            session = self._enter(database)
            with self._deadlines.guard(session.connection.fileno(), LIMIT):
                chunks = session.read(DATABASES, LIMIT)
                return [name or "" for chunk in chunks for (name,) in chunk.rows()]
        except (psycopg.Error, PoolTimeout) as error:
            text = self._login.scrub(outcome.first_line(error))
            self._log.warning("databases not listed", database=database, error=text)
            self.leave()
            return None

    def leave(self) -> None:
        """Close the session, if there is one."""
        if self._session:
            self._pool.putconn(self._session.connection)
        self._session = None

    def forget(self) -> None:
        """Leave, and learn anew what the databases are like."""
        self.leave()
        self._facts.clear()

    def close(self) -> None:
        """Leave for good."""
        self.leave()
        self._pool.close()

    def _enter(self, database: str) -> Session:
        if self.where != database:
            self.leave()
        if self._session is None:
            self._database = database
            connection = self._login_anew()
            try:
                self._session = Session(connection)
            except psycopg.Error:
                # Lost already: given back, or the pool would count it for ever and make no other.
                self._pool.putconn(connection)
                raise
        return self._session

    def _learn(self, session: Session, left: float) -> Facts:
        """The facts of the session's database, read again when they are old."""
        now = time.monotonic()
        self._facts = {
            n: (f, at) for n, (f, at) in self._facts.items() if now - at < FACTS_LIFETIME
        }
        if session.database not in self._facts:
            self._facts[session.database] = session.read_facts(self.relations, left), now
        return self._facts[session.database][0]

    def _login_anew(self) -> Connection:
        try:
            return self._pool.getconn(timeout=LIMIT)
        except (psycopg.Error, PoolTimeout) as error:
            let_go(error)
            raise

    def _run(
        self, session: Session, facts: Facts, tasks: Sequence[Task], deadline: Deadline
    ) -> None:
        for task in tasks:
            started = time.monotonic()
            timeout = min(task.query.timeout, deadline.at - started)
            if session.broken or timeout < min(1.0, task.query.timeout):
                return  # what is left stays due, and the most overdue goes first next time
            before = task.status.outcome
            try:
                task.run(session, facts, timeout)
            except Exception as error:  # noqa: BLE001 - whatever one query does, the others go on
                self._facts.pop(session.database, None)
                task.fail(error, started, overdue=deadline.expired)
            if task.status.outcome != before:
                self._tell(task)

    def _tell(self, task: Task) -> None:
        ended = task.status.outcome
        if ended and ended.kind in ("error", "timeout", "skipped"):
            say = self._log.info if ended.kind == "skipped" else self._log.warning
            say(
                f"query {ended.kind}",
                collector=task.name,
                database=task.database,
                reason=ended.reason,
                error=self._login.scrub(ended.message),
            )
