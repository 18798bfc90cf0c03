"""The trouble table: what the daemon says while its servers are in trouble, against bars.

    PYTHONPATH=tests python -m support.trouble [--long] [--only NAME] [--markdown FILE]

Ends with code 1 if any row misses a bar. The short form is what CI runs.
"""

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgvitals import catalogue
from support.daemon import Daemon, until
from support.faults import FAULTS, PASSWORD, REFUSING, ROLE, AnotherServer, Fault, make_roles
from support.servers import Server, launch
from support.sockets import Sockets
from support.watch import Key, Page, Watch

BACK_WITHIN = 15.0
"""Seconds from the end of the trouble to pg_up 1."""
LATE_BY = 15.0
"""Seconds over its interval that a collector may be old, or take to be fresh again."""
P99_MS = 50.0
MOST_CONNECTIONS = 2
AT_ONCE = 1
"""Rows that run at the same time, each with servers and a daemon of its own."""
COLUMNS = (
    "trouble",
    "pg_up 0 after s",
    "pg_up 1 after s",
    "all fresh after s",
    "p50 ms",
    "p99 ms",
    "connections",
    "verdict",
)
VICTIM, HEALTHY = "victim", "healthy"

QUERIES = catalogue.override(catalogue.shipped())
INTERVALS = {name: float(query.interval) for name, query in QUERIES.items()}
WHILE_UP = {"pg_scrape_collector_duration_seconds", "pg_scrape_collector_success"}
"""As postgres_exporter has them: not while the server is down."""
RARE = {family for query in QUERIES.values() if query.interval > 60 for family in query.metrics}
"""Families that are not demanded: some wait behind the lock."""


@dataclass
class Row:
    """What one fault did. Seconds are None where there was nothing to measure."""

    name: str
    down: float | None = None
    back: float | None = None
    fresh: float | None = None
    p50: float = 0.0
    p99: float = 0.0
    connections: int = 0
    misses: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        """The row as text."""
        seconds = ["-" if s is None else f"{s:.1f}" for s in (self.down, self.back, self.fresh)]
        times = [f"{self.p50:.1f}", f"{self.p99:.1f}"]
        verdict = "FAIL: " + "; ".join(self.misses) if self.misses else "ok"
        return [self.name, *seconds, *times, str(self.connections), verdict]

    def demand(self, kept: bool, otherwise: str) -> None:
        """Note a bar that was missed."""
        if not kept:
            self.misses.append(otherwise)


