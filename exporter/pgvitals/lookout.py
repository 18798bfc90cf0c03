"""The lookout: looks whether something changed, where a look may take for ever."""

import threading
from collections.abc import Callable

PATIENCE = 0.2
"""Seconds for which who asks waits for the look."""


class Lookout:
    """Does `look`, which raises nothing, in a thread of its own whenever it is asked to."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._changed = threading.Condition()
        self._looking = False
        threading.Thread(target=self._keep, name="lookout", daemon=True).start()

    def ask(self) -> None:
        """Have a look taken, and wait a moment for its end; not at all while one is under way."""
        with self._changed:
            if self._looking:
                return
            self._looking = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._looking, PATIENCE)

    def _keep(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._looking)
            self._look()
            with self._changed:
                self._looking = False
                self._changed.notify_all()
