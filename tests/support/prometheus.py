"""A Prometheus, with the shipped rules and intervals where there is somebody to tell."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from support.program import Program
from support.rules import ALERTS, EVERY


class Prometheus(Program):
    """Scrapes jobs; with an Alertmanager's port, it sends there what the shipped rules say."""

    name = "prometheus"
    arguments = ("--storage.tsdb.path={home}/data", "--log.level=warn")

    def __init__(self, jobs: Iterable[Mapping[str, Any]], alertmanager: int | None = None) -> None:
        every = f"{EVERY:g}s"
        config: dict[str, Any] = {
            "global": {"scrape_interval": every, "evaluation_interval": every},
            "scrape_configs": list(jobs),
        }
        if alertmanager:
            pager = {"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}
            config["rule_files"] = [str(ALERTS / "rules" / "*.yaml")]
            config["alerting"] = {"alertmanagers": [pager]}
        super().__init__(json.dumps(config))  # which is YAML

    def ask(self, query: str) -> list[dict[str, Any]]:
        """The series that an expression gives now."""
        answer = self.request("GET", f"/api/v1/query?query={quote(query)}")
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def alerts(self) -> list[dict[str, Any]]:
        """What is pending or firing: labels, annotations, state."""
        found: list[dict[str, Any]] = self.request("GET", "/api/v1/alerts")["data"]["alerts"]
        return found
