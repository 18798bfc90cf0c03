"""Whom an alert is told to, by the decision matrix, and for how long it goes on by itself."""

from support import promql
from support.rules import Rule, alerts

BY_NAME = {rule.name: rule for rule in alerts()}
QUIET = {"none": "heartbeat", "info": "notes"}
"""Receivers of what pages nobody, by severity."""


def receivers(rule: Rule) -> list[str]:
    """The names of the receivers, the one that decides first."""
    paused = ["orchestrator"] if rule.labels["decision"] == "pause" else []
    owner = rule.labels["owner"]
    if not paused:
        owner = QUIET.get(rule.labels["severity"], owner)
    return list(dict.fromkeys([*paused, owner]))


def lingers(rule: Rule) -> float:
    """Seconds for which it goes on when the fault is over, because it looks back or is kept."""
    looking = (c for c in promql.calls(rule.expr) if c.func.name in promql.COUNTING)
    return max((c.args[0].range.total_seconds() for c in looking), default=0.0) + rule.keeps
