"""Configuration: what can be said in the file; settings and flags say what becomes of it."""

import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from pgvitals import agenda, catalogue, exemption
from pgvitals.agenda import Agenda, Exempt
from pgvitals.catalogue import Catalogue
from pgvitals.lease import DEFAULT_LIFETIME, SHORTEST_LIFETIME
from pgvitals.login import Login
from pgvitals.query import Override
from pgvitals.reading import Model, Text, about
from pgvitals.strict import Duration
from pgvitals.target import Change

Parameter = str | int
# YAML reads 012345 as a number, and another one: no password is to be guessed from it.
_NUMERIC = re.compile(r"port|connect_timeout|tcp_user_timeout|keepalives(_\w+)?")


class Databases(Model, frozen=True):
    """Which databases of a server to visit, by shell patterns."""

    include: Annotated[tuple[Text, ...], about("names or patterns to visit")] = ("*",)
    exclude: Annotated[tuple[Text, ...], about("names or patterns to leave out; wins")] = ()
    connected: Annotated[bool, about("visit the connected one whatever the patterns say")] = False

    def wants(self, name: str, connected: str = "") -> bool:
        """Whether the database `name` is to be visited; `connected` is the connected one."""
        included, excluded = (
            any(fnmatchcase(name, pattern) for pattern in patterns)
            for patterns in (self.include, self.exclude)
        )
        return (included and not excluded) or (self.connected and name == connected)


class Scope(Model, frozen=True):
    """What targets are about, where a database does not tell it itself."""

    api_roles: Annotated[
        tuple[Text, ...],
        about("roles that reach tables through an API; else anon and authenticated, if they exist"),
    ] = ()
    exposed_schemas: Annotated[
        tuple[Text, ...],
        about("schemas that the API serves; else those of PostgREST, else public, graphql_public"),
    ] = ()
    exempt_schemas: Annotated[
        tuple[Text, ...], about("schemas that no target looks at, beside those of the platform")
    ] = ()


class InstanceConfig(Model, frozen=True):
    """One server, by a connection string or by libpq's keywords."""

    dsn: Annotated[str, about("postgresql://user@host:5432/dbname, or host=... user=...")] = ""
    connection: Annotated[
        dict[Text, Parameter],
        about("libpq's keywords, instead of dsn: host, port, user, sslmode ..."),
    ] = {}
    password_file: Annotated[str, about("file with the password, read again at each login")] = ""
    password_command: Annotated[
        tuple[Text, ...],
        about(
            "program and arguments that print a password or token, asked again before it expires"
        ),
    ] = ()
    password_lifetime: Annotated[
        Duration | None, about("for a token that does not tell when it expires; else a minute")
    ] = None
    databases: Annotated[
        Databases | None,
        about("databases to visit and follow; without it the connected one alone"),
    ] = None
    max_databases: Annotated[
        int,
        Meta(ge=1, le=10_000, description="beyond it, intervals stretch: the databases take turns"),
    ] = 50
    queries: Annotated[dict[Text, Override], about("changes to queries, for this instance")] = {}
    targets: Annotated[dict[Text, Change], about("changes to targets, for this instance")] = {}
    scope: Annotated[Scope | None, about("instead of the scope of all instances")] = None
    thresholds: Annotated[dict[Text, float], about("thresholds of alerts, for this instance")] = {}

    def login(self) -> Login:
        """How to reach the server; raises ValueError, without the text that is wrong."""
        if self.dsn and self.connection:
            raise ValueError("found dsn and connection, expected one of them")
        for key, value in self.connection.items():
            if not isinstance(value, str) and not _NUMERIC.fullmatch(key):
                raise ValueError(f"found a number for {key}, expected a text: put it in quotes")
        parameters = {key: str(value) for key, value in self.connection.items()}
        lifetime = self._lifetime()
        return Login(self.dsn, parameters, self.password_file, self.password_command, lifetime)

    def _lifetime(self) -> float:
        lifetime = self.password_lifetime
        if lifetime is None:
            return DEFAULT_LIFETIME
        if not self.password_command:
            raise ValueError("found password_lifetime, expected password_command with it")
        if lifetime < SHORTEST_LIFETIME:
            raise ValueError(
                f"found a password_lifetime of {lifetime:g} s, expected {SHORTEST_LIFETIME:g} s or more"
            )
        return lifetime


