"""An instance: one PostgreSQL server, and what its heartbeat and its visits brought.

Two threads use it, one beats and one visits; a scrape reads what they replace by single assignments.
"""

import math
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
import structlog

from pgvitals import binding, heartbeat, outcome
from pgvitals.agenda import NOTHING, Agenda
from pgvitals.binding import Bound, Place
from pgvitals.catalogue import Catalogue, relations
from pgvitals.config import InstanceConfig
from pgvitals.deadline import Deadlines
from pgvitals.edition import Edition, Editions, same
from pgvitals.facts import Identity
from pgvitals.heartbeat import Heartbeat
from pgvitals.login import LIMIT
from pgvitals.session import UNREADABLE
from pgvitals.task import Task
from pgvitals.visitor import Visitor

DISCOVERY_INTERVAL = 60.0
"""Seconds from one look at the list of databases to the next."""
RETRY = 10.0
"""Seconds to the next look, or the next way home, when one failed."""
_TOGETHER = 0.5
"""Seconds by which a query may run early, so that those of one database share a visit."""
_LOOK, _LONGEST_REST = 0.5, 4.0
"""Seconds from one look at what is due to the next, at least and at most: less than an edition holds."""


class Instance:
    """`name` is that of the configuration; `bound` are its tasks, `databases` those whose own queries run.

    `visits` counts by outcome, `visit_duration` are the seconds of the last one.
    """

    def __init__(
        self,
        name: str,
        config: InstanceConfig,
        catalogue: Catalogue,
        deadlines: Deadlines,
        agenda: Agenda = NOTHING,
    ) -> None:
        self.name, self.config = name, config
        self.login = config.login()
        self.heartbeat = Heartbeat()
        self.identity: Identity | None = None
        self.databases: tuple[str, ...] = ()
        self.bound = Bound()
        self.visits = {"success": 0, "error": 0}
        self.visit_duration: float | None = None
        self.beating = False
        self.wake = threading.Event()
        self.beat_soon = threading.Event()
        self._editions = Editions(lambda: self.tasks)
        self._catalogue, self._deadlines, self._agenda = catalogue, deadlines, agenda
        self._visitor = Visitor(name, self.login, deadlines)
        self._visitor.relations = relations(catalogue)
        self._main = ""
        self._found: tuple[str, ...] = ()
        self._looked_at = self._home_from = -math.inf
        self._met: Identity | None = None
        self._recovered = self._was_ready = self._on_tour = False
        self._trouble_since = ""
        self._lock = threading.Lock()
        self._log = structlog.get_logger().bind(instance=name)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All that is run."""
        return self.bound.tasks

    @property
    def connections(self) -> int:
        """Connections to the server that are open now: at most two."""
        return int(self._visitor.where is not None) + int(self.beating)

    @property
    def ready(self) -> bool:
        """Whether every query has run once, or it was known once why the server could not be read."""
        if not self._was_ready:
            beat, tasks = self.heartbeat, self.tasks
            ran = bool(tasks) and all(task.status.outcome for task in tasks)
            self._was_ready = ran or bool(beat.refusal or beat.misses)
        return self._was_ready

    def lag(self, now: float) -> float:
        """Seconds by which the most overdue query is late."""
        return max((now - task.due for task in self.tasks if task.due < now), default=0.0)

    def edition(self, now: float) -> Edition:
        """Everything there is to show, as text."""
        return self._editions.newest(now)

    def adopt(self, config: InstanceConfig, catalogue: Catalogue, agenda: Agenda = NOTHING) -> None:
        """Take over another configuration of the same server; what did not change goes on."""
        self.config, self._catalogue, self._agenda = config, catalogue, agenda
        self._visitor.relations = relations(catalogue)
        self._met = None  # the visitor knows the facts that the queries of before asked for
        self._bind()

    def close(self) -> None:
        """Give the connection back; called by the thread that visits, when it ends."""
        self._visitor.close()

    def beat(self) -> None:
        """Make one heartbeat, and start anew when another server answers, or in another role."""
        started = time.monotonic()
        self.beating = True
        self.beat_soon.clear()
        try:
            answer = heartbeat.beat(self.login, self._deadlines)
        except heartbeat.Silence:
            self.heartbeat.missed()
            self._lament("no_answer", f"no answer within {LIMIT:g} s")
        except (psycopg.Error, OSError, UnicodeError) as error:
            reason = outcome.down_reason(error)
            self.heartbeat.refused(reason)
            self._lament(reason, self.login.scrub(outcome.first_line(error)))
        else:
            self._heard(answer, started)
        finally:
            self.beating = False
        if self.login.problem:
            self._log.warning("credential not renewed", error=self.login.problem)

    def visit(self) -> float:
        """Visit the database whose queries are most overdue, if any is due and may be visited.

        Gives how many seconds there are to rest.
        """
        now = time.monotonic()
        may_enter = self.heartbeat.up(now)
        # Taken first: should another server answer from here on, these are nobody's any more.
        tasks = self.tasks
        if self.identity != self._met or self._recovered:
            self._start_anew(now)
        if may_enter and self.config.databases and now - self._looked_at > DISCOVERY_INTERVAL:
            self._discover(now)
        due = [t for t in tasks if t.due <= now and self._may_run(t, may_enter)]
        if due:
            # By when a result would be missed: what runs every 15 s does not queue behind what does daily.
            urgent = min(due, key=lambda t: t.wanted_by).database
            batch = [t for t in tasks if t.database == urgent and t.due <= now + _TOGETHER]
            if self._on_tour:
                self._editions.keep_up(now)
            self._on_tour = True
            return self._visit(urgent, sorted(batch, key=lambda t: t.wanted_by), now)
        self._on_tour = False
        self._editions.renew(now)
        self._go_home(now, may_enter)
        next_due = min((t.due for t in tasks if self._may_run(t, may_enter)), default=math.inf)
        return min(max(next_due - time.monotonic(), _LOOK), _LONGEST_REST)

    def _may_run(self, task: Task, may_enter: bool) -> bool:
        """Whether there is a session for it, or may be one."""
        return may_enter or task.database == self._visitor.where

    def _go_home(self, now: float, may_enter: bool) -> None:
        """With nothing to read, be where the next will be: connected to the main database.

        The connection that is open when the server runs out of them is the one that goes on reading.
        """
        away = self._visitor.where is None and self.databases != (self._main,)
        if away and may_enter and now >= self._home_from:
            arrived = self._visitor.visit(self._main, (), keep=True)
            self._home_from = now if arrived else now + RETRY

    def _visit(self, database: str, batch: Sequence[Task], started: float) -> float:
        worked = self._visitor.visit(
            database,
            batch,
            keep=database == self._main,
            # No other would be had now: this one is all there is.
            renew=self.heartbeat.up(started),
        )
        self.visits["success" if worked else "error"] += 1
        self.visit_duration = time.monotonic() - started
        if worked:
            return 0.0
        self.beat_soon.set()
        self._looked_at = -math.inf
        return _LOOK

    def _heard(self, answer: heartbeat.Answer, started: float) -> None:
        now = time.monotonic()
        if answer.identity != self.identity:
            self._log.info(
                "server found", version=answer.identity.version, database=answer.database
            )
            if answer.superuser:
                self._log.warning(
                    "logged in as a superuser: pg_monitor is enough, see pgvitals grants"
                )
            self.identity, self._main = answer.identity, answer.database
            self._bind(anew=True)
        if self.heartbeat.answered(now, now - started):
            self._log.info("server is up", since=self._trouble_since)
            self._trouble_since, self._recovered = "", True
            self.wake.set()

    def _lament(self, reason: str, error: str) -> None:
        # The time tells one trouble from the next: each is said, and said again only rarely.
        self._trouble_since = self._trouble_since or datetime.now(UTC).isoformat(timespec="seconds")
        self._log.error("login failed", reason=reason, error=error, since=self._trouble_since)

    def _start_anew(self, now: float) -> None:
        """After trouble, or before another server: what failed is due again, on a connection of today."""
        if self.identity != self._met:
            self._visitor.forget()
            self._met, self._looked_at = self.identity, -math.inf
        self._recovered = False
        for task in self.tasks:
            task.retry(now)

    def _discover(self, now: float) -> None:
        found = self._visitor.databases(self._main)
        self._looked_at = now if found is not None else now - DISCOVERY_INTERVAL + RETRY
        if found is not None and self.config.databases:
            wants = self.config.databases.wants
            named = (name for name in found if UNREADABLE not in name)
            self._found = tuple(name for name in named if wants(name, self._main))
            self._bind()

    def _bind(self, *, anew: bool = False) -> None:
        """Make a task for each query, target and database; those that did not change stay, unless `anew`."""
        if self.identity is None:
            return  # nobody knows yet what there is
        with self._lock:
            databases = self._found if self.config.databases else (self._main,)
            stretch = max(1, math.ceil(len(databases) / self.config.max_databases))
            place, now = Place(self._main, databases, self.login.server, stretch), time.monotonic()
            known = Bound() if anew else self.bound
            bound = binding.bind(self._catalogue, self._agenda, place, known, now)
            changed = not same(bound.tasks, self.tasks)
            self.bound, self.databases = bound, databases
        if changed:
            self._editions.forget()
            self.wake.set()
