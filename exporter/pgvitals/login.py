"""A login: how to reach one server; parsed once, its secrets read at each login and never shown."""

import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, pq

from pgvitals.outcome import PasswordFileError

LIMIT = 4.0
"""Seconds for a login and, in a heartbeat, its answer; longer is silence."""

_SECRET_KEYS = ("password", "sslpassword", "oauth_client_secret")
_HIDDEN = "(hidden)"
_LONGEST = 300
_NO_DSN = (
    "found a text that is no connection string (not shown: it may hold a password); expected"
    " postgresql://user@host:5432/dbname, with special characters as %XX, or host=... user=... dbname=...,"
    " and no parameter that only Go's driver knows, such as binary_parameters"
)


class Login:
    """Connection parameters (libpq's keywords), and perhaps a file with the password.

    Raises ValueError for a text that is no connection string; the error never repeats it.
    """

    def __init__(
        self, dsn: str = "", parameters: Mapping[str, str] | None = None, password_file: str = ""
    ) -> None:
        self._parameters = _parsed(dsn, parameters or {})
        if password_file and "password" in self._parameters:
            raise ValueError("found a password and a password_file, expected one of them")
        self._password_file = password_file
        self._file_password = ""

    def parameters(self, dbname: str | None = None) -> dict[str, Any]:
        """Arguments for psycopg.connect; `dbname` replaces the login's own.

        Reads the password file; raises PasswordFileError.
        """
        hosts = str(self._parameters.get("host", "")).count(",") + 1
        given = {
            "application_name": "pgvitals",
            **self._parameters,
            "client_encoding": "UTF8",
            "connect_timeout": max(2, int(LIMIT) // hosts),
            "autocommit": True,
            "prepare_threshold": None,
        }
        if dbname is not None:
            given["dbname"] = dbname
        if self._password_file:
            given["password"] = self._file_password = self._password()
        return given

    @property
    def server(self) -> str:
        """`host:port`, as postgres_exporter's label `server` has it."""
        host = self._parameters.get("host") or self._parameters.get("hostaddr") or "localhost"
        return f"{host}:{self._parameters.get('port') or 5432}"

    @property
    def database(self) -> str:
        """The database that is named, if one is."""
        return str(self._parameters.get("dbname", ""))

    def scrub(self, text: str) -> str:
        """Hide every secret of this login in `text`, then cut it to what a log line can bear."""
        secrets = {
            self._file_password,
            *(str(self._parameters.get(key) or "") for key in _SECRET_KEYS),
        }
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text[:_LONGEST]

    def _password(self) -> str:
        try:
            password = Path(self._password_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise PasswordFileError(f"password file {self._password_file}: {reason}") from None
        if not password:
            raise PasswordFileError(f"password file {self._password_file}: it is empty")
        return password

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Login):
            return NotImplemented
        ours, theirs = self._parameters, other._parameters
        return (ours, self._password_file) == (theirs, other._password_file)

    __hash__ = None  # type: ignore[assignment]  # it holds a mapping

    def __repr__(self) -> str:
        return f"Login({self.server})"


def let_go(error: BaseException | None) -> None:
    """Free what the frames of a failed login hold.

    psycopg's connect() keeps its errors in a frame that those errors refer to: a cycle, which would
    keep the socket of a silent server open until the garbage collector comes by.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _parsed(dsn: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """All parameters of a login; raises ValueError."""
    if unknown := [name for name in parameters if name not in _keywords()]:
        raise ValueError(
            f"found {', '.join(unknown)}, expected keywords of libpq such as host and user"
        )
    try:
        parsed = conninfo.conninfo_to_dict(dsn) | dict(parameters)
    except psycopg.Error:
        raise ValueError(_NO_DSN) from None
    ports = str(parsed.get("port", "")).split(",")
    # In a URL, a password with @ or / that is not quoted would become host and port: labels, and logs.
    url = dsn.partition("://")[2] if re.match("postgres(ql)?://", dsn) else ""
    account, _, _ = url.rpartition("@")
    unquoted = "@" in account or "/" in account or "\0" in dsn
    if unquoted or not all(port.isdecimal() or not port for port in ports):
        raise ValueError(_NO_DSN)
    return parsed


def _keywords() -> set[str]:
    return {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
