"""Configuration: the file, under the environment, under the flags.

A file is optional: with postgres_exporter's environment variables alone, pgvitals watches what it
would watch.
"""

import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pgvitals import catalogue
from pgvitals.catalogue import Catalogue
from pgvitals.consistency import problems
from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.login import Login
from pgvitals.query import Model, Override, Text
from pgvitals.strict import Where

ENVIRONMENT = "environment"
_LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER")
# Only a comma before what starts another one parts two connection strings: hosts and passwords
# may have commas too.
_NEXT_DSN = re.compile(r",(?=postgres(?:ql)?://|(?:host|hostaddr|port|user|dbname|service)\s*=)")

Parameter = str | int
# YAML reads 012345 as a number, and another one: no password is to be guessed from it.
_NUMERIC = re.compile(r"port|connect_timeout|tcp_user_timeout|keepalives(_\w+)?")


def _about(meaning: str) -> Meta:
    return Meta(description=meaning)


class Databases(Model, frozen=True):
    """Which databases of a server to visit, by shell patterns."""

    include: Annotated[tuple[Text, ...], _about("names or patterns to visit")] = ("*",)
    exclude: Annotated[tuple[Text, ...], _about("names or patterns to leave out; wins")] = ()

    def wants(self, name: str) -> bool:
        """Whether the database `name` is to be visited."""
        included = any(fnmatchcase(name, pattern) for pattern in self.include)
        return included and not any(fnmatchcase(name, pattern) for pattern in self.exclude)


class InstanceConfig(Model, frozen=True):
    """One server, by a connection string or by libpq's keywords."""

    dsn: Annotated[str, _about("postgresql://user@host:5432/dbname, or host=... user=...")] = ""
    connection: Annotated[
        dict[Text, Parameter],
        _about("libpq's keywords, instead of dsn: host, port, user, sslmode ..."),
    ] = {}
    password_file: Annotated[str, _about("file with the password, read again at each login")] = ""
    databases: Annotated[
        Databases | None,
        _about("databases to visit and follow; without it the connected one alone"),
    ] = None
    max_databases: Annotated[
        int,
        Meta(ge=1, le=10_000, description="beyond it, intervals stretch: the databases take turns"),
    ] = 50
    queries: Annotated[dict[Text, Override], _about("changes to queries, for this instance")] = {}

    def login(self) -> Login:
        """How to reach the server; raises ValueError, without the text that is wrong."""
        if self.dsn and self.connection:
            raise ValueError("found dsn and connection, expected one of them")
        for key, value in self.connection.items():
            if not isinstance(value, str) and not _NUMERIC.fullmatch(key):
                raise ValueError(f"found a number for {key}, expected a text: put it in quotes")
        parameters = {key: str(value) for key, value in self.connection.items()}
        return Login(self.dsn, parameters, self.password_file)


class Web(Model, frozen=True):
    """The HTTP side; the flags win. A change needs a restart."""

    listen_addresses: Annotated[
        tuple[Text, ...], Meta(min_length=1, description="host:port, [host]:port or :port")
    ] = (":9187",)
    telemetry_path: Annotated[
        str, Meta(pattern=r"^/(?!-/|probe$)[^\s?#]*$", description="where the metrics are")
    ] = "/metrics"
    enable_lifecycle: Annotated[bool, _about("allow POST /-/reload")] = False


class Log(Model, frozen=True):
    """What is logged, and how; the flags win."""

    level: Annotated[
        Literal["debug", "info", "warn", "warning", "error"], _about("the least that is logged")
    ] = "info"
    format: Annotated[
        Literal["json", "logfmt", "console"], _about("for machines, or for people")
    ] = "json"


class Config(Model, frozen=True):
    """The configuration file. Environment and flags win over it; SIGHUP reads it again."""

    instances: Annotated[
        dict[Text, InstanceConfig], _about("servers by name; DATA_SOURCE_NAME replaces them")
    ] = {}
    queries: Annotated[dict[Text, Override], _about("changes to queries, for all instances")] = {}
    query_directories: Annotated[
        tuple[Text, ...], _about("directories with query files, beside those of the release")
    ] = ()
    web: Annotated[Web, _about("the HTTP side")] = Web()
    log: Annotated[Log, _about("logging")] = Log()

    def catalogue(self) -> Catalogue:
        """Load every query; raises Mistakes."""
        directories = [catalogue.shipped_directory(), *map(Path, self.query_directories)]
        return catalogue.load(directories)

    def catalogue_of(self, instance: str, loaded: Catalogue) -> Catalogue:
        """The queries as one instance runs them: changed everywhere, then for it alone."""
        return catalogue.override(loaded, self.queries, self.instances[instance].queries)


def load(
    file: Path | None, environment: Mapping[str, str] = os.environ
) -> tuple[Config, Catalogue]:
    """Read the configuration and the queries it names; raises Mistakes with what is wrong in any of it."""
    document = Document.open(file) if file else None
    config = document.read(Config, private="instances") if document else Config()
    instances = from_environment(environment) or config.instances or from_libpq(environment)
    config = msgspec.structs.replace(config, instances=instances)
    loaded = config.catalogue()
    if mistakes := _mistakes(config, loaded, document):
        raise Mistakes(mistakes)
    return config, loaded


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


def _mistakes(config: Config, loaded: Catalogue, document: Document | None) -> list[Mistake]:
    """What the types cannot see: connection strings, and names of queries that do not exist."""
    place = document or Document(Path(ENVIRONMENT), "{}")
    found = []
    if not config.instances:
        problem = "no instance, expected at least one here or in DATA_SOURCE_NAME"
        found.append(place.mistake(("instances",), problem))
    overrides: list[tuple[Where, dict[str, Override]]] = [(("queries",), config.queries)]
    for name, instance in config.instances.items():
        overrides.append((("instances", name, "queries"), instance.queries))
        try:
            instance.login()
        except ValueError as error:
            found.append(place.mistake(("instances", name), str(error)))
    for where, queries in overrides:
        for name, change in queries.items():
            found += [
                place.mistake((*where, name, *at), problem)
                for at, problem in _override_problems(name, change, loaded)
            ]
    return found


def _override_problems(
    name: str, change: Override, loaded: Catalogue
) -> Iterable[tuple[Where, str]]:
    if name not in loaded:
        return [((), f"no such query, expected one of {', '.join(loaded)}")]
    return problems(loaded[name].change(change))
