"""Faults: what happens to a server, and how it ends."""

import os
import random
import signal
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Any, ClassVar

import psycopg

from support.cluster import HBA
from support.servers import Server, launch

ROLE, PASSWORD = "pgvitals", "an exporter's password"
REFUSING, SILENT = 15.0, 25.0
"""Seconds to pg_up 0 where the server refuses, and where nothing comes back."""


class Fault:
    """One kind of trouble. `down_within` is None where pg_up must not fall.

    `brief` may be over before anyone looks, so pg_up need not fall; `sessions_go_on` where those
    that are open still answer, so that polling goes on.
    """

    name: ClassVar[str]
    down_within: ClassVar[float | None] = REFUSING
    brief: ClassVar[bool] = False
    sessions_go_on: ClassVar[bool] = False
    hold: ClassVar[tuple[float, float]] = (2.0, 30.0)
    """Seconds that the trouble goes on once it was seen: in the short form, in the long one."""

    def __init__(self, server: Server, long: bool) -> None:
        self.server, self.long = server, long

    def prepare(self) -> None:
        """Do what takes time and hurts nobody yet."""

    def begin(self) -> None:
        """Hurt the server."""
        raise NotImplementedError

    def end(self) -> None:
        """Heal it."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave nothing behind."""


class Stop(Fault):
    name = "stop"

    def begin(self) -> None:
        self.server.stop()

    def end(self) -> None:
        self.server.start()


class Kill(Stop):
    name = "kill -9"

    def begin(self) -> None:
        self.server.kill()


class Freeze(Fault):
    name = "SIGSTOP"
    down_within = SILENT

    def begin(self) -> None:
        self.server.freeze()

    def end(self) -> None:
        self.server.thaw()


class LoginsHang(Freeze):
    name = "logins hang"
    sessions_go_on = True

    def begin(self) -> None:
        self.server.freeze_postmaster()


class SilentListener(Fault):
    name = "silent listener"
    down_within = SILENT

    def begin(self) -> None:
        self.server.stop()
        self._accepted: list[socket.socket] = []
        self._listener = socket.create_server((self.server.host, self.server.port), backlog=128)
        threading.Thread(target=self._accept, name="silent listener", daemon=True).start()

    def end(self) -> None:
        self.close()
        self.server.start()

    def close(self) -> None:
        # Without the shutdown, accept() in the other thread keeps the port.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for accepted in self._accepted:
            accepted.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._accepted.append(self._listener.accept()[0])


class Exhaustion(Fault):
    """A crowd takes every slot, and each one that is given back."""

    name = "no connection left"
    sessions_go_on = True

    def prepare(self) -> None:
        self._over = threading.Event()
        self._crowd: list[psycopg.Connection[Any]] = []
        self._thread = threading.Thread(target=self._press, name="crowd", daemon=True)

    def begin(self) -> None:
        while self._enter():
            pass
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        for connection in self._crowd:
            connection.close()

    def _press(self) -> None:
        while not self._over.wait(0.05):
            self._enter()

    def _enter(self) -> bool:
        try:
            self._crowd.append(psycopg.connect(self.server.dsn(user="crowd", password=PASSWORD)))
        except psycopg.OperationalError:
            return False
        return True


class Rejected(Fault):
    name = "pg_hba reject"
    sessions_go_on = True

    def begin(self) -> None:
        self.server.hba(f"host all {ROLE} 127.0.0.1/32 reject", *HBA)

    def end(self) -> None:
        self.server.hba(*HBA)


class WrongPassword(Fault):
    name = "password changed"
    sessions_go_on = True

    def begin(self) -> None:
        self._change("another one")

    def end(self) -> None:
        self._change(PASSWORD)

    def _change(self, password: str) -> None:
        with self.server.connect() as connection:
            quoted = password.replace("'", "''")
            connection.execute(f"ALTER ROLE {ROLE} PASSWORD '{quoted}'".encode())


class LockedTable(Fault):
    name = "table locked"
    down_within = None
    sessions_go_on = True
    hold = (25.0, 180.0)

    def prepare(self) -> None:
        self._holder = self.server.connect()
        self._holder.execute("CREATE TABLE locked (id int PRIMARY KEY, t text)")

    def begin(self) -> None:
        self._holder.execute("BEGIN; LOCK TABLE locked IN ACCESS EXCLUSIVE MODE")

    def end(self) -> None:
        self._holder.execute("COMMIT")

    def close(self) -> None:
        self._holder.close()


class Restart(Fault):
    name = "restart"
    brief = True
    hold = (0.0, 0.0)

    def begin(self) -> None:
        self.server.restart()

    def end(self) -> None:
        """It is back."""


class BackendKilled(Restart):
    """The server ends every session and recovers by itself."""

    name = "kill -9 of a backend"

    def begin(self) -> None:
        with suppress(psycopg.OperationalError), self.server.connect() as connection:
            os.kill(connection.info.backend_pid, signal.SIGKILL)
            connection.execute("SELECT pg_sleep(1)")
        _wait_for_login(self.server)


class AnotherServer(Fault):
    """Another server takes the address; `old` and `new` are databases that only one of them has."""

    name = "another server"
    brief = True
    hold = (0.0, 0.0)
    old, new = "only_the_old_one", "only_the_new_one"

    def prepare(self) -> None:
        self._other = launch(self.server.major)
        make_roles(self._other)
        self._other.create_database(self.new)
        self.server.create_database(self.old)
        self._other.configure(port=self.server.port)
        self._other.stop()

    def begin(self) -> None:
        self.server.stop()
        self._other.start()

    def end(self) -> None:
        """It stays."""

    def close(self) -> None:
        self._other.close()


class Stalls(Fault):
    """Single stalls of 5 s, again and again."""

    name = "stalls of 5 s"
    down_within = None
    hold = (0.0, 0.0)
    sessions_go_on = True

    def begin(self) -> None:
        for _ in range(30 if self.long else 3):
            self.server.freeze()
            time.sleep(5)
            self.server.thaw()
            time.sleep(random.uniform(6, 14))

    def end(self) -> None:
        """It runs."""

    def close(self) -> None:
        self.server.thaw()


FAULTS: list[type[Fault]] = [
    Stalls,
    LockedTable,
    Stop,
    Freeze,
    SilentListener,
    Exhaustion,
    Rejected,
    WrongPassword,
    LoginsHang,
    Kill,
    Restart,
    BackendKilled,
    AnotherServer,
]


def make_roles(server: Server) -> None:
    """The exporter's own role, and one for everybody else."""
    quoted = PASSWORD.replace("'", "''")
    with closing(server.connect()) as connection:
        for role in (ROLE, "crowd"):
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{quoted}'".encode())
        connection.execute(f"GRANT pg_monitor TO {ROLE}".encode())


def _wait_for_login(server: Server) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            server.connect().close()
            return
        time.sleep(0.05)
