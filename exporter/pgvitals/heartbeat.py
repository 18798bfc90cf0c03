"""The heartbeat: fresh logins in a row, what they say about a server, and for how long that holds.

A kept session proves nothing: it still answers when the server is out of connections, or when the
role has lost its login.
"""

import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg

from pgvitals.deadline import Deadlines
from pgvitals.facts import Identity
from pgvitals.login import LIMIT, Login

INTERVAL = 10.0
"""Seconds from one beat to the next."""
RETRY = 5.0
"""Seconds from a beat that stayed silent to the next."""
MISSES = 2
"""Silent beats in a row that mean down; a refusal means it at once."""
LIFETIME = 20.0
"""Seconds for which a good beat counts: beyond, our own loop hangs, and nobody knows."""


STARTING = "starting"
"""The reason while the first beat is under way: the server is neither up nor down yet."""


@dataclass
class Heartbeat:
    """Seconds are of time.monotonic; `since` is when the first beat was due."""

    good_at: float | None = None
    duration: float = 0.0
    misses: int = 0
    refusal: str = ""
    since: float = field(default_factory=time.monotonic)

    def answered(self, now: float, duration: float) -> bool:
        """A login was answered; gives whether that ends a time of trouble."""
        troubled = bool(self.misses or self.refusal or self.good_at is None)
        self.good_at, self.duration, self.misses, self.refusal = now, duration, 0, ""
        return troubled

    def refused(self, reason: str) -> None:
        """The server, or the way to it, said no."""
        self.refusal, self.misses = reason, 0

    def missed(self) -> None:
        """No answer within LIMIT."""
        self.misses += 1
        if self.misses >= MISSES:
            self.refusal = ""  # what it said before is not what it does now

    def up(self, now: float) -> bool:
        """Whether the server is up, as far as can be known at `now`."""
        return not self.reason(now)

    def reason(self, now: float) -> str:
        """Why the server is not up; empty when it is."""
        if self.refusal:
            return self.refusal
        if self.misses >= MISSES or (self.misses and self.good_at is None):
            return "no_answer"
        if now - (self.since if self.good_at is None else self.good_at) > LIFETIME:
            return "heartbeat_overdue"
        return STARTING if self.good_at is None else ""

    @property
    def pause(self) -> float:
        """Seconds from the start of the last beat to the next."""
        return RETRY if self.misses else INTERVAL


class Answer(NamedTuple):
    """What one beat learned: who answers, in which database, and whether as a superuser."""

    identity: Identity
    database: str
    superuser: bool


_IDENTITY = "select current_setting('server_version_num')::int, pg_is_in_recovery()"
_CONTROL = (
    ", (select system_identifier::text from pg_control_system())"
    ", (select timeline_id::text from pg_control_checkpoint())"
)


def beat(login: Login, deadlines: Deadlines) -> Answer:
    """Log in, ask who is there, and leave; raises psycopg.Error, Silence when there was no answer."""
    started = time.monotonic()
    try:
        connection = login.connect()
    except psycopg.errors.ConnectionTimeout as error:
        raise Silence(str(error)) from None
    # One that took its time, over several addresses, has none left for an answer.
    left = max(0.0, LIMIT - (time.monotonic() - started))
    with connection, deadlines.guard(connection.fileno(), left) as deadline:
        try:
            identity = _identify(connection)
        except psycopg.Error as error:
            raise (Silence("no answer to the first query") if deadline.expired else error) from None
        superuser = connection.info.parameter_status("is_superuser") == "on"
        return Answer(identity, connection.info.dbname, superuser)


class Silence(psycopg.OperationalError):
    """Nothing came back within LIMIT."""


def _identify(connection: psycopg.Connection[Any]) -> Identity:
    """Ask for as much as the server tells: some managed ones deny pg_control_system()."""
    try:
        row = connection.execute(_IDENTITY + _CONTROL).fetchone()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
        row = connection.execute(_IDENTITY).fetchone()
    return Identity(*row or (0, False))
