"""A login: how to reach one server; parsed once, its secrets read at each login and never shown."""

import time
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from pgvitals import libpq
from pgvitals.issuer import Issuer
from pgvitals.lease import DEFAULT_LIFETIME
from pgvitals.outcome import CredentialError, down_reason

LIMIT = 4.0
"""Seconds for a login and, in a heartbeat, its answer; longer is silence."""

_SECRET_KEYS = ("password", "sslpassword", "oauth_client_secret")
_HIDDEN = "(hidden)"
_LONGEST = 300
_REMEMBERED = 4
"""Passwords that may still be in use somewhere, if only in an error: old ones are hidden too."""


class Login:
    """Connection parameters (libpq's keywords), and perhaps a file or a command with the password.

    `password_lifetime` are seconds, for a command whose passwords do not tell when they expire. Raises
    ValueError for a text that is no connection string; the error never repeats it.
    """

    def __init__(
        self,
        dsn: str = "",
        parameters: Mapping[str, str] | None = None,
        password_file: str = "",
        password_command: Sequence[str] = (),
        password_lifetime: float = DEFAULT_LIFETIME,
    ) -> None:
        self._parameters = libpq.parsed(dsn, parameters or {})
        _expect_one("password" in self._parameters, password_file, password_command)
        self._given = (self._parameters, password_file, tuple(password_command), password_lifetime)
        self._password_file = password_file
        self._issuer = Issuer(password_command, password_lifetime) if password_command else None
        self._passwords: deque[str] = deque(maxlen=_REMEMBERED)
        try:
            self._settled = libpq.settled(self._parameters)
        except CredentialError:  # each login says so, until there is such a service
            self._settled = self._parameters

    def parameters(self, dbname: str | None = None) -> dict[str, Any]:
        """Arguments for psycopg.connect; `dbname` replaces the login's own.

        Reads the service file and the password file, and waits for a token a part of LIMIT; raises
        CredentialError.
        """
        started = time.monotonic()
        given = {"application_name": "pgvitals", **self._parameters, **self._place()}
        if dbname is not None:
            given["dbname"] = dbname
        if password := self._password():
            given["password"] = password
        hosts = self._settled.get("host", "").count(",") + 1
        return given | {
            "client_encoding": "UTF8",
            "connect_timeout": connect_timeout(time.monotonic() - started, hosts),
            "autocommit": True,
            "prepare_threshold": None,
        }

    def connect(self, dbname: str | None = None) -> psycopg.Connection[Any]:
        """Log in; raises psycopg.Error, of it CredentialError where our own side is to blame."""
        try:
            return psycopg.connect(**self.parameters(dbname))
        except psycopg.Error as error:
            let_go(error)
            self.failed(error)
            raise

    def failed(self, error: psycopg.Error) -> None:
        """Learn from a login that failed: a refused token is replaced before the next.

        Raises CredentialError where libpq passed over a passfile in silence.
        """
        # A refusal in a language that we do not know has no better reason than connection_failed.
        if self._issuer and down_reason(error) in ("login_refused", "connection_failed"):
            self._issuer.refused()
        file = self._settled.get("passfile")
        if file and "no password supplied" in str(error):
            problem = libpq.passfile_problem(file) or "it has no line for this login"
            raise CredentialError(f"passfile {file}: {problem}")

    @property
    def problem(self) -> str:
        """What is wrong with the credential, although the one of before may still work; else empty."""
        return self.scrub(self._issuer.problem) if self._issuer else ""

    @property
    def server(self) -> str:
        """`host:port`, as postgres_exporter's label `server` has it."""
        host = self._settled.get("host") or self._settled.get("hostaddr") or "localhost"
        return f"{host}:{self._settled.get('port') or 5432}"

    @property
    def database(self) -> str:
        """The database that is named, if one is."""
        return str(self._settled.get("dbname", ""))

    def scrub(self, text: str) -> str:
        """Hide every secret of this login in `text`, then cut it to what a log line can bear."""
        of_libpq = (self._settled.get(key) or self._parameters.get(key) for key in _SECRET_KEYS)
        secrets = {*self._passwords, *map(str, of_libpq)}
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text[:_LONGEST]

    def _place(self) -> dict[str, str]:
        """Where to log in as of now, where libpq alone would not say so."""
        self._settled = found = libpq.settled(self._parameters)
        # psycopg resolves names itself, and of a service it does not know the host.
        names = ["host", "hostaddr", "port"] if "service" in found else []
        names += ["sslmode"] if "sslrootcert" in found else []
        place = {name: found[name] for name in names if name in found}
        return place | (
            {"passfile": libpq.NO_FILE} if libpq.passfile_problem(found["passfile"]) else {}
        )

    def _password(self) -> str:
        """The password of the command or the file; empty where there is neither."""
        password = self._issuer.token() if self._issuer else self._from_file()
        if password and password not in self._passwords:
            self._passwords.append(password)
        return password

    def _from_file(self) -> str:
        if not self._password_file:
            return ""
        try:
            password = Path(self._password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise CredentialError(f"password file {self._password_file}: {reason}") from None
        if not password or "\0" in password:
            reason = "it has a NUL" if password else "it is empty"
            raise CredentialError(f"password file {self._password_file}: {reason}")
        return password

    def __eq__(self, other: object) -> bool:
        return self._given == other._given if isinstance(other, Login) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it holds a mapping

    def __repr__(self) -> str:
        return f"Login({self.server})"


def connect_timeout(waited: float, hosts: int = 1) -> int:
    """Seconds for each of some hosts, after so many for a token; libpq takes whole ones, and no 1."""
    return max(2, round(LIMIT - waited) // hosts)


def let_go(error: BaseException | None) -> None:
    """Free what the frames of a failed login hold.

    psycopg's connect() keeps its errors in a frame that those errors refer to: a cycle, which would
    keep the socket of a silent server open until the garbage collector comes by.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _expect_one(password: bool, file: str, command: Sequence[str]) -> None:
    """Whether there is at most one password; raises ValueError."""
    given = {"password": password, "password_file": file, "password_command": command}
    found = [name for name, value in given.items() if value]
    if len(found) > 1:
        raise ValueError(f"found a {' and a '.join(found)}, expected one of them")
