"""A dashboard's JSON, as Grafana reads it: variables to choose from, and panels with their targets."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from support.rules import seconds

FOLDER = Path(__file__).parents[2] / "grafana" / "dashboards"
_ASKED = re.compile(r"label_values\((?:(?P<selector>.+),\s*)?(?P<label>\w+)\)")
# Not $1, which is for Prometheus.
_USED = re.compile(r"\$([a-zA-Z_]\w*)|\$\{(\w+)(?::\w+)?\}")
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Variable(NamedTuple):
    """What may be chosen; `all`: whether that may be All, `pattern`: what that is, if not each option."""

    name: str
    label: str
    selector: str
    all: bool
    pattern: str

    def everything(self, options: Iterable[str]) -> str:
        """The value of All."""
        return self.pattern or f"({'|'.join(map(re.escape, options))})".replace("\\", "\\\\")


@dataclass(frozen=True)
class Target:
    """A query of a panel; `every` are the seconds between two points at least."""

    ref: str
    expr: str
    legend: str
    instant: bool
    every: float

    @property
    def labels(self) -> set[str]:
        """Labels that its legend shows."""
        return set(_LABEL.findall(self.legend))

    def name(self, series: Mapping[str, str]) -> str:
        """What the legend calls a series with these labels."""
        return _LABEL.sub(lambda found: series.get(found[1], ""), self.legend)


@dataclass(frozen=True)
class Panel:
    """What shows something; `data` is its part of the JSON."""

    title: str
    data: Mapping[str, Any]

    @cached_property
    def targets(self) -> list[Target]:
        """Its queries."""
        return [
            Target(
                ref=target["refId"],
                expr=target["expr"],
                legend=target.get("legendFormat", ""),
                instant=bool(target.get("instant")),
                every=seconds(target.get("interval", "")),
            )
            for target in self.data.get("targets", ())
        ]

    @property
    def table(self) -> bool:
        """Whether labels are columns."""
        return bool(self.data["type"] == "table")

    @property
    def overridden(self) -> set[str]:
        """Names of fields that look different."""
        matchers = [over["matcher"] for over in self.data["fieldConfig"].get("overrides", ())]
        return {matcher["options"] for matcher in matchers if matcher["id"] == "byName"}

    @property
    def renamed(self) -> dict[str, str]:
        """Titles of columns by their names."""
        return {name: title for o in self._organized for name, title in o["renameByName"].items()}

    @property
    def columns(self) -> set[str]:
        """Names of columns that it puts in order, renames or leaves out."""
        parts = ("excludeByName", "indexByName", "renameByName")
        return {name for o in self._organized for part in parts for name in o.get(part, ())}

    @property
    def _organized(self) -> list[Mapping[str, Any]]:
        steps = self.data.get("transformations", ())
        return [step["options"] for step in steps if step["id"] == "organize"]


class Dashboard:
    """One file; raises KeyError and ValueError where it is none."""

    def __init__(self, file: Path) -> None:
        self._data: Mapping[str, Any] = json.loads(file.read_text())
        self.uid: str = self._data["uid"]

    @property
    def span(self) -> float:
        """Seconds that it shows when it is opened."""
        return seconds(self._data["time"]["from"].removeprefix("now-"))

    @cached_property
    def variables(self) -> list[Variable]:
        """Those whose values Prometheus knows, in the order in which they are chosen."""
        asked = [v for v in self._data["templating"]["list"] if v["type"] == "query"]
        return [_variable(variable) for variable in asked]

    @property
    def of_several(self) -> bool:
        """Whether it shows all servers at once."""
        return any(v.name == "instance" and v.all for v in self.variables)

    @cached_property
    def panels(self) -> list[Panel]:
        """Those that ask something, also of rows that are folded."""
        return [Panel(p["title"], p) for p in _flat(self._data["panels"]) if p.get("targets")]


def dashboards() -> list[Dashboard]:
    """All that are shipped."""
    return [Dashboard(file) for file in sorted(FOLDER.glob("*.json"))]


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """A text with its variables replaced; raises KeyError for one that nobody defines."""
    return _USED.sub(lambda found: values[found[1] or found[2]], text)


def _variable(data: Mapping[str, Any]) -> Variable:
    query = data["query"]
    text = query["query"] if isinstance(query, dict) else query
    asked = _ASKED.fullmatch(text)
    if asked is None:
        raise ValueError(f"${data['name']}: found {text!r}, expected label_values(selector, label)")
    selector, pattern = asked["selector"] or "", data.get("allValue", "")
    return Variable(data["name"], asked["label"], selector, bool(data.get("includeAll")), pattern)


def _flat(panels: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from panel.get("panels", ())
