"""The start: how long until the first full page, and how much memory the daemon has with it."""

import statistics
import time
from typing import NamedTuple

from bench import scrapes
from bench.cost import Meter
from bench.ground import OURS, Ground
from support.daemon import Daemon, instance

STARTS = 5
SETTLED = 5.0
"""Seconds after the first page, with a scrape in each: the compressed form is made by then."""
LAST = "pg_stat_user_indexes_idx_scan_total{"
"""What stands in a full page alone."""


class Start(NamedTuple):
    """Medians: seconds from the start of the process to its first full page, and MB of memory then."""

    tables: int
    seconds: float
    rss: float


def start(ground: Ground) -> Start:
    """Start it several times, with every default query."""
    seconds, rss = zip(*(_once(ground) for _ in range(STARTS)), strict=True)
    return Start(ground.tables, statistics.median(seconds), statistics.median(rss))


def _once(ground: Ground) -> tuple[float, float]:
    started = time.monotonic()
    with Daemon(instance(ground.dsn(OURS))) as daemon:
        port = daemon.wait_ready().addresses[0][1]
        text = scrapes.page(port).text
        taken = time.monotonic() - started
        assert LAST in text, "the first page was not full"
        for _ in range(int(SETTLED)):
            time.sleep(1)
            scrapes.fetch(port, packed=True)
        return taken, Meter(daemon.pid, ground, OURS).memory_mb()
