"""The chart's README: what it is for, and every value."""

import json
from collections.abc import Iterator
from pathlib import Path

from helm.schema import schema
from helm.value import every_value
from pgvitals.markdown import MADE, table

_PREFACE = Path(__file__).with_name("page.md")
_LONGEST = 60


def page() -> str:
    """The Markdown; raises Mistakes."""
    first, _, rest = _PREFACE.read_text("utf-8").partition("\n")
    lines = [first, MADE, rest, "## Values", ""]
    lines += table(("value", "default", "meaning"), _values())
    lines += ["## An instance", "", *table(("key of instances.NAME", "meaning"), _instance())]
    return "\n".join(lines).rstrip() + "\n"


def _values() -> Iterator[tuple[str, ...]]:
    for value in every_value():
        default = json.dumps(value.default)
        shown = default if len(default) <= _LONGEST else "see values.yaml"
        yield f"`{value.path}`", f"`{shown}`", value.description


def _instance() -> Iterator[tuple[str, ...]]:
    """The keys of an instance, and of the mappings in it that are the chart's own."""
    for name, key in schema()["definitions"]["instance"]["properties"].items():
        yield f"`{name}`", key["description"]
        for below, its in key.get("properties", {}).items():
            yield f"`{name}.{below}`", its["description"]
