"""The process: what it takes of the machine, under the names that all of Prometheus' clients have for it.

From proc_pid_stat(5), so on Linux alone. prometheus_client has these too, but takes 1.9 MB and asks the
system about twenty times: each time whoever reads rows takes the interpreter while a scrape waits.
"""

import functools
import os
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pgvitals.exposition import Described, family

_STAT, _FILES = Path("/proc/self/stat"), Path("/proc/self/fd")
_STARTED, _VIRTUAL, _RESIDENT = 19, 20, 21
"""Where these stand behind the process' name."""
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), resource.getpagesize()

_OF_PROCESS: Sequence[tuple[str, str, str, Callable[[list[bytes]], float]]] = (
    (
        "process_cpu_seconds_total",
        "counter",
        "Seconds of processor time, of user and system together.",
        lambda _: time.process_time(),
    ),
    (
        "process_max_fds",
        "gauge",
        "File descriptors that may be open.",
        lambda _: _limit(resource.RLIMIT_NOFILE),
    ),
    (
        "process_open_fds",
        "gauge",
        "File descriptors that are open.",
        lambda _: _open_files(),
    ),
    (
        "process_resident_memory_bytes",
        "gauge",
        "Resident memory in bytes.",
        lambda stat: int(stat[_RESIDENT]) * _PAGE,
    ),
    (
        "process_start_time_seconds",
        "gauge",
        "Unix time at which the process started.",
        lambda stat: _started(int(stat[_STARTED])),
    ),
    (
        "process_virtual_memory_bytes",
        "gauge",
        "Virtual memory in bytes.",
        lambda stat: int(stat[_VIRTUAL]),
    ),
    (
        "process_virtual_memory_max_bytes",
        "gauge",
        "Virtual memory that there may be, in bytes.",
        lambda _: _limit(resource.RLIMIT_AS),
    ),
)


def families() -> list[Described]:
    """Every family that there is of the process."""
    return [Described(name, type_, help_) for name, type_, help_, _ in _OF_PROCESS]


def text() -> bytes:
    """The families, in the text format; nothing where the system does not tell."""
    try:
        stat = _STAT.read_bytes().rpartition(b")")[2].split()
        values = [value(stat) for _, _, _, value in _OF_PROCESS]
    except OSError:
        return b""
    written = zip(families(), values, strict=True)
    return b"".join(family(described, [("", value)]) for described, value in written)


def _limit(of: int) -> float:
    """What the process may have; without a limit what Prometheus' Go client says then, 2^64 - 1."""
    return resource.getrlimit(of)[0] % 2**64


def _open_files() -> int:
    """Since Linux 6.2 one call tells it; a list has the open directory, too."""
    return _FILES.stat().st_size or sum(1 for _ in _FILES.iterdir()) - 1


def _started(ticks: int) -> float:
    """Unix time of so many ticks after the machine's start."""
    return _booted() + ticks / _TICKS


@functools.cache
def _booted() -> float:
    """Unix time at which the machine started; asked once, because clocks are set meanwhile."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
