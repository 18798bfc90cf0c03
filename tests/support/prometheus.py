"""A Prometheus, with the shipped rules and intervals where there is somebody to tell or to look."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from support.program import Program
from support.rules import ALERTS, EVERY

Series = dict[str, Any]
"""`metric` has its labels; `value` a time and a value, or `values` several."""


def probed(job: str, address: str, instances: Iterable[str]) -> dict[str, Any]:
    """The job of an exporter's several servers, each under its own name, as README has it."""
    relabel = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"source_labels": ["__param_target"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": address},
    ]
    return {
        "job_name": job,
        "metrics_path": "/probe",
        "static_configs": [{"targets": list(instances)}],
        "relabel_configs": relabel,
    }


class Prometheus(Program):
    """Scrapes jobs; with an Alertmanager's port, it sends there what the shipped rules say.

    With `rules` it evaluates them also for nobody but those who ask.
    """

    name = "prometheus"
    arguments = ("--storage.tsdb.path={home}/data", "--log.level=warn")

    def __init__(
        self,
        jobs: Iterable[Mapping[str, Any]],
        alertmanager: int | None = None,
        *,
        rules: bool = False,
    ) -> None:
        every = f"{EVERY:g}s"
        config: dict[str, Any] = {
            "global": {"scrape_interval": every, "evaluation_interval": every},
            "scrape_configs": list(jobs),
        }
        if alertmanager:
            pager = {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}
            config["alerting"] = {"alertmanagers": [pager]}
        if alertmanager or rules:
            config["rule_files"] = [str(ALERTS / "rules" / "*.yaml")]
        super().__init__(json.dumps(config))  # which is YAML

    @property
    def url(self) -> str:
        """Where it listens, on the loopback interface."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **more: float) -> list[Series]:
        """The series that an expression gives now, or at `time`; raises AssertionError if refused."""
        return self._series("query", query=query, **more)

    def ask_range(self, query: str, *, start: float, end: float, step: float) -> list[Series]:
        """The series that an expression gives over a time, every `step` seconds."""
        return self._series("query_range", query=query, start=start, end=end, step=step)

    def label_values(self, label: str, match: str) -> list[str]:
        """The values that a label has, in the series that a selector selects."""
        path = f"/api/v1/label/{label}/values?{urlencode({'match[]': match})}"
        found: list[str] = self.request("GET", path)["data"]
        return found

    def alerts(self) -> list[dict[str, Any]]:
        """What is pending or firing: labels, annotations, state."""
        found: list[dict[str, Any]] = self.request("GET", "/api/v1/alerts")["data"]["alerts"]
        return found

    def _series(self, kind: str, **asked: str | float) -> list[Series]:
        answer = self.request("GET", f"/api/v1/{kind}?{urlencode(asked)}")
        result: list[Series] = answer["data"]["result"]
        return result
