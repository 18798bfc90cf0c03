"""docs/alerts.md: every alert, and how soon it comes."""

from collections.abc import Iterator

import yaml

from pgvitals.markdown import MADE, table
from support import rules, worst_case
from support.rules import ALERTS, Rule

TITLES = {
    "availability.yaml": "Availability",
    "saturation.yaml": "Saturation",
    "performance.yaml": "Performance",
    "tables.yaml": "Tables and indexes",
    "replication.yaml": "Replication and recovery",
    "targets.yaml": "Targets",
    "pgvitals.yaml": "pgvitals itself",
}
_LEAD = """\
[alerts/rules](../alerts/rules) holds plain files for Prometheus 2.42 and later: name them under `rule_files`.
The exporter's package has them too, in `pgvitals/alerts/rules`. They suppose that Prometheus scrapes and
evaluates every 15 seconds, and work up to every 60, later by that much. The example for Alertmanager,
[alertmanager.yml](../alerts/alertmanager/alertmanager.yml), routes them by `decision` and `owner`.

`runbook_url` is the runbook's path in this repository, `dashboard` a path on your Grafana: put your own
addresses before them, where you write the notification, or with `sed` in the files.

`job` and `instance` together must name one server: where one Prometheus sees several namespaces or clusters,
put the namespace into `instance`. A target label called `server` would be mistaken for the exporter's own.

A job is known as one of ours by a name with `pgvitals` in it, or once it has served our pages. The alerts of
[targets](targets/README.md) fire where a target is enforced. One that is red stays so while its evidence is
lost, until it is judged again.

## How soon

From the fault to the notification, in the worst case: just missed by a poll, a scrape and an evaluation, and
just too late for the turn of its group. A test computes it for every alert of severity warning or above, and
holds it against the bound of its class; what was measured is in [detection.md](detection.md).
"""
_THRESHOLDS = """\
`thresholds` in the configuration of pgvitals sets another one, for all instances or for one:
`thresholds: {PgConnectionsHigh: 0.7}`. The exporter serves it, and the rules compare with what it serves.
"""


def page() -> str:
    """The whole page."""
    lines = ["# Alerts", MADE, "", _LEAD]
    lines += table(("class", "bound", "slowest", "worst case", "means"), _classes())
    for file, title in TITLES.items():
        lines += [f"## {title}", ""]
        named = ("alert", "severity", "decision", "owner", "class", "for")
        lines += table(named, (_cells(rule) for rule in rules.alerts() if rule.file == file))
    lines += ["## Thresholds", "", _THRESHOLDS]
    lines += table(("alert", "default"), _thresholds())
    return "\n".join(lines).rstrip() + "\n"


def _classes() -> Iterator[tuple[str, ...]]:
    told = yaml.safe_load((ALERTS / "classes.yaml").read_text())
    for name, about in told.items():
        own = [
            rule
            for rule in rules.alerts()
            if (rule.labels["class"], rule.labels["severity"] != "info") == (name, True)
        ]
        slowest = max(own, key=worst_case.of)
        worst = f"{worst_case.of(slowest):,.0f} s"
        yield name, str(about["bound"]), f"`{slowest.name}`", worst, about["means"]


def _cells(rule: Rule) -> tuple[str, ...]:
    label = rule.labels
    link = f"[{rule.name}](runbooks/{rule.name}.md)"
    holds = f"{rule.holds:,.0f} s" if rule.holds else ""
    return link, label["severity"], label["decision"], label["owner"], label["class"], holds


def _thresholds() -> Iterator[tuple[str, ...]]:
    for rule in rules.recorded()["pgvitals:alert_threshold"]:
        default = (
            rule.expr.rpartition(" + ")[2] if " + " in rule.expr else "as many as within a day"
        )
        yield f"`{rule.labels['alert']}`", default
