"""Somebody who looks at a dashboard: chooses variables, and sees what Prometheus says to its targets."""

import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from support.dashboard import Dashboard, Panel, Target, Variable, interpolated
from support.prometheus import Prometheus, Series

SCRAPED = 15.0
"""What Grafana takes for the seconds between two scrapes, unless somebody tells it."""
POINTS = 600
"""Points that a graph has room for."""


@dataclass
class Seen:
    """What a target gave to one viewer, whatever he chose one after the other."""

    series: list[Series] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def labels(self) -> set[str]:
        """Labels that any of the series has."""
        return {label for series in self.series for label in series["metric"]}

    @property
    def odd(self) -> list[Series]:
        """Series with a value that is no number."""
        return [series for series in self.series if not all(map(math.isfinite, _values(series)))]


class Viewer:
    """One who looks now, and chooses these instances one after the other; without any, All of them.

    What a variable does not offer he cannot choose, and takes the first there is.
    """

    def __init__(self, prometheus: Prometheus, now: float, instances: Sequence[str] = ()) -> None:
        self._prometheus, self._now, self.chooses = prometheus, now, instances
        self._choices = functools.cache(self._every_choice)

    def options(self, board: Dashboard) -> dict[str, set[str]]:
        """What each variable offers."""
        found: dict[str, set[str]] = {variable.name: set() for variable in board.variables}
        for values in self._choices(board):
            for variable in board.variables:
                found[variable.name].update(self._options(variable, values))
        return found

    def look(self, board: Dashboard, panel: Panel) -> dict[str, Seen]:
        """What each target of a panel gives."""
        seen = {target.ref: Seen() for target in panel.targets}
        for values, target in itertools.product(self._choices(board), panel.targets):
            try:
                seen[target.ref].series += self._ask(board, target, values)
            except AssertionError as error:
                seen[target.ref].refused.append(f"{error}: {target.expr}")
        return seen

    def _every_choice(self, board: Dashboard) -> list[dict[str, str]]:
        """Values of the variables, for each instance that is there to be chosen."""
        found = [self._chosen(board, instance) for instance in self.chooses or [""]]
        own = [values for values in found if values["instance"] in self.chooses]
        return own or found[:1]

    def _chosen(self, board: Dashboard, instance: str) -> dict[str, str]:
        values: dict[str, str] = {}
        for variable in board.variables:
            options = self._options(variable, values)
            if variable.name == "instance" and instance in options:
                values[variable.name] = instance
            elif variable.all:
                values[variable.name] = variable.everything(options)
            else:
                values[variable.name] = options[0] if options else ""
        return values

    def _options(self, variable: Variable, values: Mapping[str, str]) -> list[str]:
        selector = interpolated(variable.selector, values)
        return self._prometheus.label_values(variable.label, selector)

    def _ask(self, board: Dashboard, target: Target, values: Mapping[str, str]) -> list[Series]:
        every = target.every or SCRAPED
        step = max(every, math.ceil(board.span / POINTS))
        own = {
            "__interval": f"{step:.0f}s",
            "__rate_interval": f"{max(step + every, 4 * every):.0f}s",
            "__range": f"{board.span:.0f}s",
            "__range_s": f"{board.span:.0f}",
        }
        expr = interpolated(target.expr, {**values, **own})
        if target.instant:
            return self._prometheus.ask(expr, time=self._now)
        start = self._now - math.floor(board.span / step) * step
        return self._prometheus.ask_range(expr, start=start, end=self._now, step=step)


def _values(series: Series) -> Iterator[float]:
    """The numbers of a series; its times are left out."""
    points = series.get("values") or [series["value"]]
    yield from (float(value) for _, value in points)
