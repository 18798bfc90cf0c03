"""A side of the contest: one exporter that runs, and what is seen of it."""

import re
import time
from dataclasses import dataclass, field

from bench import scrapes
from bench.cost import Cost, Meter, Reading, Refresh
from bench.scrapes import Page, Times
from support.daemon import until

POLL = 0.1
STILL = 0.3
"""Seconds without work after which a refresh is over."""
SOON = 2.0
"""Seconds within which the daemon sees that something is due."""
LONGEST = 120.0
FEW = 10
"""Rows that heartbeats may read between two refreshes."""
_VISIT = re.compile(r"^pg_exporter_last_scrape_duration_seconds (\S+)$", re.M)


@dataclass
class Side:
    """Times in milliseconds, memory in MB, `size` and `packed` in bytes.

    `refresh` has its share of the slow tier; `minute` also what is done between refreshes; `wall` is
    the time from the beginning of a refresh to its page; `rss` is the memory between refreshes, `peak`
    its highest, `crowded` its highest after four clients were there; `backend` is that of the backends
    after a refresh, `most_backend` after one with the slow tier.
    """

    meter: Meter
    port: int
    refresh: Cost = field(default_factory=Cost)
    minute: Cost = field(default_factory=Cost)
    wall: float = 0.0
    rss: float = 0.0
    peak: float = 0.0
    crowded: float = 0.0
    backend: float = 0.0
    most_backend: float = 0.0
    connections: int = 0
    samples: int = 0
    families: frozenset[str] = frozenset()
    size: int = 0
    packed: int = 0
    crowds: dict[bool, Times] = field(default_factory=dict)

    def live(self) -> Refresh:
        """Scrape an exporter that refreshes when it is scraped."""
        before = self.meter.read()
        page = scrapes.page(self.port)
        until(self._still, LONGEST, "come to rest", every=POLL)
        return self._refresh(before, page, page.milliseconds)

    def in_background(self, rows: int) -> Refresh:
        """Await the next refresh, of so many rows, and scrape it."""
        before = self._just_before()
        self.await_rows(before.rows + rows)
        page = scrapes.page(self.port)
        visit = _VISIT.search(page.text)
        assert visit, "the page does not say how long the visit took"
        return self._refresh(before, page, float(visit[1]) * 1000 + page.milliseconds)

    def await_rows(self, rows: int) -> None:
        """Wait until so many rows were read in all, and the work on them is done."""
        until(lambda: self._has_read(rows), LONGEST, f"read {rows} rows", every=POLL)

    def await_rest(self, rows: int) -> None:
        """Wait until so many rows were read, and nothing has come after them."""
        self.await_rows(rows)
        time.sleep(SOON)
        self.await_rows(rows)

    def _just_before(self) -> Reading:
        """The last reading before a refresh begins."""
        first = last = self.meter.read()
        deadline = time.monotonic() + LONGEST
        while (now := self.meter.read()).rows - first.rows <= FEW and not now.active:
            if now.at > deadline:
                raise TimeoutError(f"no refresh began within {LONGEST:g} s")
            last = now
            time.sleep(POLL)
        return last

    def _has_read(self, rows: int) -> bool:
        now = self.meter.read()
        return now.rows >= rows and not now.active and self._still()

    def _still(self) -> bool:
        """Whether the process does next to nothing for a moment."""
        before = self.meter.cpu_ms()
        time.sleep(STILL)
        return self.meter.cpu_ms() - before < STILL * 1000 / 20

    def _refresh(self, before: Reading, page: Page, wall: float) -> Refresh:
        """Note what the page has, and what is in memory."""
        self.families, self.samples = page.families, page.samples
        self.peak = self.meter.memory_mb("VmHWM")
        self.most_backend = max(self.most_backend, self.meter.backend_mb())
        return Refresh(before, self.meter.read(), wall, self.meter.memory_mb())
