"""A value of the chart: its path, its default, and what values.yaml says of it.

A line `# -- ...` above a key describes it. A key without one is a section, and its keys are described.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pgvitals.document import Mistake, Mistakes

CHART = Path(__file__).parent / "pgvitals"
VALUES = CHART / "values.yaml"
_MARK = "# -- "


class Value(NamedTuple):
    """One value: `path` is dotted, `default` is what values.yaml has."""

    path: str
    default: Any
    description: str


@functools.cache
def every_value() -> tuple[Value, ...]:
    """All values, in their order; raises Mistakes with those that nothing describes."""
    text = VALUES.read_text("utf-8")
    found = list(_values(yaml.compose(text, yaml.SafeLoader), "", text.splitlines()))
    if mistakes := [item for item in found if isinstance(item, Mistake)]:
        raise Mistakes(mistakes)
    return tuple(item for item in found if isinstance(item, Value))


def _values(node: Any, above: str, lines: list[str]) -> Iterator[Value | Mistake]:
    for key, value in node.value:
        path = f"{above}{key.value}"
        line = key.start_mark.line
        said = lines[line - 1].strip() if line else ""
        if said.startswith(_MARK):
            yield Value(path, yaml.safe_load(yaml.serialize(value)), said.removeprefix(_MARK))
        elif isinstance(value, yaml.MappingNode) and value.value:
            yield from _values(value, f"{path}.", lines)
        else:
            problem = f"found no line '{_MARK}' above it, expected what it is for"
            yield Mistake(VALUES.name, line + 1, path, problem)
