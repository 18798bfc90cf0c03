"""The workers: threads that answer, bounded in number and in time."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from pgvitals.client import Client
from pgvitals.courtesy import COURTESY
from pgvitals.deadline import Deadline, Deadlines
from pgvitals.tarpit import Tarpit

MOST_WORKERS = 128
"""Answers given at once; for one more, who has taken longest to read his is cut.

As many wait for a worker; whoever comes beyond that is cut himself.
"""
ANSWER_LIMIT = 10.0
"""Seconds for a client to take the answer."""

_log = structlog.get_logger()


class Workers:
    """Each client is answered by `answer` in a thread, within a time after which he is cut.

    What `answer` gives is to be said to him later: he was refused.
    """

    def __init__(self, deadlines: Deadlines, answer: Callable[[Client], bytes]) -> None:
        self._deadlines, self._answer = deadlines, answer
        self._changing = threading.Lock()
        self._tarpit = Tarpit()
        self._busy = 0
        self._waiting: deque[Client] = deque()
        self._reading: dict[Deadline, None] = {}
        """Whose answers are under way, the longest first."""

    def serve(self, client: Client) -> None:
        """Answer, now or when a worker is free; does not wait for it."""
        COURTESY.begin()
        with self._changing:
            if self._busy == MOST_WORKERS:
                self._let_wait(client)
                return
            self._busy += 1
        try:
            threading.Thread(target=self._work, args=(client,), daemon=True).start()
        except RuntimeError as error:  # the system has no thread for us
            _log.error("client not answered", error=str(error))
            client.close()
            COURTESY.end()
            with self._changing:
                self._busy -= 1

    def _let_wait(self, client: Client) -> None:
        """Let him wait for the worker of who has taken longest, if there is room."""
        if len(self._waiting) == MOST_WORKERS:
            client.close()
            COURTESY.end()
            return
        self._waiting.append(client)
        if longest := next((d for d in self._reading if not d.expired), None):
            longest.shut()

    def _work(self, client: Client | None) -> None:
        while client:
            try:
                self._attend(client)
            finally:
                COURTESY.end()
            client = self._next()

    def _next(self) -> Client | None:
        with self._changing:
            if self._waiting:
                return self._waiting.popleft()
            self._busy -= 1
            return None

    def _attend(self, client: Client) -> None:
        refusal = b""
        try:
            with self._timed(client):
                refusal = self._answer(client)
        except OSError as error:
            # One who went away or was cut off: his own affair, as anything else is ours.
            _log.debug("client lost", client=str(client.address), error=str(error))
        except Exception:  # noqa: BLE001 - the worker is for the next one, too
            _log.exception("internal error", client=str(client.address))
        finally:
            if refusal:
                self._tarpit.hold(client, refusal)
            else:
                client.close()

    @contextmanager
    def _timed(self, client: Client) -> Iterator[None]:
        """Cut him when his time is over, or when his worker is needed."""
        with self._deadlines.guard(client.fileno, ANSWER_LIMIT) as deadline:
            with self._changing:
                self._reading[deadline] = None
            try:
                yield
            finally:
                with self._changing:
                    del self._reading[deadline]
