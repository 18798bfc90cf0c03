"""The shipped rules as data, and the classes that say how soon each alert must arrive."""

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pgvitals.strict import Duration

ALERTS = Path(__file__).parents[2] / "alerts"
EVERY = 15.0
"""Seconds between two scrapes, and between two evaluations of a group that says nothing else."""


class Rule(NamedTuple):
    """A recording rule (`alert` is False) or an alert; `every` are seconds between evaluations."""

    file: str
    group: str
    every: float
    name: str
    alert: bool
    expr: str
    holds: float
    keeps: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def seconds(text: str) -> float:
    """A duration as Prometheus writes it."""
    return float(Duration.parse(text)) if text not in ("", "0s", "0") else 0.0


@functools.cache
def every_rule() -> tuple[Rule, ...]:
    """All rules of alerts/rules, in the order of files and groups."""
    return tuple(
        _rule(file.name, group, rule)
        for file in sorted((ALERTS / "rules").glob("*.yaml"))
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    )


def alerts() -> tuple[Rule, ...]:
    """Those that fire."""
    return tuple(rule for rule in every_rule() if rule.alert)


def recorded() -> Mapping[str, tuple[Rule, ...]]:
    """The recording rules of each name."""
    rules = [rule for rule in every_rule() if not rule.alert]
    return {rule.name: tuple(r for r in rules if r.name == rule.name) for rule in rules}


@functools.cache
def bounds() -> Mapping[str, float]:
    """Seconds from fault to notification that each class allows."""
    classes = yaml.safe_load((ALERTS / "classes.yaml").read_text())
    return {name: seconds(about["bound"]) for name, about in classes.items()}


def delivery() -> float:
    """Seconds that the example's Alertmanager may hold back what is new, in the group it joins."""
    route = yaml.safe_load((ALERTS / "alertmanager" / "alertmanager.yml").read_text())["route"]
    return max(seconds(route["group_wait"]), seconds(route["group_interval"]))


def waits(rule: Rule) -> float:
    """Seconds from the first evaluation that sees the fault to the one that fires."""
    return math.ceil(rule.holds / rule.every) * rule.every


def _rule(file: str, group: Mapping[str, Any], rule: Mapping[str, Any]) -> Rule:
    return Rule(
        file,
        group["name"],
        seconds(group.get("interval", f"{EVERY:g}s")),
        rule.get("alert") or rule["record"],
        "alert" in rule,
        str(rule["expr"]),
        seconds(rule.get("for", "")),
        seconds(rule.get("keep_firing_for", "")),
        rule.get("labels", {}),
        rule.get("annotations", {}),
    )
