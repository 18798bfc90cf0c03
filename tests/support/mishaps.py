"""What goes on at a faulty shop, again and again, while somebody watches it."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any, Self

import psycopg

from support.incidents import Deadlock
from support.servers import Server

CROWD = 25
"""Sessions that do nothing, beside those that do harm."""
EVERY, RARELY = 1.0, 10
"""Seconds from one turn to the next, and how many turns go by between what costs more."""
CHANGE = "update customers set name = name where id = 1"
HELD = (("console", ("begin", CHANGE)), ("import", ("begin", "select 1 / 0")))
"""Transactions that somebody left open, by the application."""
UNENDING = (
    ("checkout", CHANGE),
    ("checkout", CHANGE),
    ("report", "select pg_sleep(86400)"),
    # As slow as can be: 1,500 pages of it, each of them written.
    ("maintenance", "vacuum (freeze) orders"),
)
"""Statements that do not come to an end."""
SLOWLY = "set vacuum_cost_delay = 100; set vacuum_cost_limit = 1"
OFTEN = (
    "select name from customers where id = 1 + {turn} % 2000",
    "select count(*) from addresses where customer_id = 1 + {turn} % 2000",
    "insert into orders (customer_id, status, total, placed_at) values (7, 'paid', 42, now())",
    "insert into orders (customer_id, status, total, placed_at) values (7, 'lost', 42, now())",
    "update carts set items = items + 1 where id % 2000 = {turn} % 2000",
    "delete from shipments where id = {turn}",
    "select sum(total) from orders where status = 'refunded'",
    "select count_rows('reviews')",
)
"""One of them fails: a check that holds for new rows refuses it."""
SORT = "select count(*) from (select * from orders order by total desc, id offset 0) sorted"


class Mishaps:
    """Trouble at a server and its standby, as long as the `with` block lasts."""

    def __init__(self, server: Server, standby: Server) -> None:
        self._server, self._standby = server, standby
        self._over = threading.Event()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for _ in range(CROWD):
                self._session(stack, "web")
            for name, statements in HELD:
                self._hold(self._session(stack, name), statements)
            for name, statement in UNENDING:
                self._leave(self._session(stack, name), statement)
            pool = stack.enter_context(ThreadPoolExecutor(1))
            self._turns = pool.submit(self._go_on)
            stack.callback(self._over.set)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._turns.result()  # or what ended them

    def _session(self, stack: ExitStack, name: str) -> psycopg.Connection[Any]:
        session = self._server.connect(application_name=name)
        stack.callback(session.close)
        return session

    def _hold(self, session: psycopg.Connection[Any], statements: tuple[str, ...]) -> None:
        with suppress(psycopg.errors.DivisionByZero):
            for statement in statements:
                session.execute(statement.encode())

    def _leave(self, session: psycopg.Connection[Any], statement: str) -> None:
        session.execute(SLOWLY)
        session.pgconn.send_query(statement.encode())  # and no answer is waited for

    def _go_on(self) -> None:
        with self._server.connect(application_name="habits") as session, ExitStack() as reading:
            session.execute("set work_mem = '64kB'")
            for turn in itertools.count(1):
                for statement in OFTEN:
                    with suppress(psycopg.errors.CheckViolation):
                        session.execute(statement.format(turn=turn).encode())
                if turn % RARELY == 1:
                    self._rare(session, reading)
                if self._over.wait(EVERY):
                    return

    def _rare(self, session: psycopg.Connection[Any], reading: ExitStack) -> None:
        session.execute(SORT.encode())
        session.execute("checkpoint")
        Deadlock(self._server).begin()
        self._kill(session)
        self._conflict(session, reading)

    def _kill(self, session: psycopg.Connection[Any]) -> None:
        """One session is ended by an operator, another by the server."""
        with self._server.connect() as killed, self._server.connect() as timed_out:
            session.execute("select pg_terminate_backend(%s, 1000)", [killed.info.backend_pid])
            timed_out.execute("set idle_session_timeout = 1")

    def _conflict(self, session: psycopg.Connection[Any], reading: ExitStack) -> None:
        """Somebody reads on the standby what is locked on the primary, and is thrown out."""
        reading.close()
        with suppress(psycopg.OperationalError):  # already, perhaps while it logs in
            reader = self._standby.connect()
            reading.callback(reader.close)
            reader.execute("begin")
            reader.execute("select count(*) from carts")
        with session.transaction():
            session.execute("lock table carts in access exclusive mode")
