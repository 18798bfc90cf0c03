"""Every value has an effect: another one in its place changes what is rendered."""

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from support import chart, chart_cases

Where = tuple[str, ...]
DEFAULTS: Mapping[str, Any] = yaml.safe_load((chart.CHART / "values.yaml").read_text("utf-8"))
WHOLE = chart.merged(DEFAULTS, chart_cases.whole())
OTHER: Mapping[str, Mapping[str, Any]] = chart.data("other")
HEAVY = {"alerts", "dashboards", "runbookBaseUrl"}
"""What takes long to render, and has to do with nothing else."""
OPEN = {"config", "extraQueries"}
"""What goes out as it came in."""


def leaves(values: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    """What is no map, or an empty one, by its path."""
    if isinstance(values, Mapping) and values and (not where or where[-1] not in OPEN):
        for key, below in values.items():
            yield from leaves(below, (*where, key))
    else:
        yield where, values


def at(where: Where, value: Any) -> dict[str, Any]:
    """Values with this one alone."""
    first, *rest = where
    return {first: at(tuple(rest), value) if rest else value}


def another(value: Any) -> Any:
    """Something else of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case list():
            return value[:-1]
    raise TypeError(f"found {value!r}, expected an entry in tests/chart/other.yaml")


def beside(where: Where) -> Mapping[str, Any]:
    """What other.yaml wants beside a value, and beside all of the sections it is in."""
    names = [".".join(where[:n]) for n in range(1, len(where) + 1)]
    return chart.merged(*(OTHER.get(name, {}).get("with", {}) for name in names))


@functools.cache
def base(where: Where) -> Mapping[str, Any]:
    """Values with which this one has something to do."""
    if instead := OTHER.get(".".join(where), {}).get("instead"):
        return chart.merged(DEFAULTS, instead)
    left_out = set() if where[0] in HEAVY else HEAVY
    values = {key: value for key, value in WHOLE.items() if key not in left_out}
    return chart.merged(values, beside(where))


@functools.cache
def rendered(values: str) -> Mapping[str, str]:
    """Texts by template, of values as JSON."""
    return chart.texts(json.loads(values))


LEAVES = dict(leaves(WHOLE))


@pytest.mark.parametrize("where", LEAVES, ids=".".join)
def test_it_has_an_effect(where: Where) -> None:
    before = base(where)
    now = functools.reduce(lambda values, step: values[step], where, before)
    own = OTHER.get(".".join(where), {})
    after = chart.merged(before, at(where, own["value"] if "value" in own else another(now)))
    assert after != before
    assert chart.texts(after) != rendered(json.dumps(before))


def test_no_property_of_the_schema_is_left_out() -> None:
    schema = json.loads((chart.CHART / "values.schema.json").read_text("utf-8"))["definitions"]
    given = list(WHOLE["instances"].values())
    for part in ("", "existingSecret", "ca"):
        properties = schema["instance"]["properties"]
        known = properties[part]["properties"] if part else properties
        there = [instance.get(part, {}) if part else instance for instance in given]
        assert set(known) == set().union(*there)
    assert set(schema["change"]["properties"]) == set(WHOLE["alerts"]["rules"]["PgDown"])


def test_no_other_value_is_of_nothing() -> None:
    known = {".".join(where[:n]) for where in LEAVES for n in range(1, len(where) + 1)}
    assert set(OTHER) <= known


def test_the_same_values_give_the_same() -> None:
    assert chart.texts(WHOLE) == chart.texts(WHOLE)
