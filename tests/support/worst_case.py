"""The worst case of an alert: from the fault to the notification, with each step as late as it may be.

A fault falls just after a poll; what it changes is scraped, evaluated, held for the alert's `for`, and
waits for the turn of its group in Alertmanager.
"""

from support import families, promql, rules
from support.rules import Rule

STANDING = {"pgvitals:job", "pgvitals:alert_threshold"}
"""Recorded, and not changed by a fault: nothing waits for them."""


def of(rule: Rule) -> float:
    """Seconds from a fault to its notification, all of it as late as it may be."""
    return _shown(rule) + rules.EVERY + rule.every + rules.waits(rule) + rules.delivery()


def _shown(rule: Rule) -> float:
    """Seconds until all that the rule reads is on a page, or recorded by another group."""
    if target := rule.labels.get("target"):
        return families.delay_of_target(target)
    seconds = [0.0]
    for selector in promql.selectors(rule.expr):
        if selector.name not in rules.recorded():
            seconds.append(families.delay(selector))
        elif selector.name not in (rule.name, *STANDING):
            seconds += [_handed_on(other, rule) for other in rules.recorded()[selector.name]]
    return max(seconds)


def _handed_on(recording: Rule, to: Rule) -> float:
    """A group has what it recorded itself at once, what another did an evaluation later."""
    return _shown(recording) + (recording.every if recording.group != to.group else 0.0)
