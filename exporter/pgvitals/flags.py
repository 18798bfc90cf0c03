"""The flags of `pgvitals run`: its own, and those of postgres_exporter that have a meaning here."""

import glob
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
import msgspec

from pgvitals import catalogue
from pgvitals.address import parse
from pgvitals.config import Config, Databases, InstanceConfig, Loaded
from pgvitals.document import Mistake, Mistakes
from pgvitals.peer import Flag, peer
from pgvitals.query import Override
from pgvitals.settings import load
from pgvitals.strict import explain

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Decorator = Callable[[_Command], _Command]


class Flags(NamedTuple):
    """What the command line says; None or empty where it says nothing.

    `switches` turns queries on and off; `databases` replaces those of every instance.
    """

    config_file: Path | None = None
    listen_addresses: tuple[str, ...] = ()
    telemetry_path: str | None = None
    enable_lifecycle: bool | None = None
    web_config_file: str | None = None
    health_address: str | None = None
    log_level: str | None = None
    log_format: str | None = None
    switches: Mapping[str, bool] = {}
    databases: Databases | None = None


def _field(option: str) -> str:
    return option.lstrip("-").replace(".", "_").replace("-", "_")


def setting(option: str, field: str, help_: str, theirs: str = "", **more: Any) -> _Decorator[Any]:
    """An option with a variable: PGVITALS_ and its name, or `theirs` of postgres_exporter."""
    variable = f"PGVITALS_{_field(option.partition('/')[0]).upper()}"
    help_ = f"{help_} [{variable}]"
    return click.option(option, field, envvar=[variable, theirs or variable], help=help_, **more)


config_file = setting(
    "--config.file",
    "config_file",
    "YAML file with instances, queries and settings.",
    type=click.Path(path_type=Path),
)
_OWN = (
    config_file,
    setting(
        "--web.listen-address",
        "listen_addresses",
        "host:port to listen on; may be repeated. Default :9187.",
        "PG_EXPORTER_WEB_LISTEN_ADDRESS",
        multiple=True,
    ),
    setting(
        "--web.telemetry-path",
        "telemetry_path",
        "Path of the metrics. Default /metrics.",
        "PG_EXPORTER_WEB_TELEMETRY_PATH",
    ),
    setting(
        "--web.enable-lifecycle/--no-web.enable-lifecycle",
        "enable_lifecycle",
        "Allow POST /-/reload. Default off.",
        default=None,
    ),
    setting(
        "--web.config.file",
        "web_config_file",
        "exporter-toolkit's web configuration file: TLS, passwords, headers.",
    ),
    setting(
        "--web.health-address",
        "health_address",
        "host:port for /-/healthy and /-/ready alone, without TLS and passwords.",
    ),
    setting("--log.level", "log_level", "debug, info, warn or error. Default info."),
    setting("--log.format", "log_format", "json, logfmt or console. Default json."),
    setting(
        "--auto-discover-databases/--no-auto-discover-databases",
        "discover",
        "Visit every database of the server, not only the connected one.",
        "PG_EXPORTER_AUTO_DISCOVER_DATABASES",
        default=None,
    ),
    setting(
        "--include-databases",
        "include",
        "Of them visit these alone, with commas between.",
        "PG_EXPORTER_INCLUDE_DATABASES",
        default="",
    ),
    setting(
        "--exclude-databases",
        "exclude",
        "Of them do not visit these, with commas between.",
        "PG_EXPORTER_EXCLUDE_DATABASES",
        default="",
    ),
)


def options(command: _Command) -> _Command:
    """Give `run` all its options; what it is called with is for `collect`."""
    for decorate in reversed([*_OWN, *_switches(), *_theirs()]):
        command = decorate(command)
    return command


def collect(given: Mapping[str, Any]) -> Flags:
    """Make Flags of what click parsed."""
    said = {name: given[name] for name in Flags._fields if name in given}
    return Flags(**said, switches=_switched(given), databases=_databases(given))


