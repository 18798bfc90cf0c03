"""The incidents that are tried: each is a fault, and the alert that tells of it."""

import threading
from contextlib import suppress
from typing import ClassVar

import psycopg

from support.daemon import Daemon, instance, until
from support.faults import PASSWORD, ROLE, Freeze, Rejected, Stop
from support.incident import Change, Incident

SOON = 5.0
"""Seconds instead of minutes, where an alert waits for something to last."""
NEXT_FILE = "select pg_switch_wal() from pg_logical_emit_message(false, '', '')"


class ServerStopped(Incident, Stop):
    name = "server stopped"
    alert = "PgDown"


class ServerFrozen(Incident, Freeze):
    name = "server frozen"
    alert = "PgDown"

    def close(self) -> None:
        self.server.thaw()


class RoleRefused(Incident, Rejected):
    name = "role refused"
    alert = "PgDown"


class ConnectionsTaken(Incident):
    """A crowd leaves the two that pgvitals needs."""

    name = "connections saturated"
    alert = "PgConnectionsCritical"
    settings: ClassVar = {"max_connections": 60}
    crowd: ClassVar = 60 - 3 - 2

    def begin(self) -> None:
        login = self.server.dsn(user="crowd", password=PASSWORD)
        self._crowd = [psycopg.connect(login) for _ in range(self.crowd)]

    def end(self) -> None:
        for connection in self._crowd:
            connection.close()


class SessionsBlocked(Incident):
    name = "blocked sessions"
    alert = "PgBlockedSessions"
    thresholds: ClassVar = {"PgBlockedSessions": SOON}
    ripens = SOON

    def begin(self) -> None:
        self._holder = self.server.connect()
        self._holder.execute("begin; lock table orders")
        statements = ["begin", "lock table orders"]
        self._waiter = threading.Thread(target=self.run, args=statements, daemon=True)
        self._waiter.start()

    def end(self) -> None:
        self._holder.close()
        self._waiter.join()


class IdleInTransaction(Incident):
    name = "idle in transaction"
    alert = "PgIdleInTransactionLong"
    thresholds: ClassVar = {"PgIdleInTransactionLong": SOON}
    ripens = SOON

    def begin(self) -> None:
        self._session = self.server.connect()
        self._session.execute("begin")

    def end(self) -> None:
        self._session.close()


class Deadlock(Incident):
    """Two sessions that each want what the other has; one of them is ended."""

    name = "deadlocks"
    alert = "PgDeadlocks"

    def begin(self) -> None:
        both = threading.Barrier(2)
        one = threading.Thread(target=self._take, args=(both, 1, 2))
        one.start()
        self._take(both, 2, 1)
        one.join()

    def _take(self, both: threading.Barrier, first: int, second: int) -> None:
        with suppress(psycopg.errors.DeadlockDetected), self.server.connect() as session:
            session.execute("select pg_advisory_lock(%s)", [first])
            both.wait(timeout=30)
            session.execute("select pg_advisory_lock(%s)", [second])

    def end(self) -> None:
        """It is over."""


class RlsOff(Change):
    name = "RLS switched off"
    alert = "PgRlsCoverageUnmet"
    do = "alter table customers disable row level security"
    undo = "alter table customers enable row level security"


class IndexDropped(Change):
    name = "FK index dropped"
    alert = "PgFkIndexedUnmet"
    do = "drop index orders_customer_id_idx"
    undo = "create index orders_customer_id_idx on orders (customer_id)"


class KeyDropped(Change):
    name = "primary key dropped"
    alert = "PgPrimaryKeysUnmet"
    do = "alter table orders drop constraint orders_pkey"
    undo = "alter table orders add primary key (id)"


class MigrationGap(Change):
    name = "migration gap"
    alert = "PgMigrationSequenceUnmet"
    do = "insert into supabase_migrations.schema_migrations (version) values ('6')"
    undo = "insert into supabase_migrations.schema_migrations (version) values ('5')"


class StandbyStopped(Incident):
    name = "standby stopped"
    alert = "PgStandbyMissing"

    def prepare(self) -> None:
        self._standby = self.server.standby()

    def begin(self) -> None:
        self._standby.stop()

    def end(self) -> None:
        self._standby.start()


class SlotLeft(Incident):
    """A slot without a reader, and 64 MB of WAL written since."""

    name = "slot retains WAL"
    alert = "PgReplicationSlotRetainsWal"
    thresholds: ClassVar = {"PgReplicationSlotRetainsWal": 32e6}

    def begin(self) -> None:
        self.run("select pg_create_physical_replication_slot('left', true)", *[NEXT_FILE] * 4)

    def end(self) -> None:
        self.run("select pg_drop_replication_slot('left')")


class ArchiverFails(Incident):
    """It has just worked, and then does no more."""

    name = "archiver fails"
    alert = "PgArchiveFailing"
    settings: ClassVar = {"archive_mode": True, "archive_command": "true"}

    def begin(self) -> None:
        self._fill("archived_count > 0")
        self.server.configure(archive_command="false")
        self._fill("failed_count > 0")

    def end(self) -> None:
        self.server.configure(archive_command="true")
        self.run(NEXT_FILE)

    def _fill(self, told: str) -> None:
        """End a WAL file, and wait for what the archiver makes of it."""
        self.run(NEXT_FILE)
        look = f"select {told} from pg_stat_archiver".encode()
        with self.server.connect() as session:
            until(lambda: session.execute(look).fetchone() == (True,), 30, told)


class ExporterKilled(Incident):
    """An exporter of its own, killed and started anew at its address."""

    name = "exporter killed"
    alert = "PgExporterDown"

    def prepare(self) -> None:
        self.daemon = self._start("127.0.0.1:0")
        self.address = "{}:{}".format(*self.daemon.addresses[0])

    def begin(self) -> None:
        self.daemon.kill()

    def end(self) -> None:
        self.daemon = self._start(self.address)

    def close(self) -> None:
        self.daemon.kill()

    def _start(self, address: str) -> Daemon:
        daemon = Daemon(instance(self.server.dsn(user=ROLE, password=PASSWORD)), address=address)
        daemon.wait_listening()
        return daemon


INCIDENTS: list[type[Incident]] = [
    ServerStopped,
    ServerFrozen,
    RoleRefused,
    ConnectionsTaken,
    SessionsBlocked,
    IdleInTransaction,
    Deadlock,
    RlsOff,
    IndexDropped,
    KeyDropped,
    MigrationGap,
    StandbyStopped,
    SlotLeft,
    ArchiverFails,
    ExporterKilled,
]
