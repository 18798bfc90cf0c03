"""How fast the program of the image starts, fills its page and ends, and how much memory it takes."""

import os
import re
import select
import signal
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from support.daemon import until
from support.image import Container

WANTED = b"\npg_stat_database_numbackends{"
"""What is on the page once the databases were read."""


class Start(NamedTuple):
    """Seconds from the start of process 1 to the first good answers, and its most memory by then in MB."""

    healthy: float
    ready: float
    full: float
    peak: float


def start(container: Container, address: str) -> Start:
    """Watch a container that was started just now and listens there."""
    since = datetime.fromisoformat(container.state["StartedAt"]).timestamp()

    def seconds(path: str, wanted: bytes = b"") -> float:
        url = f"http://{address}{path}"
        until(lambda: _serves(url, wanted), 30, f"serve {path}", every=0.01)
        return time.time() - since

    healthy, ready, full = seconds("/-/healthy"), seconds("/-/ready"), seconds("/metrics", WANTED)
    return Start(healthy, ready, full, _peak(container.state["Pid"]))


def end(container: Container) -> float:
    """Seconds from SIGTERM to the end of its process; raises AssertionError after 10."""
    process = os.pidfd_open(container.state["Pid"])
    try:
        told = time.monotonic()
        signal.pidfd_send_signal(process, signal.SIGTERM)
        ended, _, _ = select.select([process], [], [], 10)
        assert ended, f"it runs 10 s after SIGTERM: {container.log[-2000:]}"
        return time.monotonic() - told
    finally:
        os.close(process)


def _serves(url: str, wanted: bytes) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return wanted in answer.read()
    except OSError:
        return False


def _peak(pid: int) -> float:
    (kilobytes,) = re.findall(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) / 1024
