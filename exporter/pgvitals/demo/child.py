"""A program that the demo runs, and that does not outlive it."""

import ctypes
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from pgvitals.demo.progress import Failure, Progress

T = TypeVar("T")

READY_WITHIN = 60.0
"""Seconds for a program to do what is waited for; a slow machine needs a tenth of it."""

STOP_WITHIN = 10.0
"""Seconds from the signal that ends a program to the one that it cannot ignore."""
TAIL = 2000
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Child:
    """A running program, ended with the signal `end`; raises OSError where it cannot be started.

    It has a session of its own: the terminal's Ctrl-C is for the demo, which stops its programs in
    order. On Linux it gets `end` also when the demo was killed.
    """

    def __init__(
        self, command: Sequence[str | Path], log: Path, end: signal.Signals, **how: Any
    ) -> None:
        self.name = Path(command[0]).name
        self._log, self._end = log, end
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - the programs are ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                # After a change of user, which would undo it. The demo has no threads yet.
                preexec_fn=functools.partial(_end_with_parent, end),
                **how,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The number by which the system knows it."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def check(self) -> None:
        """Raise Failure if it has ended."""
        if self.code is not None:
            raise self.failure(f"{self.name} ended with code {self.code}")

    def wait(self, progress: Progress, ready: Callable[[], T | None], what: str) -> T:
        """Wait for what `ready` finds; raises Ended, and Failure when it ends before, or is too slow."""

        def look() -> T | None:
            found = ready()
            if not found:
                self.check()
            return found

        try:
            return progress.wait(look, READY_WITHIN)
        except TimeoutError:
            raise self.failure(f"waited {READY_WITHIN:g} s for {what}, in vain") from None

    def failure(self, text: str) -> Failure:
        """A failure with the end of what the program said."""
        said = self._log.read_text("utf-8", errors="replace")[-TAIL:].strip()
        return Failure(f"{text}; the end of its log:\n{said or '(it said nothing)'}")

    def stop(self) -> None:
        """End it, also when it was frozen; what does not end in time is killed."""
        if self.code is not None:
            return
        self._process.send_signal(self._end)
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


def _end_with_parent(end: signal.Signals) -> None:
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, end)
