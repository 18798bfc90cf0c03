"""An Alertmanager with the shipped routes, whose receivers all stand at one address of ours."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from support.program import Program
from support.rules import ALERTS

SHIPPED = ALERTS / "alertmanager" / "alertmanager.yml"
EXAMPLE = "http://127.0.0.1:9099"
"""Where the receivers of the shipped file stand; each has its name as the path."""

Labels = Mapping[str, str]


class State(NamedTuple):
    """An alert, and whether it is held back."""

    labels: Labels
    suppressed: bool


class Alertmanager(Program):
    """The one under test; `pager` is the address that takes the place of the example's."""

    name = "prometheus-alertmanager"
    arguments = ("--storage.path={home}/data", "--cluster.listen-address=", "--log.level=warn")

    def __init__(self, pager: str = EXAMPLE) -> None:
        text = SHIPPED.read_text()
        assert EXAMPLE in text, f"{SHIPPED.name} has no receiver at {EXAMPLE}: adapt the tests"
        super().__init__(text.replace(EXAMPLE, pager))

    def post(self, alerts: Iterable[Labels]) -> None:
        """Say that these fire."""
        self.request("POST", "/api/v2/alerts", [{"labels": dict(labels)} for labels in alerts])

    def states(self) -> list[State]:
        """All alerts that fire now."""
        alerts = self.request("GET", "/api/v2/alerts")
        return [State(a["labels"], a["status"]["state"] == "suppressed") for a in alerts]
