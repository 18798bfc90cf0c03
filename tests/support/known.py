"""The labels of every metric that an expression may select: served, recorded, or of Prometheus' own."""

import functools
from collections.abc import Mapping

from support import families, promql, rules
from support.promql import Labels

_TOLD = {"pgvitals:target_red", "pgvitals:target_red:kept"}
"""These read each other, and so have to be told."""


@functools.cache
def labels() -> Mapping[str, Labels]:
    """Labels by the name of the metric, without those whose names are made from rows."""
    return served() | recorded() | {"ALERTS": _alerts()}


def served() -> dict[str, Labels]:
    """Those of every family."""
    return {name: family.labels for name, family in families.every().items()}


@functools.cache
def recorded() -> dict[str, Labels]:
    """Those of every recording rule, and of the metrics that rules select."""
    found = dict.fromkeys(rules.recorded(), promql.SCRAPED)
    found |= dict.fromkeys(_TOLD, promql.SCRAPED | {"target", "datname"})
    for rule in (*rules.every_rule(), *rules.every_rule()):  # twice: some read what comes later
        for selector in promql.selectors(rule.expr):
            if selector.name not in rules.recorded():
                found[selector.name] = families.find(selector.name).labels
        if not rule.alert:
            has = promql.labels(promql.parse(rule.expr), found)
            found[rule.name] = found.get(rule.name, promql.SCRAPED) | has | set(rule.labels)
    return found


def _alerts() -> Labels:
    """What Prometheus writes of an alert that is pending or fires."""
    given = (
        promql.labels(promql.parse(rule.expr), recorded()) | set(rule.labels)
        for rule in rules.alerts()
    )
    return frozenset({"alertname", "alertstate"}).union(*given)
