"""What the shop's customers do: a few statements a second, and two sessions that hold each other up."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psycopg

from pgvitals.demo.server import OWNER, Server


class Habit(NamedTuple):
    """Statements that somebody repeats every so many seconds; `%s` is how often he did."""

    name: str
    every: float
    statements: tuple[str, ...]


HABITS = (
    Habit(
        "browser",
        0.5,
        (
            "select name from customers where id = 1 + %s %% 2000",
            "select count(*) from addresses where customer_id = 1 + %s %% 2000",
        ),
    ),
    Habit(
        "buyer",
        1.0,
        (
            "insert into orders (customer_id, status, total, placed_at)"
            " values (1 + %s %% 2000, 'paid', 42, now())",
            "update carts set items = items + 1 where id = 1 + %s %% 20000",
            "select id from orders where placed_at > now() - interval '1 hour' limit 1 + %s %% 10",
        ),
    ),
    Habit("accountant", 5.0, ("select sum(total) from orders where status = 'refunded'",)),
)
CHANGE = b"update customers set name = name where id = 1"


@contextmanager
def standoff(server: Server) -> Iterator[None]:
    """One session changes a row and then sits idle in its transaction; another waits for the row."""
    with server.connect(OWNER) as idle, server.connect(OWNER) as waiting:
        idle.execute("begin")
        idle.execute(CHANGE)
        waiting.pgconn.send_query(CHANGE)  # and no answer is waited for
        try:
            yield
        finally:
            # Closed, rather than asked to end what is under way.
            waiting.close()
            idle.close()


@contextmanager
def running(server: Server) -> Iterator[None]:
    """Somebody with each habit, in a thread; they leave when the server does."""
    over = threading.Event()
    threads = [
        threading.Thread(target=_live, args=(server, habit, over), name=habit.name, daemon=True)
        for habit in HABITS
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(1.0)  # one that a frozen server holds ends with the server


def _live(server: Server, habit: Habit, over: threading.Event) -> None:
    with suppress(psycopg.OperationalError), server.connect(OWNER) as session:
        for turn in itertools.count():
            for statement in habit.statements:
                session.execute(statement.encode(), (turn,) if "%s" in statement else None)
            if over.wait(habit.every):
                return