def settle(flags: Flags) -> tuple[Config, Loaded]:
    """File, environment and flags, together; raises Mistakes."""
    settings, loaded = load(flags.config_file)
    web = _changed(
        settings.web,
        listen_addresses=flags.listen_addresses,
        telemetry_path=flags.telemetry_path,
        enable_lifecycle=flags.enable_lifecycle,
        config_file=flags.web_config_file,
        health_address=flags.health_address,
    )
    _check_addresses("listen_addresses", web.listen_addresses)
    _check_addresses("health_address", [web.health_address] if web.health_address else [])
    logging = _changed(settings.log, level=flags.log_level, format=flags.log_format)
    instances = {name: _flagged(i, flags) for name, i in settings.instances.items()}
    return msgspec.structs.replace(settings, web=web, log=logging, instances=instances), loaded


def _check_addresses(key: str, addresses: Iterable[str]) -> None:
    for address in addresses:
        try:
            parse(address)
        except ValueError as error:
            raise Mistakes([Mistake("web", 1, key, str(error))]) from None


def _collectors() -> dict[str, tuple[str, ...]]:
    """What can be switched: its collectors first, so that a query's own name says more."""
    names = (file.stem for file in catalogue.query_files(catalogue.shipped_directory()))
    theirs = peer().collectors
    return {**theirs, **{name: (name,) for name in names if name not in theirs}}


def _switches() -> Iterator[_Decorator[Any]]:
    for name in _collectors():
        field, option = f"collector_{name}", f"--collector.{name}/--no-collector.{name}"
        yield click.option(option, field, default=None, hidden=True)


def _theirs() -> Iterator[_Decorator[Any]]:
    for name, flag in peer().flags.items():
        option = f"--{name}" if flag.value else f"--{name}/--no-{name}"
        yield click.option(
            option,
            _field(name),
            envvar=flag.variable or None,
            default=None,
            hidden=True,
            callback=_refusal(name, flag) if flag.instead else None,
            expose_value=not flag.instead,
        )


def _refusal(name: str, flag: Flag) -> Callable[[click.Context, click.Parameter, Any], None]:
    def refuse(_: click.Context, __: click.Parameter, value: Any) -> None:
        if value:
            named = f"--{name} ({flag.variable})" if flag.variable else f"--{name}"
            raise click.UsageError(f"{named} of postgres_exporter is not taken: {flag.instead}.")

    return refuse


def _switched(given: Mapping[str, Any]) -> dict[str, bool]:
    switched: dict[str, bool] = {}
    for name, flag in peer().flags.items():
        if given.get(_field(name)):
            switched |= dict.fromkeys(flag.without, False)
    for name, queries in _collectors().items():
        if (on := given.get(f"collector_{name}")) is not None:
            switched |= dict.fromkeys(queries, on)
    return switched


def _databases(given: Mapping[str, Any]) -> Databases | None:
    if not given.get("discover"):
        return None
    # There the connected database is watched in any case, and the lists are for the others.
    return Databases(_names(given["include"]) or ("*",), _names(given["exclude"]), connected=True)


def _names(listed: str) -> tuple[str, ...]:
    """Names with commas between, as patterns that fit nothing else."""
    return tuple(glob.escape(name.strip()) for name in listed.split(",") if name.strip())


def _flagged(instance: InstanceConfig, flags: Flags) -> InstanceConfig:
    """An instance as the flags want it: they win over the file."""
    queries = dict(instance.queries)
    for name, on in flags.switches.items():
        queries[name] = msgspec.structs.replace(queries.get(name, Override()), enabled=on)
    databases = flags.databases or instance.databases
    return msgspec.structs.replace(instance, queries=queries, databases=databases)


def _changed(settings: Any, **given: object) -> Any:
    """Settings as the flags want them, checked like the file's; raises Mistakes."""
    said = {name: value for name, value in given.items() if value not in (None, ())}
    merged = msgspec.to_builtins(settings) | said
    try:
        return msgspec.convert(merged, type(settings))
    except msgspec.ValidationError as error:
        where, problem = explain(str(error), merged, type(settings))
        raise Mistakes([Mistake("flags", 1, ".".join(map(str, where)), problem)]) from None
