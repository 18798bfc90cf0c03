"""The soak: whether memory grows with time, at default intervals, under updates and scrapes."""

import time
from contextlib import suppress
from typing import NamedTuple

from bench import scrapes
from bench.cost import Meter
from bench.ground import OURS, Ground
from support.daemon import Daemon, instance

SCRAPES_A_MINUTE = 4


class Minute(NamedTuple):
    """A minute: the most MB of the daemon and of its backends, and what the minute cost in ms."""

    minute: int
    rss: float
    backend: float
    cpu: float
    database: float


def soak(ground: Ground, minutes: int) -> list[Minute]:
    """Run the daemon for so long; tables are updated every minute. Interrupted, it gives what it has."""
    found: list[Minute] = []
    with Daemon(instance(ground.dsn(OURS))) as daemon, suppress(KeyboardInterrupt):
        port = daemon.wait_ready(120).addresses[0][1]
        meter = Meter(daemon.pid, ground, OURS)
        began, before = time.monotonic(), meter.read().spent
        for minute in range(1, minutes + 1):
            ground.touch()
            held: list[tuple[float, float]] = []
            for scrape in range(SCRAPES_A_MINUTE):
                scrapes.fetch(port, packed=True)
                passed = (minute - 1 + (scrape + 1) / SCRAPES_A_MINUTE) * 60
                time.sleep(max(0.0, began + passed - time.monotonic()))
                held.append((meter.memory_mb(), meter.backend_mb()))
            after = meter.read().spent
            (rss, backend), spent = map(max, zip(*held, strict=True)), after - before
            found.append(Minute(minute, rss, backend, spent.cpu, spent.database))
            print(f"minute {minute}: RSS {rss:.1f} MB, backends {backend:.1f} MB", flush=True)
            before = after
    return found
