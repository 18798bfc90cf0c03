"""Whom an alert is told to, by the decision matrix, and for how long it goes on by itself."""

import re

from support.rules import Rule, alerts, seconds

BY_NAME = {rule.name: rule for rule in alerts()}
QUIET = {"none": "heartbeat", "info": "notes"}
"""Receivers of what pages nobody, by severity."""
_WINDOW = re.compile(r"(?:increase|rate|changes)\([^[]*\[(\w+)\]")


def receivers(rule: Rule) -> list[str]:
    """The names of the receivers, the one that decides first."""
    paused = ["orchestrator"] if rule.labels["decision"] == "pause" else []
    owner = rule.labels["owner"]
    if not paused:
        owner = QUIET.get(rule.labels["severity"], owner)
    return list(dict.fromkeys([*paused, owner]))


def lingers(rule: Rule) -> float:
    """Seconds for which it goes on when the fault is over, because it looks back or is kept."""
    windows = map(seconds, _WINDOW.findall(rule.expr))
    return max(windows, default=0.0) + rule.keeps
