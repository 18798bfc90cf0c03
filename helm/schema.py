"""The JSON Schema of the values: types from their defaults and types.yaml, and from pgvitals' own models."""

import json
from pathlib import Path
from typing import Any

import msgspec
import yaml

from helm.value import Value, every_value
from pgvitals import agenda, threshold
from pgvitals.config import Config, InstanceConfig
from pgvitals.document import Mistake, Mistakes

Schema = dict[str, Any]
TYPES = Path(__file__).with_name("types.yaml")
_TYPES: dict[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    dict: {"type": "object"},
    list: {"$ref": "#/definitions/objects"},
}
VERBATIM = {
    "databases": "databases",
    "max_databases": "maxDatabases",
    "queries": "queries",
    "targets": "targets",
    "scope": "scope",
    "thresholds": "thresholds",
}
"""Keys of an instance that go into pgvitals.yaml as they are, and what they are called in the values."""
_CHARTS = {
    "Config": ("instances",),
    "Web": ("listen_addresses", "config_file", "health_address"),
}
"""Keys of models that the chart writes itself."""


def text() -> str:
    """The schema as a file; raises Mistakes."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def schema() -> Schema:
    """The schema of the values; raises Mistakes."""
    kinds = yaml.safe_load(TYPES.read_text("utf-8"))
    paths = {value.path for value in every_value()}
    if lost := [path for path in kinds["values"] if path not in paths]:
        problem = "found a type for it, expected the value in values.yaml"
        raise Mistakes([Mistake(TYPES.name, 1, f"values.{path}", problem) for path in lost])
    whole = _section("Values of the chart pgvitals.")
    for value in every_value():
        _place(whole, value.path.split("."), _of(value, kinds["values"]))
    # A parent chart's condition, and what Helm gives to every subchart.
    whole["properties"] |= {"enabled": _TYPES[bool], "global": _TYPES[dict]}
    definitions = _models() | kinds["definitions"]
    definitions["instance"]["properties"] |= _verbatim(definitions.pop("InstanceConfig"))
    head = {"$schema": "http://json-schema.org/draft-07/schema#"}
    return head | whole | {"definitions": definitions}


def _of(value: Value, kinds: dict[str, Schema]) -> Schema:
    kind = kinds.get(value.path, _TYPES[type(value.default)])
    return {"description": value.description, **kind}


def _section(description: str = "") -> Schema:
    told = {"description": description} if description else {}
    return {**told, "type": "object", "additionalProperties": False, "properties": {}}


def _place(section: Schema, path: list[str], leaf: Schema) -> None:
    for step in path[:-1]:
        section = section["properties"].setdefault(step, _section())
    section["properties"][path[-1]] = leaf


def _models() -> dict[str, Schema]:
    """The models of the configuration by name, without what the chart writes itself."""
    _, found = msgspec.json.schema_components(
        [Config, InstanceConfig],
        schema_hook=lambda _: {"$ref": "#/definitions/interval"},  # Duration, and nothing else
        ref_template="#/definitions/{name}",
    )
    models: dict[str, Schema] = _plain(found)
    for name, keys in _CHARTS.items():
        for key in keys:
            models[name]["properties"].pop(key, None)
    for name in ("Config", "InstanceConfig"):
        properties = models[name]["properties"]
        properties["targets"]["propertyNames"] = {"enum": sorted(agenda.shipped())}
        properties["thresholds"]["propertyNames"] = {"enum": sorted(threshold.names())}
    return models


def _verbatim(instance: Schema) -> Schema:
    return {ours: instance["properties"][theirs] for theirs, ours in VERBATIM.items()}


def _plain(part: Any) -> Any:
    """A schema that Helm can read, and that complains about one thing.

    Go has no pattern that looks ahead. What may be null may be left out; Helm drops null anyway. A default
    here would be pgvitals', which the chart does not write.
    """
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    options = [option for option in part.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        rest = {key: value for key, value in part.items() if key not in ("anyOf", "default")}
        return rest | _plain(options[0])
    return {
        key: _plain(value)
        for key, value in part.items()
        if not (key == "default" or (key == "pattern" and "(?" in str(value)))
    }
