"""The values with which the chart is rendered: every pair of toggles, and every example."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from allpairspy import AllPairs  # type: ignore[import-untyped]  # it has no types

from support import chart
from support.chart import Rendering

EXAMPLES = chart.ROOT / "helm" / "examples"


@functools.cache
def toggles() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Choices by toggle, and the values of each choice."""
    choices: Mapping[str, Mapping[str, Mapping[str, Any]]] = chart.data("toggles")
    return choices


@functools.cache
def pairs() -> Sequence[tuple[str, ...]]:
    """Choices of all toggles, such that any two choices meet."""
    return [tuple(row) for row in AllPairs([list(choices) for choices in toggles().values()])]


def values(choices: Sequence[str]) -> Mapping[str, Any]:
    """The values of one choice of each toggle."""
    named = zip(toggles().values(), choices, strict=True)
    return chart.merged(*(of[choice] for of, choice in named))


@functools.cache
def rendered(choices: tuple[str, ...]) -> Rendering:
    """The chart with one choice of each toggle."""
    return chart.render(values(choices), case="-".join(choices))


@functools.cache
def examples() -> Mapping[str, Path]:
    """Files of values below helm/examples, by the names of their directories; without charts' own."""
    files = sorted(EXAMPLES.glob("*/values.yaml"))
    return {f.parent.name: f for f in files if not f.with_name("Chart.yaml").exists()}


@functools.cache
def example(name: str) -> Rendering:
    """The chart with the values of an example."""
    return chart.render(yaml.safe_load(examples()[name].read_text("utf-8")), case=name)


@functools.cache
def whole() -> Mapping[str, Any]:
    """Values with everything on, each of them with something to do."""
    choices = ("several", "whole", "all", "mutual", "service", "operator", "all", "closed", "full")
    return chart.merged(values(choices), chart.data("whole"))
