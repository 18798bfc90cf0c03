"""Thresholds: their names are those of the rules, which are in every installation."""

import tomllib
from pathlib import Path

import yaml

from pgvitals import threshold

ROOT = Path(__file__).parents[2]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]


def test_the_names_are_those_that_the_rules_give_a_default() -> None:
    (group,) = yaml.safe_load(threshold.rules().read_text("utf-8"))["groups"]
    defaults = [rule["labels"]["alert"] for rule in group["rules"]]
    assert list(threshold.names()) == defaults
    assert len(set(defaults)) == len(defaults) > 30


def test_a_default_gives_way_to_the_series_of_its_alert() -> None:
    (group,) = yaml.safe_load(threshold.rules().read_text("utf-8"))["groups"]
    for rule in group["rules"]:
        exported = f'pgvitals_alert_threshold{{alert="{rule["labels"]["alert"]}"}}'
        first = f"max by (job, instance) ({exported}) or on (job, instance) "
        assert rule["expr"].startswith(first)


def test_the_rules_are_installed_where_they_are_looked_for() -> None:
    placed = BUILD["targets"]["wheel"]["force-include"]
    assert placed == {source: f"pgvitals/{source}" for source in ("queries", "alerts/rules")}
    assert placed.keys() <= set(BUILD["targets"]["sdist"]["include"])
    assert threshold.rules().parent == ROOT / "alerts" / "rules"


def test_what_is_right_is_no_problem() -> None:
    right = dict.fromkeys(threshold.names(), -0.5)
    assert list(threshold.problems(right)) == []
    assert list(threshold.problems({})) == []
