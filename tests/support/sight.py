"""What there is to see on the dashboards: at a good shop, at a faulty one, and with All chosen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from support.contrast import EXPORTER, FAULTY, FAULTY_STANDBY, GOOD, GOOD_STANDBY, LOST
from support.dashboard import Dashboard, Panel, dashboards
from support.prometheus import Prometheus
from support.table import table
from support.viewer import Seen, Viewer

RUNS = {
    "good": (GOOD, GOOD_STANDBY, EXPORTER),
    "faulty": (FAULTY, FAULTY_STANDBY, LOST, EXPORTER),
}
"""The instances that are looked at one after the other, as far as a dashboard offers them."""
ALL = "all"
"""The run in which All is chosen wherever it is offered."""
COLUMNS = ("dashboard", "panels", "queries", "variables", "empty good", "empty faulty")

Name = str
"""Of what shows something: dashboard, and title and letter, or $variable."""


@dataclass
class Looked:
    """What was seen of one panel in each run, and with All chosen."""

    board: Dashboard
    panel: Panel
    runs: Mapping[str, Mapping[str, Seen]]

    def names(self) -> Iterator[tuple[Name, str]]:
        """What each query is called, with its letter."""
        for target in self.panel.targets:
            yield f"{self.board.uid}: {self.panel.title} {target.ref}", target.ref

    def every(self, ref: str) -> list[Seen]:
        """What was seen of a query, in all runs."""
        return [seen[ref] for seen in self.runs.values()]

    @property
    def labels(self) -> set[str]:
        """Labels of all that was seen."""
        seen = [seen for run in self.runs.values() for seen in run.values()]
        return {label for found in seen for label in found.labels}


@dataclass
class Live:
    """Everything that was seen: panels, and what the variables of each dashboard offer in each run."""

    panels: list[Looked]
    options: Mapping[Name, Mapping[str, set[str]]]

    def counts(self) -> dict[Name, dict[str, int]]:
        """How much of everything that shows something there is in each run."""
        series = {
            name: {run: len(looked.runs[run][ref].series) for run in RUNS}
            for looked in self.panels
            for name, ref in looked.names()
        }
        offered = {n: {run: len(of[run]) for run in RUNS} for n, of in self.options.items()}
        return series | offered

    def empty(self, run: str) -> set[Name]:
        """What shows nothing in a run."""
        return {name for name, count in self.counts().items() if not count[run]}

    def table(self) -> str:
        """A line for each dashboard: its panels, queries and variables, and what is empty."""
        return table(COLUMNS, [Line(board.uid, self) for board in dashboards()])


@dataclass
class Line:
    """A dashboard in numbers."""

    uid: str
    live: Live

    def cells(self) -> list[str]:
        """The line as text."""
        own = [name for name in self.live.counts() if name.startswith(f"{self.uid}: ")]
        panels = [looked for looked in self.live.panels if looked.board.uid == self.uid]
        variables = [name for name in own if name in self.live.options]
        empty = [len(self.live.empty(run) & set(own)) for run in RUNS]
        numbers = [len(panels), len(own) - len(variables), len(variables), *empty]
        return [self.uid, *map(str, numbers)]


def look(prometheus: Prometheus, now: float) -> Live:
    """Look at everything as somebody who opens each dashboard would, and at several servers at once."""
    viewers = {name: Viewer(prometheus, now, chosen) for name, chosen in RUNS.items()}
    viewers[ALL] = Viewer(prometheus, now)
    panels, options = [], {}
    for board in dashboards():
        own = {n: v for n, v in viewers.items() if v.chooses or board.of_several}
        seen = ({n: v.look(board, p) for n, v in own.items()} for p in board.panels)
        panels += [Looked(board, *pair) for pair in zip(board.panels, seen, strict=True)]
        offered = {name: viewer.options(board) for name, viewer in own.items()}
        for variable in board.variables:
            name = f"{board.uid}: ${variable.name}"
            options[name] = {run: of[variable.name] for run, of in offered.items()}
    return Live(panels, options)
