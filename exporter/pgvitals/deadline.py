"""Deadlines: whoever talks over a socket for too long has it shut, without a thread or a signal each.

Shutting a socket wakes whoever waits on it, with an error; nothing else ends a wait for a silent peer
and needs neither a second connection nor the waiting thread's help.
"""

import math
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """One guarded socket; `expired` once it was shut."""

    def __init__(self, fileno: int, at: float) -> None:
        # A duplicate of our own: the number of the original may be another's by the time we act.
        self._socket = socket.socket(fileno=os.dup(fileno))
        self.at = at
        self.expired = False

    def shut(self) -> None:
        """End every wait on the socket."""
        self.expired = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Give the duplicate back."""
        self._socket.close()


class Deadlines:
    """All guarded sockets; `keep` is one loop's work, for as long as the process lives."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._guarded: set[Deadline] = set()
        self._wakes_at = math.inf
        """When who keeps them looks again by himself: to wake him for each scrape would delay it."""

    @contextmanager
    def guard(self, fileno: int, seconds: float) -> Iterator[Deadline]:
        """Shut the socket `fileno` if the block takes longer than `seconds`."""
        deadline = Deadline(fileno, time.monotonic() + seconds)
        with self._changed:
            self._guarded.add(deadline)
            if deadline.at < self._wakes_at:
                self._changed.notify()
        try:
            yield deadline
        finally:
            with self._changed:
                self._guarded.discard(deadline)
                deadline.release()

    def enforce(self, now: float) -> float:
        """Shut what is overdue at `now` (time.monotonic); gives when the next will be, or infinity."""
        with self._changed:
            for deadline in self._guarded:
                if deadline.at <= now and not deadline.expired:
                    deadline.shut()
            return self._next()

    def _next(self) -> float:
        """When the first is due that is not shut already."""
        return min((d.at for d in self._guarded if not d.expired), default=math.inf)

    def keep(self) -> None:
        """Enforce all of them for ever, and sleep between two of them."""
        with self._changed:
            while True:
                self._wakes_at = self.enforce(time.monotonic())
                left = self._wakes_at - time.monotonic()
                self._changed.wait(None if left == math.inf else max(0.0, left))
