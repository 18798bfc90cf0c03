"""One PostgreSQL server, whoever started it, and a database in it."""

import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from support import binaries
from support.cluster import Cluster


class Server:
    """A PostgreSQL server; what needs its processes or files works on local ones only."""

    def __init__(
        self,
        conninfo: dict[str, Any],
        version: str,
        source: str,
        cluster: Cluster | None = None,
        on_close: Callable[[], object] | None = None,
    ) -> None:
        self.version = version
        self.major = int(version.partition(".")[0])
        self.source = source
        self._conninfo = conninfo
        self._maybe_cluster = cluster
        self._on_close = on_close
        self._standbys: list[Server] = []

    def __repr__(self) -> str:
        return f"<Server {self.version} ({self.source}) on port {self.port}>"

    @property
    def host(self) -> str:
        """Where it listens."""
        return str(self._conninfo["host"])

    @property
    def port(self) -> int:
        """Where it listens; a restart does not change it."""
        return int(self._conninfo["port"])

    @property
    def local(self) -> bool:
        """Whether it can be stopped, frozen and configured."""
        return self._maybe_cluster is not None

    @property
    def _cluster(self) -> Cluster:
        if self._maybe_cluster is None:
            raise RuntimeError(f"{self} is not ours to control: use the fixture victim or launch()")
        return self._maybe_cluster

    # Sessions

    def dsn(
        self,
        dbname: str = "postgres",
        user: str | None = None,
        password: str | None = None,
        **extra: Any,
    ) -> str:
        """A connection string, of the superuser unless another user is named."""
        base = dict(self._conninfo)
        if user not in (None, base["user"]):
            base |= {"user": user, "password": None}
        if password is not None:
            base["password"] = password
        return make_conninfo("", **{**base, "dbname": dbname, **extra})

    def connect(self, dbname: str = "postgres", **kwargs: Any) -> psycopg.Connection[Any]:
        """A superuser's session in autocommit mode."""
        return psycopg.connect(
            self.dsn(dbname), **{"autocommit": True, "connect_timeout": 10, **kwargs}
        )

    def create_database(self, name: str | None = None, options: str = "") -> str:
        """Create a database, with a name of its own unless one is given; return the name."""
        name = name or f"test_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {} ").format(sql.Identifier(name)).as_bytes()
        with self.connect() as connection:
            connection.execute(statement + options.encode())
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, and whoever is in it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    # Life and death

    def start(self) -> None:
        """Start a stopped server; it accepts sessions when this returns."""
        self._cluster.start()

    def stop(self, mode: str = "fast") -> None:
        """Stop it: smart, fast or immediate."""
        self._cluster.stop(mode)

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """kill -9 the postmaster and every child."""
        self._cluster.kill()

    def freeze(self) -> None:
        """Stop every process where it is: connections open, nothing answers."""
        self._cluster.freeze()

    def freeze_postmaster(self) -> None:
        """Sessions go on, new logins hang."""
        self._cluster.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let frozen processes go on."""
        self._cluster.signal(signal.SIGCONT, everyone=True)

    def close(self) -> None:
        """Stop the server and its standbys and leave nothing behind."""
        for standby in self._standbys:
            standby.close()
        if self._maybe_cluster:
            self._maybe_cluster.remove()
        if self._on_close:
            self._on_close()

    # Configuration

    def configure(self, *, restart: bool = False, **settings: Any) -> None:
        """Change settings; sessions that begin after this see those that need no restart."""
        self._cluster.append(settings)
        if restart:
            self.restart()
        else:
            self.reload()

    def hba(self, *lines: str) -> None:
        """Replace pg_hba.conf; logins after this obey it, the superuser's too."""
        self._cluster.write_hba(*lines)
        self.reload()

    def reload(self) -> None:
        """Re-read the configuration: the postmaster does so before it accepts another session."""
        self._cluster.signal(signal.SIGHUP)

    # Replication

    def standby(self, **settings: Any) -> "Server":
        """A streaming standby of this server; it is closed with it."""
        cluster = Cluster(self._cluster.binaries)
        cluster.copy(self.dsn(), binaries.client("pg_basebackup"))
        cluster.append(settings)
        cluster.start()
        conninfo = self._conninfo | {"port": cluster.port}
        self._standbys.append(Server(conninfo, self.version, self.source, cluster))
        return self._standbys[-1]

    def promote(self) -> None:
        """Make a standby a primary; it is one when this returns."""
        with self.connect() as connection:
            connection.execute("SELECT pg_promote(true, 30)")

    # Memory

    def backend_private_kb(self, pid: int) -> int:
        """Anonymous resident memory of a backend: its own, without shared buffers."""
        return self._cluster.private_kb(pid)


@dataclass(frozen=True)
class Database:
    """One database of a server."""

    server: Server
    name: str

    def dsn(self, **extra: Any) -> str:
        """A connection string for this database; user, password and options as in Server.dsn."""
        return self.server.dsn(self.name, **extra)

    def connect(self, **kwargs: Any) -> psycopg.Connection[Any]:
        """A superuser's session in this database."""
        return self.server.connect(self.name, **kwargs)
