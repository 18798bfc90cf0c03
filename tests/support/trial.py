"""A trial: one fault, from a daemon at ease to a daemon at ease, and the bars it is held against."""

import math
import random
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from pgvitals import catalogue
from support.daemon import Daemon, until
from support.faults import PASSWORD, REFUSING, ROLE, AnotherServer, Fault
from support.row import Row
from support.servers import Server
from support.sockets import Sockets
from support.watch import Key, Page, watching

BACK_WITHIN = 15.0
"""Seconds from the end of the trouble to pg_up 1."""
LATE_BY = 15.0
"""Seconds over its interval that a collector may be old, or take to be fresh again."""
MOST_CONNECTIONS = 2
VICTIM, HEALTHY = "victim", "healthy"

QUERIES = catalogue.override(catalogue.shipped())
INTERVALS = {name: float(query.interval) for name, query in QUERIES.items()}
WHILE_UP = {"pg_scrape_collector_duration_seconds", "pg_scrape_collector_success"}
"""As postgres_exporter has them: not while the server is down."""
RARE = {family for query in QUERIES.values() if query.interval > 60 for family in query.metrics}
"""Families that are not demanded: some wait behind the lock."""


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
            self.watch = stack.enter_context(watching(daemon, (VICTIM, HEALTHY), marks))
            self._suffer()
        self.row.connections = sockets.most
        self._judge()
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
        self.watch.time_anew()
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
        row.time(self.watch.ours, self.watch.bare)
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


def _intervals(long: bool) -> dict[str, float]:
    """Seconds per query: what takes locks often, and in the short form nothing over 15 s and rare."""
    locking = {"rls": 5.0, "stat_user_tables_size": 5.0, "unused_indexes": 5.0}
    return {
        name: locking.get(name, interval if long or interval > 60 else min(interval, 15.0))
        for name, interval in INTERVALS.items()
    }
