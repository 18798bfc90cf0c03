"""What the demo tells, and whether somebody asked it to end."""

import os
import signal
import time
from collections.abc import Callable
from typing import TypeVar

import click

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY = 0.05
"""Seconds between two looks at what is waited for."""
_STDIN = 0


class Ended(Exception):  # noqa: N818 - nothing is wrong
    """A signal asked the demo to end."""


class Failure(Exception):  # noqa: N818 - it is what the demo ends with
    """What went wrong and what to do about it, for people."""


class Progress:
    """Lines with the seconds since the start, on standard error or output.

    A signal only leaves a note, and whoever tells or waits finds it: so nothing is ever cut off
    between a process's start and its entry in the books, nor the cleaning by a second Ctrl-C.
    """

    def __init__(self, *, to_stderr: bool) -> None:
        self.signal = 0
        self._to_stderr = to_stderr
        self._had_terminal = os.isatty(_STDIN)
        self._started = time.monotonic()

    def listen(self) -> None:
        """Take note of signals from now on."""
        for number in SIGNALS:
            # nohup has this one ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def say(self, text: str) -> None:
        """Tell what happens next; raises Ended."""
        self.look()
        click.echo(f"{time.monotonic() - self._started:6.1f} s  {text}", err=self._to_stderr)

    def look(self) -> None:
        """Raise Ended if a signal came, or the terminal went: its SIGHUP may end with `make`."""
        if self._had_terminal and not os.isatty(_STDIN):
            self.signal = self.signal or signal.SIGHUP
        if self.signal:
            raise Ended

    def wait(self, ready: Callable[[], T | None], seconds: float) -> T:
        """Look until something is there; raises Ended, and TimeoutError when it does not come."""
        deadline = time.monotonic() + seconds
        while not (found := ready()):
            self.look()
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(LOOK_EVERY)
        return found

    def _note(self, number: int, _frame: object) -> None:
        self.signal = self.signal or number
