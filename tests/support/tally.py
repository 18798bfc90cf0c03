"""Counts of the alerts, and of what each must have: what `make alerts` ends with.

    PYTHONPATH=tests python -m support.tally

Ends with code 1 if an alert lacks a test or its runbook.
"""

import sys
from collections import Counter
from collections.abc import Iterator

from support import promtool, rules
from support.rules import ALERTS, Rule

ALWAYS = {"PgvitalsHeartbeat"}
"""What fires all the time neither waits nor resolves."""


def lacking(rule: Rule) -> Iterator[str]:
    """What an alert should have and has not."""
    shown = promtool.cover(rule)
    if not shown.fires:
        yield "firing test"
    if rule.name not in ALWAYS:
        yield from (
            f"test that shows it: {name}" for name, has in shown._asdict().items() if not has
        )
    if not (ALERTS.parent / rule.annotations["runbook_url"]).is_file():
        yield "runbook"


def main() -> None:
    """Print them."""
    alerts = rules.alerts()
    severities = Counter(rule.labels["severity"] for rule in alerts)
    told = ", ".join(f"{count} {severity}" for severity, count in severities.most_common())
    print(f"{len(alerts)} alerts ({told}), {len(promtool.every_test())} groups of unit tests")
    lacks = Counter({"firing test": 0, "test that shows it: resolves": 0, "runbook": 0})
    lacks.update(what for rule in alerts for what in lacking(rule))
    for what, count in lacks.items():
        print(f"{count} alerts without a {what}")
    sys.exit(any(lacks.values()))


if __name__ == "__main__":
    main()
