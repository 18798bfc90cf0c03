"""A server with TLS, its certificates, and what pgvitals says of logins there."""

import os
import pwd
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
from psycopg import sql

from support.daemon import Daemon
from support.queries import NO_TARGETS, OFF
from support.servers import Server

PASSWORD = "s3cret o'b\"r\\ @:/?#%&=é"
"""Nothing of it may ever be shown; each character is special somewhere."""


class Authority:
    """A CA, whose certificates are written to files."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def write(self, file: Path, *beside: "Authority") -> None:
        """Its own certificate, and those of others, in place of what was there."""
        replace(file, b"".join(of._ca.cert_pem.bytes() for of in (self, *beside)))

    def issue(self, certificate: Path, key: Path, name: str, seconds: float = 3600) -> None:
        """A certificate and its key, good for some seconds."""
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        begins = datetime.now(UTC) - timedelta(hours=1)
        made = self._ca.issue_cert("127.0.0.1", common_name=name, not_before=begins, not_after=ends)
        replace(key, made.private_key_pem.bytes())
        replace(certificate, b"".join(pem.bytes() for pem in made.cert_chain_pems))


def replace(file: Path, content: bytes | str) -> None:
    """Write a file as those do that rotate credentials: whole, and for its owner alone."""
    fresh = file.with_name(f".{file.name}")
    fresh.write_bytes(content.encode() if isinstance(content, str) else content)
    fresh.chmod(0o600)
    fresh.replace(file)


class Secure:
    """A server that speaks TLS and knows client certificates of `clients`; `home` has all files."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server, self.home = server, home
        self.certificate, self.key = home / "server.crt", home / "server.key"
        self.clients = Authority()
        self.clients.write(home / "clients.ca")
        self.renew()
        server.configure(
            restart=True,
            ssl=True,
            ssl_cert_file=self.certificate,
            ssl_key_file=self.key,
            ssl_ca_file=home / "clients.ca",
        )
        every = "127.0.0.1/32"
        server.hba(f"hostssl all certificate {every} cert", f"host all all {every} scram-sha-256")

    def renew(self) -> Authority:
        """A certificate of another CA, which its clients do not know yet."""
        authority = Authority()
        authority.issue(self.certificate, self.key, "server")
        self._hand_over()
        return authority

    def role(self, name: str, password: str) -> None:
        """Make a role, or change its password."""
        with self.server.connect() as connection:
            known = connection.execute("select 1 from pg_roles where rolname = %s", [name])
            verb = "alter" if known.fetchone() else "create"
            connection.execute(
                sql.SQL(verb + " role {} login password {}").format(
                    sql.Identifier(name), sql.Literal(password)
                )
            )

    def dsn(self, user: str, **more: Any) -> str:
        """A connection string of a role, without its password unless that is given."""
        return self.server.dsn(user=user, **more)

    def _hand_over(self) -> None:
        """Give the files to the server's user: PostgreSQL refuses root."""
        nobody = pwd.getpwnam("nobody")
        for file in self.home.iterdir() if os.geteuid() == 0 else ():
            os.chown(file, nobody.pw_uid, nobody.pw_gid)


def settings(**instances: Any) -> dict[str, Any]:
    """A configuration in which these instances are only logged in to."""
    return {"instances": instances, "queries": OFF, "targets": NO_TARGETS}


def up(daemon: Daemon, instance: str) -> bool:
    """Whether one of several instances is up."""
    return daemon.value("pg_up", server=instance) == 1


def reasons(daemon: Daemon) -> dict[str, str]:
    """Why instances are down, of several."""
    found = [s for s in daemon.samples() if s.name == "pgvitals_down_reason"]
    return {s.labels["server"]: s.labels["reason"] for s in found}


def complaints(daemon: Daemon, instance: str) -> list[str]:
    """What was logged of its logins that failed."""
    failed = [e for e in daemon.events if e["event"] == "login failed"]
    return [e["error"] for e in failed if e["instance"] == instance]
