"""A check: every target assessed once, without a daemon, in one database after the other."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import psycopg

from pgvitals import binding
from pgvitals.agenda import Agenda
from pgvitals.assessment import FINDINGS, Assessment
from pgvitals.binding import Place
from pgvitals.checkup import session
from pgvitals.config import Databases
from pgvitals.facts import Facts
from pgvitals.login import LIMIT, Login
from pgvitals.outcome import Outcome
from pgvitals.session import Session
from pgvitals.verdict import STATES, State, Verdict
from pgvitals.visitor import DATABASES

Progress = Callable[[Assessment, int, int], None]
"""Told before each assessment how many are done, and how many there are."""


class Checked(NamedTuple):
    """A verdict, and what the server said where there is none."""

    verdict: Verdict
    message: str = ""


class Report(NamedTuple):
    """Everything that a check brought, in the order of the targets.

    `server` is host:port, `version` that of PostgreSQL as a number (180001), `role` who asked.
    """

    server: str
    version: int
    in_recovery: bool
    role: str
    checked: Sequence[Checked]

    def summary(self) -> dict[State, int]:
        """How many verdicts there are of each state."""
        counts = Counter(checked.verdict.state for checked in self.checked)
        return {state: counts[state] for state in STATES}


def run(
    login: Login,
    agenda: Agenda,
    progress: Progress,
    *,
    databases: Databases | None = None,
    most: int = FINDINGS,
) -> Report:
    """Assess the targets of `agenda` and name `most` findings of each; raises psycopg.Error.

    Without `databases` the connected one is checked alone.
    """
    checked: dict[int, Checked] = {}

    def assess(tasks: Iterable[Assessment], opened: Session, facts: Facts) -> None:
        for task in tasks:
            task.most = most
            progress(task, len(checked), total)
            _assess(task, opened, facts)
            # At once: what waits for the others grows old meanwhile.
            checked[id(task)] = _checked(task, login)

    with session(login) as first:
        role, facts = first.connection.info.user, first.read_facts((), LIMIT)
        main, names = first.database, _names(first, databases)
        tasks = binding.assessments(agenda, Place(main, names, login.server), (), 0.0)
        total = len(tasks)
        assess([task for task in tasks if task.database == main], first, facts)
    for name in (name for name in names if name != main):
        _elsewhere(login, name, [task for task in tasks if task.database == name], assess)
    told = [checked.get(id(task)) or _checked(task, login) for task in tasks]
    return Report(login.server, facts.version, facts.in_recovery, role, told)


def _elsewhere(
    login: Login,
    database: str,
    tasks: Sequence[Assessment],
    assess: Callable[[Iterable[Assessment], Session, Facts], None],
) -> None:
    """Assess in another database; one that cannot be entered costs the others nothing."""
    started = time.monotonic()
    try:
        with session(login, database) as opened:
            assess(tasks, opened, opened.read_facts((), LIMIT))
    except psycopg.Error as error:
        for task in tasks:
            if not task.status.outcome:
                task.fail(error, started)


def _names(opened: Session, databases: Databases | None) -> list[str]:
    """The databases to check."""
    connected = opened.database
    if databases is None:
        return [connected]
    chunks = opened.read(DATABASES, LIMIT)
    found = [name or "" for chunk in chunks for (name,) in chunk.rows()]
    return [name for name in found if databases.wants(name, connected)]


def _assess(task: Assessment, opened: Session, facts: Facts) -> None:
    """Run one; whatever becomes of it, the others go on as long as there is a connection."""
    started = time.monotonic()
    if task.idle:
        return
    try:
        task.run(opened, facts, task.query.timeout)
    except Exception as error:
        if opened.broken:
            raise
        task.fail(error, started)


def _checked(task: Assessment, login: Login) -> Checked:
    ended = task.status.outcome or Outcome("success")
    verdict = task.verdict(task.status, time.monotonic())
    return Checked(verdict, login.scrub(ended.message))
