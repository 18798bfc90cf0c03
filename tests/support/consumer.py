"""A client that always has something under way, as those of a queue have."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from support.servers import Server

STATEMENT = b"select pg_sleep(0.2)"


class Consumer:
    """Short statements one after the other, as long as the `with` block lasts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1)
        self._turns = self._pool.submit(self._go_on)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        self._turns.result()  # or what ended them

    def _go_on(self) -> None:
        with self._server.connect(application_name="consumer") as session:
            while not self._over.is_set():
                session.execute(STATEMENT)
