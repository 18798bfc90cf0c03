"""libpq: what it makes of a login's parameters, with the service file and the environment."""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import conninfo, pq

from pgvitals.outcome import CredentialError

NO_FILE = f"{os.devnull}/none"
"""A file that cannot be: named as passfile, libpq reads none, and says nothing of it on stderr."""

_NO_DSN = (
    "found a text that is no connection string (not shown: it may hold a password); expected"
    " postgresql://user@host:5432/dbname, with special characters as %XX, or host=... user=... dbname=...,"
    " and no parameter that only Go's driver knows, such as binary_parameters"
)
_TELLING = (
    "service", "host", "hostaddr", "port", "user", "dbname", "password", "passfile", "sslmode", "sslrootcert"
)  # fmt: skip
_NO_ONE_ELSE = stat.S_IRWXG | stat.S_IRWXO


def parsed(dsn: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """All parameters of a login, by keyword; raises ValueError, which never repeats a value."""
    keywords = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    if unknown := [name for name in parameters if name not in keywords]:
        raise ValueError(
            f"found {', '.join(unknown)}, expected keywords of libpq such as host and user"
        )
    try:
        found = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        raise ValueError(_NO_DSN) from None
    all_ = {name: str(value) for name, value in found.items()} | dict(parameters)
    ports = all_.get("port", "").split(",")
    # In a URL, a password with @ or / that is not quoted would become host and port: labels, and logs.
    url = dsn.partition("://")[2] if re.match("postgres(ql)?://", dsn) else ""
    account, _, _ = url.rpartition("@")
    unquoted = "@" in account or "/" in account
    cut = any("\0" in text for text in (dsn, *parameters.values()))
    if unquoted or cut or not all(port.isdecimal() or not port for port in ports):
        raise ValueError(_NO_DSN)
    return all_


def settled(parameters: Mapping[str, str]) -> dict[str, str]:
    """Where `parameters` lead: host, port, dbname, password, sslmode ... as libpq would use them.

    Service file and passfile are read again each time. A CA without any sslmode means verify-full: there
    is no other reason to name one. Raises CredentialError for a service that cannot be found.
    """
    known = {name: parameters[name] for name in _TELLING if name in parameters}
    # This CA makes libpq prefer verify-full, unless a mode is set, wherever that may be; and with a
    # password at hand it does not look for another one.
    strict = _asked({**known, "sslrootcert": "system", "password": "none"})
    file = strict.get("passfile", "")
    found = _asked({**known, "passfile": NO_FILE} if passfile_problem(file) else known)
    if "sslrootcert" in found:
        found["sslmode"] = strict["sslmode"]
    return found | {"passfile": file}


def _asked(parameters: Mapping[str, str]) -> dict[str, str]:
    """Only a connection tells it; one that asks for a session that cannot be never leaves us."""
    asking = conninfo.make_conninfo("", **parameters, target_session_attrs="none")
    connection = pq.PGconn.connect_start(asking.encode())
    try:
        found = {
            o.keyword.decode(): o.val.decode("utf-8", "replace") for o in connection.info if o.val
        }
        problem = connection.error_message.decode("utf-8", "replace").strip()
        password = connection.password.decode("utf-8", "replace")
    finally:
        connection.finish()
    if not found:
        looked = os.environ.get("PGSERVICEFILE") or "~/.pg_service.conf"
        raise CredentialError(f"{problem}; expected it in {looked}, which PGSERVICEFILE names")
    return found | {"password": password}


def passfile_problem(file: str) -> str:
    """Why libpq takes no password from the file, as it judges that; empty where it may, or for no file."""
    if not file:
        return ""
    try:
        mode = Path(file).stat().st_mode
    except OSError as error:
        return error.strerror or str(error)
    if not stat.S_ISREG(mode):
        return "it is no file"
    if mode & _NO_ONE_ELSE:
        found = stat.S_IMODE(mode)
        return f"found mode {found:04o}, expected 0600, else libpq ignores it; password_file may have any"
    return "" if os.access(file, os.R_OK) else "Permission denied"
