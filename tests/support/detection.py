"""The table of seconds: from a fault to the pager, from its repair to the pager, against the bounds.

    PYTHONPATH=tests python -m support.detection [--only NAME] [--soak MINUTES] [--markdown FILE]

Everything is real and as shipped, but for thresholds of minutes, which are seconds. All faults happen at
once, each to a server of its own, beside a healthy server under load of which nothing must be said. Ends
with code 1 if a bar is missed.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from support.incident import Incident
from support.incidents import INCIDENTS
from support.pager import Notice, Pager
from support.paging import BY_NAME, lingers, receivers
from support.rules import Rule, bounds
from support.stage import EXPORTER, HEALTHY, LOUD, Stage
from support.table import table

LATE = 60.0
"""Seconds to go on waiting beyond a bound, to see by how much it is missed."""
LOOK_EVERY = 5.0
SOAK = 30.0
COLUMNS = ("fault", "alert", "class", "bound s", "to webhook s", "to resolved s", "also", "verdict")


@dataclass
class Row:
    """What one fault did. Seconds are None where nobody was told; `also` are its other alerts."""

    name: str
    rule: Rule
    fired: float | None = None
    resolved: float | None = None
    also: set[str] = field(default_factory=set)
    flapped: bool = False

    @property
    def bound(self) -> float:
        """Seconds that its class allows."""
        return bounds()[self.rule.labels["class"]]

    @property
    def misses(self) -> list[str]:
        """The bars that were missed."""
        found = [
            ("webhook", self.fired, self.bound),
            ("resolved", self.resolved, self.bound + lingers(self.rule)),
        ]
        late = [what for what, seconds, bound in found if seconds is None or seconds > bound]
        return late + ["flapped"] * self.flapped

    def cells(self) -> list[str]:
        """The row as text."""
        seconds = ["-" if s is None else f"{s:.0f}" for s in (self.fired, self.resolved)]
        verdict = "FAIL: " + ", ".join(self.misses) if self.misses else "ok"
        rule = [self.rule.name, self.rule.labels["class"], f"{self.bound:.0f}"]
        return [self.name, *rule, *seconds, ", ".join(sorted(self.also)), verdict]


@dataclass
class Soak:
    """The healthy server: for how long it was watched, and what was said of it."""

    seconds: float
    loud: set[str] = field(default_factory=set)

    @property
    def misses(self) -> list[str]:
        """Alerts that fired; one that was pending and went has told nobody."""
        return sorted(alert for alert in self.loud if " pending " not in alert)

    def line(self) -> str:
        """It as a sentence."""
        said = "; ".join(sorted(self.loud)) or "nothing pending, nothing firing"
        verdict = "FAIL" if self.misses else "ok"
        return f"Healthy server under load, {self.seconds / 60:.0f} minutes: {said}: {verdict}."


class Trial:
    """One incident, from a stage at ease to the notice that it is over."""

    def __init__(self, incident: Incident, rule: Rule, pager: Pager) -> None:
        self._incident, self._pager = incident, pager
        self.row = Row(incident.name, rule)

    def run(self) -> None:
        """Let it happen, mend it, and note when whom it concerns was told."""
        self._began = time.monotonic()
        self._incident.begin()
        ripe = self._began + self._incident.ripens
        self.row.fired = self._told(True, self._began, ripe, self.row.bound)
        self._incident.end()
        healed = time.monotonic()
        if self.row.fired is not None:
            bound = self.row.bound + lingers(self.row.rule)
            self.row.resolved = self._told(False, healed, healed, bound)
        sys.stderr.write("  ".join(self.row.cells()) + "\n")  # whole lines, from many threads

    def judge(self) -> None:
        """Look once more, when all is over: at what else was said, and whether it was said twice."""
        instance = self._incident.instance
        about = [n for n in self._pager.notices if n.labels.get("instance") == instance]
        loud = {n.labels["alertname"] for n in about if n.labels["severity"] in LOUD and n.firing}
        self.row.also = loud - {self.row.rule.name}
        for receiver in receivers(self.row.rule):
            states = [n.firing for n in self._notices(self._began) if n.receiver == receiver]
            self.row.flapped |= states != sorted(states, reverse=True)

    def _told(self, firing: bool, since: float, clock: float, bound: float) -> float | None:
        """Seconds from `clock` until the last of the receivers was told; None when one never was."""
        while time.monotonic() < clock + bound + LATE:
            notices = [n for n in self._notices(since) if n.firing == firing]
            first = {n.receiver: n.at for n in reversed(notices)}
            if first.keys() == set(receivers(self.row.rule)):
                return max(first.values()) - clock
            time.sleep(0.2)
        return None

    def _notices(self, since: float) -> list[Notice]:
        return self._pager.about(self.row.rule.name, self._incident.instance, since)


def run(kinds: Sequence[type[Incident]], soak: float) -> tuple[list[Row], Soak]:
    """Let all of these happen at once, beside `soak` seconds of peace elsewhere."""
    with Stage(kinds) as stage:
        stage.wait_quiet()
        trials = [Trial(i, BY_NAME[i.alert], stage.pager) for i in stage.incidents]
        with ThreadPoolExecutor(len(trials)) as pool:
            running = [pool.submit(trial.run) for trial in trials]
            peace = _watch(stage, soak)
            for done in running:
                done.result()
        for trial in trials:
            trial.judge()
    return [trial.row for trial in trials], peace


def _watch(stage: Stage, seconds: float) -> Soak:
    """Collect what Prometheus says of whom nothing happens to."""
    soak = Soak(seconds)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        soak.loud |= stage.loud([HEALTHY, EXPORTER])
        time.sleep(LOOK_EVERY)
    return soak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure the seconds from faults to the pager.")
    parser.add_argument("--only", action="append", help="the name of a fault; may be repeated")
    parser.add_argument("--soak", type=float, default=SOAK, help="minutes of peace (%(default)g)")
    parser.add_argument("--markdown", type=Path, help="the page that gets the table as its end")
    options = parser.parse_args()
    page = options.markdown and options.markdown.read_text()
    chosen = [kind for kind in INCIDENTS if not options.only or kind.name in options.only]
    rows, soak = run(chosen, options.soak * 60)
    print(text := f"{table(COLUMNS, rows)}\n\n{soak.line()}\n")
    if page:
        options.markdown.write_text(page.partition("\n| fault ")[0] + f"\n{text}")
    sys.exit(bool(soak.misses) or any(row.misses for row in rows))


if __name__ == "__main__":
    main()
