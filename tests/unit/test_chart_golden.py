"""Golden renderings: what the examples become, to be read whole; rules and dashboards are left out of them.

`PGVITALS_UPDATE_GOLDEN=1` writes them anew; read the difference before you keep it.
"""

import os
from typing import Any

import pytest
import yaml

from support import chart, chart_cases
from support.chart import Rendering

GOLDEN = chart.ROOT / "tests" / "golden" / "chart"
NAMES = [*chart_cases.examples(), "parent", "whole"]


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are, and nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def rendering(name: str) -> Rendering:
    if name == "parent":
        return chart.render({}, chart=chart_cases.EXAMPLES / "parent")
    return chart.render(chart_cases.whole()) if name == "whole" else chart_cases.example(name)


def page(rendering: Rendering) -> str:
    """All objects, and the notes."""
    objects = map(short, rendering.objects)
    texts = [yaml.dump(o, Dumper=Dumper, sort_keys=False, width=110) for o in objects]
    notes = "".join(f"# {line}".rstrip() + "\n" for line in rendering.notes.splitlines())
    return "---\n".join([*texts, notes])


def short(item: chart.Object) -> chart.Object:
    """An object without the rules and dashboards in it, which stand in alerts/ and grafana/."""
    if item["kind"] == "PrometheusRule":
        groups = {group["name"]: len(group["rules"]) for group in item["spec"]["groups"]}
        return {**item, "spec": {"groups": groups}}
    if item["kind"] == "ConfigMap" and any(name.endswith(".json") for name in item["data"]):
        return {**item, "data": dict.fromkeys(item["data"], "...")}
    return item


@pytest.mark.parametrize("name", NAMES)
def test_it_is_as_it_was(name: str) -> None:
    golden = GOLDEN / f"{name}.yaml"
    if os.environ.get("PGVITALS_UPDATE_GOLDEN"):
        golden.write_text(page(rendering(name)), "utf-8")
    assert page(rendering(name)) == golden.read_text("utf-8")


def test_none_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(NAMES)
