"""The reference: pages and the JSON Schema that are made from the code, and so cannot disagree with it."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import inspect as types

from pgvitals import (
    account,
    catalogue,
    report,
    scorecard,
    scrape,
    target,
    target_reference,
    telemetry,
)
from pgvitals.config import Config
from pgvitals.exemption import Exemptions
from pgvitals.markdown import MADE, fenced, table
from pgvitals.peer import peer
from pgvitals.query import Definition, Query
from pgvitals.strict import Duration
from pgvitals.web_config import WebConfig

_ADDED = {"datname": "Name of the database", "server": "host:port of the login"}
_BOUND = {"target": "Id of the target", "datname": "Name of the database, where there is one"}
OF_TARGETS = {
    "pgvitals_target_info": ("pillar", "evidence", "decision", "owner", "comparison"),
    "pgvitals_target_state": ("state",),
    "pgvitals_target_reason": ("reason", "kind"),
    "pgvitals_finding_info": ("schemaname", "object", "detail", "decision", "owner"),
}
"""The labels that families of targets have beside those of _BOUND."""
_PLAIN: dict[type, str] = {
    types.StrType: "text",
    types.IntType: "number",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.DateType: "date",
}
_FILES: dict[str, type] = {
    "The configuration file": Config,
    "The web configuration file": WebConfig,
    "A query file": Definition,
    "A target file": target.Definition,
    "The exemption file": Exemptions,
}
WRITTEN: dict[str, type] = {"query": Definition, "target": target.Definition}
"""What has a JSON Schema: the files that people write in an editor."""


def schema(of: str) -> dict[str, Any]:
    """The JSON Schema of a file, by what it holds: see WRITTEN."""
    made = msgspec.json.schema(WRITTEN[of], schema_hook=_custom)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def write(directory: Path, command: click.Group, *, check: bool) -> list[str]:
    """Write the pages, unless `check`; gives the names of those that were stale."""
    pages = {"metrics.md": metrics(), "configuration.md": configuration(), "cli.md": cli(command)}
    pages |= target_reference.pages(directory)
    there = {name: _content(directory / name) for name in (*pages, *_made(directory))}
    stale = [name for name, text in there.items() if text != pages.get(name)]
    for name in () if check else stale:
        file = directory / name
        if name in pages:
            file.parent.mkdir(exist_ok=True)
            file.write_text(pages[name], "utf-8")
        else:
            file.unlink()
    return stale


def _made(directory: Path) -> Iterator[str]:
    """The pages of targets that were made, of those too that are no more."""
    for file in sorted((directory / target_reference.FOLDER).glob("*.md")):
        if MADE in (_content(file) or ""):
            yield f"{target_reference.FOLDER}/{file.name}"


def _content(file: Path) -> str | None:
    return file.read_text("utf-8") if file.is_file() else None


def metrics() -> str:
    """Every family that pgvitals can expose, by collector, and its own."""
    lines = ["# Metrics", MADE, "", "## pgvitals itself", ""]
    lines += table(("family", "type", "meaning"), _own())
    lines += ["## Targets", "", "[Each target](targets/README.md) that is assessed has these.", ""]
    lines += [*(f"- `{name}`: {meaning}" for name, meaning in _BOUND.items()), ""]
    lines += table(("family", "type", "further labels", "meaning"), _scored())
    for query in catalogue.shipped().values():
        lines += [f"## {query.name}", "", query.description, "", _facts(query), ""]
        if query.all_labels:
            meanings = _ADDED | query.labels
            lines += [*(f"- `{name}`: {meanings[name]}" for name in query.all_labels), ""]
        lines += table(("family", "type", "meaning"), _families(query))
    return "\n".join(lines).rstrip() + "\n"


def configuration() -> str:
    """Every key of the configuration file, and of the others that people write; each model once."""
    lines = ["# Configuration", MADE, ""]
    told: list[type] = []
    for title, model in _FILES.items():
        lines += [f"## {title}", ""]
        told += (new := [struct for struct in _structs(model) if struct not in told])
        for struct in new:
            lines += [f"### {struct.__name__}", "", inspect.cleandoc(struct.__doc__ or ""), ""]
            info = types.type_info(struct)
            fields = info.fields if isinstance(info, types.StructType) else ()
            lines += table(("key", "type", "default", "meaning"), map(_field, fields))
    return "\n".join(lines).rstrip() + "\n"


def cli(command: click.Group) -> str:
    """The help of every command."""
    lines = ["# Command line", MADE, ""]
    wide: Any = {"max_content_width": 100, "terminal_width": 100, **command.context_settings}
    root = click.Context(command, info_name="pgvitals", **wide)
    below = [
        click.Context(sub, root, name)
        for name in command.list_commands(root)
        if (sub := command.get_command(root, name))
    ]
    for context in (root, *below):
        lines += [f"## {context.command_path}", "", *fenced("text", context.get_help())]
    lines += ["## Flags of postgres_exporter", "", *table(("flag", "here"), _taken())]
    return "\n".join(lines).rstrip() + "\n"


def _own() -> Iterator[tuple[str, ...]]:
    for name, type_, meaning in (
        *report.families(),
        *account.families(),
        *scrape.families(),
        *telemetry.families(),
    ):
        yield f"`{name}`", type_, meaning


def _scored() -> Iterator[tuple[str, ...]]:
    for name, type_, meaning in scorecard.families():
        further = ", ".join(f"`{label}`" for label in OF_TARGETS.get(name, ()))
        yield f"`{name}`", type_, further, meaning


def _taken() -> Iterator[tuple[str, ...]]:
    for name, queries in peer().collectors.items():
        listed = ", ".join(f"`{query}`" for query in queries)
        yield f"`--[no-]collector.{name}`", f"switches {listed}" if listed else "switches nothing"
    for name, flag in peer().flags.items():
        named = f"`--{name}`" + (f", `{flag.variable}`" if flag.variable else "")
        listed = ", ".join(f"`{query}`" for query in flag.without)
        yield named, f"refused: {flag.instead}" if flag.instead else f"switches off {listed}"


def _families(query: Query) -> Iterator[tuple[str, ...]]:
    for name, metric in query.metrics.items():
        yield f"`{name}`", metric.type, metric.help
    if source := query.families_from:
        yield f"`{source.prefix}*`", source.type, "one family a row; the help comes with the row"


def _facts(query: Query) -> str:
    wants = query.requires
    parts = [] if query.enabled else ["off until it is switched on"]
    parts += [
        f"scope {query.scope}",
        f"every {query.interval:g} s",
        f"at most {query.max_series} series",
    ]
    parts += [f"PostgreSQL {wants.min_version} or later"] if wants.min_version > 13 else []
    parts += [f"on a {wants.role}"] if wants.role != "any" else []
    parts += [f"needs {name}" for name in (*wants.extensions, *wants.relations)]
    parts += ["NULL counts as 0, as in postgres_exporter"] if query.compat else []
    return ", ".join(parts) + "."


def _structs(model: type) -> list[type]:
    """`model`, and every model that its fields use."""
    found: list[type] = []
    waiting = [types.type_info(model)]
    while waiting:
        info: Any = waiting.pop(0)
        if isinstance(info, types.StructType) and info.cls not in found:
            found.append(info.cls)
            waiting += [field.type for field in info.fields]
        waiting += getattr(info, "types", ())
        inner = ("type", "item_type", "value_type")
        waiting += [getattr(info, name) for name in inner if hasattr(info, name)]
    return found


def _field(field: types.Field) -> tuple[str, ...]:
    default = "required" if field.required else _default(field)
    extra = field.type.extra_json_schema if isinstance(field.type, types.Metadata) else {}
    return (
        f"`{field.encode_name}`",
        _kind(field.type),
        default,
        (extra or {}).get("description", ""),
    )


def _default(field: types.Field) -> str:
    value = None if field.default is msgspec.NODEFAULT else field.default
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if isinstance(value, Duration):
        return f"`{value:g}s`"
    plain = isinstance(value, str | int | tuple) and value not in ("", ())
    return f"`{json.dumps(value)}`" if plain else ""


def _kind(info: types.Type) -> str:
    """A type in words."""
    match info:
        case types.Metadata():
            return _kind(info.type)
        case types.CustomType():
            return "duration"
        case types.StructType():
            return f"[{info.cls.__name__}](#{info.cls.__name__.lower()})"
        case types.LiteralType():
            return " or ".join(f"`{value}`" for value in info.values)
        case types.UnionType():
            return " or ".join(_kind(t) for t in info.types if not isinstance(t, types.NoneType))
        case types.DictType():
            return f"mapping of {_kind(info.key_type)} to {_kind(info.value_type)}"
        case types.VarTupleType():
            return f"list of {_kind(info.item_type)}"
    return _PLAIN[type(info)]


def _custom(type_: type) -> dict[str, Any]:
    if type_ is Duration:
        return {
            "type": "string",
            "pattern": r"^([0-9]{1,9}(ms|[smhd]))+$",
            "examples": ["15s", "10m"],
        }
    raise NotImplementedError(type_)
