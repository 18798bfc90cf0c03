"""Courtesy: who reads rows steps aside while a scrape is being answered.

Both are Python, and one thread of it runs at a time. An answer takes two milliseconds, but it lets go
of the interpreter a dozen times, and each time who reads would take it for as long as it may.
"""

import threading
import time

PATIENCE = 0.02
"""Seconds for which an answer is waited for; one that takes longer waits for its client."""
_SHARE = 3
"""At most one part in so many of the time is spent on waiting, however many scrapes there are."""
_CREDIT = 0.3
"""Seconds whose share may be spent in advance: scrapes of several come together."""


class Courtesy:
    """What there is to be answered now, and who waits for that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answering = 0
        self._done = threading.Event()
        self._done.set()
        self._paid_until = 0.0
        """The moment up to which its share of the time is spent."""

    def begin(self) -> None:
        """Something is to be answered; `end` follows."""
        with self._lock:
            self._answering += 1
            self._done.clear()

    def end(self) -> None:
        """It is answered, or never will be."""
        with self._lock:
            self._answering -= 1
            if not self._answering:
                self._done.set()

    def step_aside(self) -> None:
        """Wait a moment for what is being answered, unless too much time went by with that."""
        if self._done.is_set() or (began := time.monotonic()) < self._paid_until - _CREDIT:
            return
        self._done.wait(PATIENCE)
        waited = time.monotonic() - began
        self._paid_until = max(self._paid_until, began) + waited * _SHARE


COURTESY = Courtesy()
"""That of this process: its threads share one interpreter."""
