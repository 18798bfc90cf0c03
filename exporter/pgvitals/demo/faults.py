"""The shop's tables and their deliberate faults, as faults.sql has them."""

from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

import psycopg

from pgvitals.demo.progress import Failure, Progress
from pgvitals.demo.server import OWNER, Server

HEADING = "-- # "
IMPOSSIBLE = "create unique index concurrently customers_email_key on customers (email)"
"""Two customers have the same address: it fails, and leaves what such a failure leaves."""


class Section(NamedTuple):
    """Statements that run as one transaction, and what they show."""

    title: str
    sql: str


def sections() -> Iterator[Section]:
    """The sections of faults.sql, in order."""
    text = resources.files("pgvitals.demo").joinpath("faults.sql").read_text("utf-8")
    for part in f"\n{text}".split(f"\n{HEADING}")[1:]:
        title, _, statements = part.partition("\n")
        yield Section(title, statements)


def load(server: Server, progress: Progress) -> None:
    """Run them all as the shop's owner; raises psycopg.Error, Ended."""
    with server.connect(OWNER) as session:
        for section in sections():
            progress.say(section.title)
            session.execute(section.sql.encode())
            # Or these rows would be counted after a vacuum of them, and so twice.
            session.execute("select pg_stat_force_next_flush()")
        progress.say("an invalid index: what a unique index that failed leaves behind")
        _fail(session)


def _fail(session: psycopg.Connection[object]) -> None:
    try:
        session.execute(IMPOSSIBLE)
    except psycopg.errors.UniqueViolation:
        return
    raise Failure("a unique index could be made, expected it to fail: see faults.sql, customers")