class Web(Model, frozen=True):
    """The HTTP side; the flags win. A change needs a restart, but not one of the file that it names."""

    listen_addresses: Annotated[
        tuple[Text, ...], Meta(min_length=1, description="host:port, [host]:port or :port")
    ] = (":9187",)
    telemetry_path: Annotated[
        str, Meta(pattern=r"^/(?!-/|probe$)[^\s?#]*$", description="where the metrics are")
    ] = "/metrics"
    enable_lifecycle: Annotated[bool, about("allow POST /-/reload")] = False
    config_file: Annotated[
        str, about("exporter-toolkit's web configuration file: TLS, passwords, headers")
    ] = ""
    health_address: Annotated[
        str,
        about("one more address, for /-/healthy and /-/ready alone, without TLS and passwords"),
    ] = ""


class Log(Model, frozen=True):
    """What is logged, and how; the flags win."""

    level: Annotated[
        Literal["debug", "info", "warn", "warning", "error"], about("the least that is logged")
    ] = "info"
    format: Annotated[
        Literal["json", "logfmt", "console"], about("for machines, or for people")
    ] = "json"


class Loaded(NamedTuple):
    """What other files say: the queries, and the findings that do not count."""

    queries: Catalogue
    exempt: Exempt = {}


class Config(Model, frozen=True):
    """The configuration file. Environment and flags win over it; SIGHUP reads it again."""

    instances: Annotated[
        dict[Text, InstanceConfig], about("servers by name; DATA_SOURCE_NAME replaces them")
    ] = {}
    queries: Annotated[dict[Text, Override], about("changes to queries, for all instances")] = {}
    targets: Annotated[dict[Text, Change], about("changes to targets, for all instances")] = {}
    enforce: Annotated[tuple[Text, ...], about("the targets that may alert")] = (
        "rls_coverage",
        "auth_bypass",
        "fk_indexed",
        "primary_keys",
        "orphaned_rows",
        "query_latency_p95",
        "migration_sequence",
        "backup_verified",
        "detection_time",
    )
    owners: Annotated[
        dict[Text, Text], about("teams by the role that a target names as its owner")
    ] = {}
    exemptions: Annotated[
        str, about("file with findings that do not count; pgvitals baseline makes one")
    ] = ""
    scope: Annotated[Scope, about("what targets are about")] = Scope()
    thresholds: Annotated[
        dict[Text, float],
        about(
            "thresholds of alerts by their names, instead of those in alerts/rules/thresholds.yaml"
        ),
    ] = {}
    query_directories: Annotated[
        tuple[Text, ...], about("directories with query files, beside those of the release")
    ] = ()
    web: Annotated[Web, about("the HTTP side")] = Web()
    log: Annotated[Log, about("logging")] = Log()

    def load(self) -> Loaded:
        """Load every query, and the exemptions; raises Mistakes."""
        directories = [catalogue.shipped_directory(), *map(Path, self.query_directories)]
        exempt = exemption.load(Path(self.exemptions)).by_place() if self.exemptions else {}
        return Loaded(catalogue.load(directories), exempt)

    def catalogue_of(self, instance: str, loaded: Loaded) -> Catalogue:
        """The queries as one instance runs them: changed everywhere, then for it alone."""
        return catalogue.override(loaded.queries, self.queries, self.instances[instance].queries)

    def agenda_of(self, instance: InstanceConfig, loaded: Loaded) -> Agenda:
        """The targets as one instance assesses them: changed everywhere, then for it alone."""
        targets = []
        for target in agenda.shipped().values():
            changed = target.change(self.targets.get(target.id, Change()))
            changed = changed.change(instance.targets.get(target.id, Change()))
            enforced = target.id in self.enforce
            targets.append(msgspec.structs.replace(changed, enforced=enforced, owners=self.owners))
        shared = msgspec.structs.asdict(instance.scope or self.scope)
        return Agenda(targets, shared, loaded.exempt)
