"""Configuration: what can be said in the file; settings and flags say what becomes of it."""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from pgvitals import catalogue
from pgvitals.catalogue import Catalogue
from pgvitals.login import Login
from pgvitals.query import Model, Override, Text

Parameter = str | int
# YAML reads 012345 as a number, and another one: no password is to be guessed from it.
_NUMERIC = re.compile(r"port|connect_timeout|tcp_user_timeout|keepalives(_\w+)?")


def _about(meaning: str) -> Meta:
    return Meta(description=meaning)


class Databases(Model, frozen=True):
    """Which databases of a server to visit, by shell patterns."""

    include: Annotated[tuple[Text, ...], _about("names or patterns to visit")] = ("*",)
    exclude: Annotated[tuple[Text, ...], _about("names or patterns to leave out; wins")] = ()
    connected: Annotated[bool, _about("visit the connected one whatever the patterns say")] = False

    def wants(self, name: str, connected: str = "") -> bool:
        """Whether the database `name` is to be visited; `connected` is the connected one."""
        included, excluded = (
            any(fnmatchcase(name, pattern) for pattern in patterns)
            for patterns in (self.include, self.exclude)
        )
        return (included and not excluded) or (self.connected and name == connected)


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