class Trial:
    """One fault, from a daemon at ease to a daemon at ease."""

    def __init__(self, fault: Fault, healthy: Server, long: bool) -> None:
        self.fault, self.long = fault, long
        self.row = Row(fault.name)
        self._intervals = _intervals(long)
        self._healthy = healthy

    def run(self) -> Row:
        """Hurt the server, heal it, and judge."""
        with ExitStack() as stack:
            daemon = stack.enter_context(Daemon(self._config()))
            sockets = stack.enter_context(Sockets(daemon.pid, self.fault.server.port))
            marks = (AnotherServer.old, AnotherServer.new)
            self.watch = stack.enter_context(Watch(daemon, (VICTIM, HEALTHY), marks))
            self._suffer()
        self.row.connections = sockets.most
        self.row.p50, self.row.p99 = self.watch.percentile(50), self.watch.percentile(99)
        self._judge()
        print("  ".join(self.row.cells()), file=sys.stderr, flush=True)
        return self.row

    def _config(self) -> dict[str, Any]:
        login = {"user": ROLE, "password": PASSWORD}
        shorter = {n: {"interval": f"{i:g}s"} for n, i in self._intervals.items()}
        servers = {VICTIM: self.fault.server, HEALTHY: self._healthy}
        instances = {name: {"dsn": server.dsn(**login)} for name, server in servers.items()}
        return {"instances": instances, "queries": shorter}

    def _suffer(self) -> None:
        until(lambda: all(map(self._at_ease, (VICTIM, HEALTHY))), 60, "become complete")
        time.sleep(random.uniform(0, 10 if self.long else 3))  # any phase of the heartbeat
        self.expected = {name: self.watch.pages[name][-1] for name in (VICTIM, HEALTHY)}
        self.watch.seconds.clear()
        self.began = time.monotonic()
        self.fault.begin()
        if not self.fault.brief and self.fault.down_within is not None:
            self._wait(lambda page: not page.up, self.fault.down_within + 10)
        time.sleep(self.fault.hold[self.long])
        self.ended = time.monotonic()
        self.fault.end()
        self.healed = time.monotonic()
        self._wait(lambda page: page.up and not self._not_fresh(page), 60 + LATE_BY + 5)
        time.sleep(1)

    def _wait(self, seen: Callable[[Page], bool], seconds: float) -> None:
        """Wait until a page shows it; that it never came is found by the judge."""
        deadline = time.monotonic() + seconds
        since = time.monotonic()
        while time.monotonic() < deadline:
            if any(map(seen, self.watch.between(VICTIM, since)[-1:])):
                return
            time.sleep(0.1)

    def _at_ease(self, name: str) -> bool:
        """Whether every collector of the instance has run."""
        page = self.watch.last(name)
        return page is not None and page.up and len(page.ages) >= len(self._intervals) - 3

    # What is expected of the pages

    def _judge(self) -> None:
        self._judge_down()
        self._judge_recovery()
        if self.fault.sessions_go_on:
            self._judge_gaps(VICTIM, self.watch.between(VICTIM, self.began, self.ended))
        self._judge_gaps(HEALTHY, self.watch.between(HEALTHY, self.began))
        for page in self.watch.between(HEALTHY, self.began):
            self.row.demand(page.up, "the healthy instance was down")
        if isinstance(self.fault, AnotherServer):
            self._judge_replaced()
        row, failures = self.row, self.watch.failures
        row.demand(not failures, f"{len(failures)} scrapes failed: {failures[:1]}")
        row.demand(row.p99 <= P99_MS, "p99")
        row.demand(row.connections <= MOST_CONNECTIONS, "connections")
        row.misses = list(dict.fromkeys(row.misses))

    def _judge_down(self) -> None:
        pages = self.watch.between(VICTIM, self.began, self.ended)
        downs = [page.at - self.began for page in pages if not page.up]
        self.row.down = downs[0] if downs else None
        if self.fault.down_within is None:
            self.row.demand(not downs, "pg_up fell")
        elif not self.fault.brief:
            late = self.row.down is None or self.row.down > self.fault.down_within
            self.row.demand(not late, f"pg_up 0 later than {self.fault.down_within:g} s")
            self.row.demand(
                not any(p.up for p in pages if downs and p.at - self.began > downs[0]),
                "pg_up flapped",
            )

    def _judge_recovery(self) -> None:
        after = self.watch.between(VICTIM, self.healed)
        downs = [page.at for page in after if not page.up]
        self.row.back = (downs[-1] - self.healed) if downs else 0.0
        self.row.demand(bool(after) and after[-1].up, "pg_up stayed 0")
        self.row.demand(self.row.back <= BACK_WITHIN, f"pg_up 1 later than {BACK_WITHIN:g} s")
        self.row.fresh = 0.0
        for key in self._frequent(VICTIM):
            first = next((p.at - self.healed for p in after if key in p.fresh(self.healed)), None)
            bar = self._intervals[key[0]] + LATE_BY
            self.row.demand(first is not None and first <= bar, f"{key[0]} not fresh in {bar:g} s")
            self.row.fresh = max(self.row.fresh, first or 0.0)

    def _judge_gaps(self, name: str, pages: Iterable[Page]) -> None:
        """No collector older than it may be, no family missing."""
        families, keys = self.expected[name].families - RARE - WHILE_UP, self._frequent(name)
        for page in pages:
            lack = families - page.families
            self.row.demand(not lack, f"{name} lacks {len(lack)} families: {sorted(lack)[:3]}")
            for key in keys:
                old = page.ages.get(key, float("inf")) > self._intervals[key[0]] + LATE_BY
                self.row.demand(not old, f"{name}: {key[0]} grew old")

    def _judge_replaced(self) -> None:
        """The old server's samples go, in time, all at once and for ever; then come the new one's."""
        pages = self.watch.between(VICTIM, self.healed)
        old = [page.at - self.healed for page in pages if AnotherServer.old in page.marks]
        new = [page.at - self.healed for page in pages if AnotherServer.new in page.marks]
        self.row.demand(bool(new), "nothing of the new server")
        self.row.demand(not old or old[-1] <= REFUSING, "the old server's samples stayed")
        self.row.demand(not (old and new) or old[-1] < new[0], "samples of both servers")

    def _frequent(self, name: str) -> list[Key]:
        """The collectors that worked before and whose shipped interval is a minute at most."""
        return [key for key in self.expected[name].ages if INTERVALS.get(key[0], math.inf) <= 60]

    def _not_fresh(self, page: Page) -> set[Key]:
        return set(self._frequent(VICTIM)) - page.fresh(self.healed)


def run(faults: Sequence[type[Fault]] = FAULTS, long: bool = False) -> list[Row]:
    """Try every fault, a few at a time."""
    with ExitStack() as stack:
        # All before the first: making a server takes the processor from whoever is measured.
        healthy, *victims = (
            stack.enter_context(closing(_server())) for _ in range(len(faults) + 1)
        )
        trials = [
            Trial(kind(victim, long), healthy, long)
            for kind, victim in zip(faults, victims, strict=True)
        ]
        for trial in trials:
            trial.fault.prepare()
            stack.callback(trial.fault.close)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(Trial.run, trials))


def _server() -> Server:
    server = launch()
    make_roles(server)
    return server


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown, aligned for people too."""
    cells = [list(COLUMNS), *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    lines = (" | ".join(map(str.ljust, line, widths)) for line in cells)
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Try every trouble, print what the daemon did.")
    parser.add_argument("--long", action="store_true", help="30 stalls, and every trouble longer")
    parser.add_argument("--only", action="append", help="the name of a trouble; may be repeated")
    parser.add_argument("--markdown", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    chosen = [f for f in FAULTS if not options.only or f.name in options.only]
    rows = run(chosen, options.long)
    print(text := table(rows))
    if options.markdown:
        options.markdown.write_text(f"{text}\n")
    sys.exit(any(row.misses for row in rows))


def _intervals(long: bool) -> dict[str, float]:
    """Seconds per query: what takes locks often, and in the short form nothing over 15 s and rare."""
    locking = {"rls": 5.0, "stat_user_tables_size": 5.0, "unused_indexes": 5.0}
    return {
        name: locking.get(name, interval if long or interval > 60 else min(interval, 15.0))
        for name, interval in INTERVALS.items()
    }


if __name__ == "__main__":
    main()
