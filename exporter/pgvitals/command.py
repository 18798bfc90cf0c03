"""A command: a program of somebody else's, run in bounds: time, output, and nothing of it left behind."""

import atexit
import contextlib
import functools
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

from pgvitals.outcome import CredentialError

TIME_LIMIT = 30.0
"""Seconds that a command may take."""
MOST = 64 * 1024
"""Bytes that it may print: as much as PostgreSQL takes for a password."""
_LOOK = 0.1
_DYING = 1.0
_MOMENT = 0.005


def run(command: Sequence[str], time_limit: float = TIME_LIMIT) -> bytes:
    """What `command` prints; raises CredentialError, with what it said on stderr.

    No shell is asked, it reads nothing, and its environment is ours.
    """
    name = named(command)
    try:
        process = _started(command)
    except (OSError, ValueError) as error:
        raise CredentialError(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    kill = functools.partial(_kill, process)
    atexit.register(kill)
    try:
        printed, said = _collected(process, time.monotonic() + time_limit)
    finally:
        late = process.poll() is None
        _end(process)
        atexit.unregister(kill)
    if problem := _problem(process.returncode, len(printed), time_limit if late else 0.0):
        raise CredentialError(": ".join(filter(None, (name, problem, _told(said, printed)))))
    return printed


def named(command: Sequence[str]) -> str:
    """What errors call it: its arguments may be secret."""
    return f"password_command {Path(command[0]).name}"


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - it is the administrator's own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a group of its own, to end with all that it started
    )


def _problem(code: int | None, printed: int, waited: float) -> str:
    if printed > MOST:
        return f"it printed more than {MOST} bytes, expected a token"
    if waited:
        killed = "could not be killed" if code is None else "was killed"
        return f"it did not end within {waited:g} s, and {killed}"
    if code and code < 0:
        return f"signal {-code} ended it"
    return f"it ended with {code}" if code else ""


def _collected(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    """Both its outputs, as far as the limits go; a child that it leaves behind holds nobody up."""
    printed, said = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for pipe, kept in ((process.stdout, printed), (process.stderr, said)):
            selector.register(cast("IO[bytes]", pipe), selectors.EVENT_READ, kept)
        more = True
        while more and time.monotonic() < until and len(printed) <= MOST:
            ended = process.poll() is not None  # first: what it wrote before is read below
            more = _read(selector, 0 if ended else _LOOK) or not ended
            del said[MOST:]
    return bytes(printed), bytes(said)


def _read(selector: selectors.BaseSelector, wait: float) -> bool:
    """Read what is there within `wait` seconds; gives whether anything was."""
    ready = selector.select(wait)
    for key, _ in ready:
        chunk = os.read(key.fd, MOST)
        key.data.extend(chunk)
        if not chunk:
            selector.unregister(key.fileobj)
    return bool(ready)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of its group; what has become another user's, as with sudo, stays."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of it, and let go of it; waits a second at most for what cannot be killed."""
    _kill(process)
    until = time.monotonic() + _DYING
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_DYING)
    # Its orphans are ours where we are process 1, as in a container.
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-process.pid, os.WNOHANG)[0] or time.monotonic() < until:
            time.sleep(_MOMENT)
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _told(said: bytes, printed: bytes) -> str:
    """What it said on stderr, in a line; of a traceback the end. It may repeat what it printed."""
    if printed.strip() and said.strip():
        return "what it said is not shown, for it printed something too"
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    if lines and lines[0].startswith("Traceback"):
        lines = lines[-1:]
    return " ".join(lines)
