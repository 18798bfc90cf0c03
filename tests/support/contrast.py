"""A good shop and a faulty one, each with a standby, and all that watches them.

    with Contrast() as contrast:
        contrast.wait_ready()
        contrast.prometheus.url

Their instances are GOOD and FAULTY, those of the standbys GOOD_STANDBY and FAULTY_STANDBY; LOST is that of
a server that is not there, and EXPORTER pgvitals itself.
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

from pgvitals import agenda, catalogue
from support import queries, shops
from support.cluster import free_port
from support.consumer import Consumer
from support.daemon import Daemon, until
from support.faults import PASSWORD, ROLE
from support.healthy import Load
from support.mishaps import Mishaps
from support.prometheus import Prometheus, probed
from support.servers import Server
from support.shops import SLOT

GOOD, GOOD_STANDBY = "good-shop", "good-shop-standby"
FAULTY, FAULTY_STANDBY, LOST = "faulty-shop", "faulty-shop-standby", "lost-shop"
EXPORTER = "pgvitals"
INSTANCES_JOB, EXPORTER_JOB = "postgresql", "pgvitals"
SCRAPED_EVERY = 5.0
OFTEN, SELDOM = "15s", "30s"
"""Intervals instead of minutes, of queries and of targets."""
WATCHED = 150.0
"""Seconds until what went wrong shows: in rates, and by alerts that wait for a minute."""
BEFORE = f'max_over_time((pgvitals_target_state{{instance="{FAULTY}",state="unmet"}} == 0)[5m:1m])'
LATE = {"recovery_min_apply_delay": "3s", "max_standby_streaming_delay": "1s"}
"""Settings of a standby that lags, and ends statements that are in its way."""
THRESHOLDS = {
    "PgBlockedSessions": 5,
    "PgConnectionsHigh": 0.5,
    "PgIdleInTransactionLong": 5,
    "PgReplicationSlotRetainsWal": 32e6,
    "PgTransactionLong": 30,
}
FAILING: dict[str, dict[str, Any]] = {
    "hit_ratio": {"statement": "select count(*) / 0 as v from public.carts"},
    "disk_free": {"statement": "select 1 as v from pg_sleep(2)", "timeout": "500ms"},
    "visitors": {
        "statement": "select n as v, n / 2 as visitor from generate_series(1, 50) n",
        "labels": {"visitor": "Who it is"},
        "max_series": 20,
    },
    "invoices": {"statement": "select count(*) as v from public.invoices"},
}
"""Queries of somebody's own, that no server can answer well; they run at the faulty one alone."""


class Contrast:
    """Two primaries, two standbys, a pgvitals and a Prometheus, as long as the `with` block lasts."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _build(self, stack: ExitStack) -> None:
        _say("starting a good and an empty server")
        with ThreadPoolExecutor(2) as pool:
            made = [pool.submit(shops.good), pool.submit(shops.empty)]
            good, faulty = [stack.enter_context(closing(server.result())) for server in made]
        self._servers = {
            GOOD: good,
            GOOD_STANDBY: good.standby(primary_slot_name=SLOT, hot_standby_feedback=True),
            FAULTY: faulty,
            FAULTY_STANDBY: faulty.standby(**LATE),
        }
        stack.enter_context(Load(good))
        stack.enter_context(Consumer(good))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pgvitals-contrast-"))
        self.daemon = stack.enter_context(Daemon(self._config(Path(folder))))
        _say("waiting until everything ran everywhere")
        # Before that every state is another, also where nothing ever happens.
        until(lambda: not self._lacking(), 120, "run every query and target everywhere", every=1)
        self.prometheus = stack.enter_context(Prometheus(self._jobs(), rules=True))

    def _config(self, folder: Path) -> dict[str, Any]:
        """Every query of the release is on, and runs often."""
        for name, query in FAILING.items():
            more = {key: value for key, value in query.items() if key != "statement"}
            queries.write(folder, name, query["statement"], **more)
        login = {"user": ROLE, "password": PASSWORD}
        dsns = {name: server.dsn(**login) for name, server in self._servers.items()}
        dsns[LOST] = f"postgresql://{ROLE}@127.0.0.1:{free_port()}/postgres"
        of_all = {"databases": {}, "queries": {name: {"enabled": False} for name in FAILING}}
        instances = {name: {"dsn": dsn, **of_all} for name, dsn in dsns.items()}
        instances[FAULTY] |= {"queries": {}, "thresholds": THRESHOLDS}
        return {
            "instances": instances,
            "queries": {n: {"enabled": True, "interval": OFTEN} for n in catalogue.shipped()},
            "targets": {name: {"interval": SELDOM} for name in _implemented()},
            "query_directories": [str(folder)],
            "exemptions": str(shops.FILES / "excuses.yaml"),
        }

    def _jobs(self) -> list[dict[str, Any]]:
        """As README has them."""
        address = "{}:{}".format(*self.daemon.addresses[0])
        every = {"scrape_interval": f"{SCRAPED_EVERY:g}s", "scrape_timeout": f"{SCRAPED_EVERY:g}s"}
        itself = {"targets": [address], "labels": {"instance": EXPORTER}}
        return [
            {"job_name": EXPORTER_JOB, "static_configs": [itself], **every},
            probed(INSTANCES_JOB, address, [*self._servers, LOST]) | every,
        ]

    def wait_ready(self) -> None:
        """Let the faulty shop go wrong, and wait until that shows; raises AssertionError.

        Its promises were others before, for long enough that a dashboard can tell: at a full minute.
        """
        _say("waiting for the end of a minute")
        until(lambda: self.prometheus.ask(BEFORE), 90, "remember a promise", every=1)
        faulty, standby = self._servers[FAULTY], self._servers[FAULTY_STANDBY]
        _say("spoiling the one that was empty")
        shops.spoil(faulty)
        # It lags, and what goes wrong there needs the tables that were made.
        _catch_up(faulty, standby)
        self._stack.enter_context(Mishaps(faulty, standby))
        _say(f"waiting for {WATCHED:g} s")
        time.sleep(WATCHED)

    def _lacking(self) -> set[str]:
        """Queries and targets that have not run yet at one of the servers."""
        wanted = {*catalogue.shipped(), *(f"target_{name}" for name in _implemented())}
        pages = map(queries.page, self._servers)
        return {
            name for page in pages for name in wanted - set(queries.outcomes(self.daemon, page))
        }


def _implemented() -> list[str]:
    """The targets that this release measures."""
    return [name for name, target in agenda.shipped().items() if target.sql]


def _catch_up(primary: Server, standby: Server) -> None:
    """Wait until the standby has replayed all that the primary has written until now."""
    with primary.connect() as session:
        written = session.execute("select pg_current_wal_lsn()").fetchone()
    with standby.connect() as session:
        replayed = "select 1 where pg_last_wal_replay_lsn() >= %s"
        until(lambda: session.execute(replayed, written).fetchone(), 60, "catch up")


def _say(what: str) -> None:
    """Progress, to whoever waits."""
    print(what, file=sys.stderr, flush=True)
