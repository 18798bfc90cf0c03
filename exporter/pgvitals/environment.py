"""The environment: which servers its variables name, postgres_exporter's and libpq's."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pgvitals.config import InstanceConfig
from pgvitals.document import Mistake, Mistakes
from pgvitals.login import Login

ENVIRONMENT = "environment"
_LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER")
# Only a comma before what starts another one parts two connection strings: hosts and passwords
# may have commas too.
_NEXT_DSN = re.compile(r",(?=postgres(?:ql)?://|(?:host|hostaddr|port|user|dbname|service)\s*=)")


def from_environment(environment: Mapping[str, str]) -> dict[str, InstanceConfig]:
    """The instances that postgres_exporter's variables name, by `host:port`; raises Mistakes.

    `DATA_SOURCE_NAME` wins; else `DATA_SOURCE_URI` with `_USER` and `_PASS`, each also as `_FILE`,
    which wins over the plain one.
    """
    if dsns := environment.get("DATA_SOURCE_NAME"):
        found = [InstanceConfig(dsn=dsn) for dsn in _split(dsns)]
    elif uri := _variable(environment, "DATA_SOURCE_URI"):
        found = [_from_uri(uri, environment)]
    else:
        return {}
    try:
        return _named(found)
    except ValueError as error:
        variable = "DATA_SOURCE_NAME" if dsns else "DATA_SOURCE_URI"
        raise Mistakes([Mistake(ENVIRONMENT, 1, variable, str(error))]) from None


def _split(dsns: str) -> list[str]:
    """Part connection strings; where one alone would be none, the comma is inside quotes."""
    whole: list[str] = []
    for piece in _NEXT_DSN.split(dsns):
        if whole and not (_is_dsn(whole[-1]) and _is_dsn(piece)):
            whole[-1] += f",{piece}"
        else:
            whole.append(piece)
    return whole


def _is_dsn(text: str) -> bool:
    try:
        Login(text)
    except ValueError:
        return False
    return True


def _named(instances: list[InstanceConfig]) -> dict[str, InstanceConfig]:
    """Name instances by `host:port`, and by `host:port/database` where a server comes twice."""
    servers = [instance.login().server for instance in instances]
    named: dict[str, InstanceConfig] = {}
    for server, instance in zip(servers, instances, strict=True):
        name = server if servers.count(server) == 1 else f"{server}/{instance.login().database}"
        if named.setdefault(name, instance) is not instance:
            raise ValueError(f"found two connection strings for {name}, expected one")
    return named


def from_libpq(environment: Mapping[str, str]) -> dict[str, InstanceConfig]:
    """The instance that libpq's own variables describe, where there is nothing else."""
    named = any(environment.get(name) for name in _LIBPQ_VARIABLES)
    return {environment.get("PGHOST") or "libpq": InstanceConfig()} if named else {}


def _from_uri(uri: str, environment: Mapping[str, str]) -> InstanceConfig:
    user = quote(_variable(environment, "DATA_SOURCE_USER"), safe="")
    password_file = environment.get("DATA_SOURCE_PASS_FILE", "")
    password = "" if password_file else quote(environment.get("DATA_SOURCE_PASS", ""), safe="")
    account = f"{user}:{password}" if password else user
    dsn = f"postgresql://{account}@{uri}" if account else f"postgresql://{uri}"
    return InstanceConfig(dsn=dsn, password_file=password_file)


def _variable(environment: Mapping[str, str], name: str) -> str:
    """A variable, or the content of the file that its `_FILE` form names; raises Mistakes."""
    file = environment.get(f"{name}_FILE")
    if not file:
        return environment.get(name, "")
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Mistakes([Mistake(ENVIRONMENT, 1, f"{name}_FILE", f"{file}: {reason}")]) from None
