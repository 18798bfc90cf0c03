"""The rules of the targets: one alert a target, and one for findings that ask for another decision.

They are made of the definitions in queries/targets, and so are their unit tests.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from pgvitals.agenda import shipped
from pgvitals.changes import INTERVAL
from pgvitals.target import Kind, Target

PREFACE = "# Made from queries/targets/ by make docs; a test fails when it is stale.\n"

_WORST = (
    "{{ range printf `topk(5, pgvitals_finding_info{target=%%q,job=%%q,instance=%%q,datname=%%q%s})`"
    " $labels.target $labels.job $labels.instance $labels.datname | query }}"
    "{{ with .Labels.schemaname }}{{ . }}.{{ end }}{{ .Labels.object }}"
    "{{ with .Labels.detail }} ({{ . }}){{ end }}; {{ end }}"
)
_WHERE = "{{ $labels.instance }}{{ with $labels.datname }}, database {{ . }}{{ end }}"


class Alert(NamedTuple):
    """An alert of a target; `other` is the decision of the findings it is for, if not the target's."""

    target: Target
    name: str
    decision: str
    owner: str
    other: bool = False

    @property
    def means(self) -> str:
        """What is wrong with what it is for."""
        kinds = [kind.means for kind in self._kinds]
        return " or ".join(kinds) if self.other else self.target.means

    @property
    def remedy(self) -> str:
        """What to do about it."""
        remedies = dict.fromkeys(kind.remedy for kind in self._kinds if kind.remedy)
        return " ".join(remedies) if self.other and remedies else self.target.remedy

    @property
    def _kinds(self) -> list[Kind]:
        """The kinds of findings that ask for its decision, where it is another than the target's."""
        return [kind for kind in self.target.kinds.values() if kind.decision == self.decision]

    @property
    def severity(self) -> str:
        """What the document wants paused may wait for nobody."""
        return "critical" if self.decision == "pause" else "warning"


def alerts() -> Iterator[Alert]:
    """Every alert of a target."""
    for target in shipped().values():
        name = "Pg" + "".join(word.capitalize() for word in target.id.split("_"))
        yield Alert(target, f"{name}Unmet", target.decision, target.owner)
        if any(kind.decision == "pause" for kind in target.kinds.values()):
            yield Alert(target, f"{name}Conflict", "pause", "orchestrator", other=True)


def _red(alert: Alert) -> str:
    expr = f'pgvitals:target_red{{target="{alert.target.id}"}} == 1'
    if alert.other:
        expr += (
            " and on (job, instance, target, datname) ("
            f'pgvitals_finding_info{{decision="{alert.decision}"}}'
            f' or last_over_time(pgvitals_finding_info{{decision="{alert.decision}"}}[1h])'
            ' unless on (job, instance, target, datname) pgvitals_target_state{state="unmet"} == 1)'
        )
    return expr


def _rule(alert: Alert) -> dict[str, Any]:
    target = alert.target
    soon = target.on_change or target.interval <= INTERVAL
    only = f',decision="{alert.decision}"' if alert.other else ""
    return {
        "alert": alert.name,
        "expr": _red(alert),
        "for": "30s",
        "labels": {
            "severity": alert.severity,
            "decision": alert.decision,
            "owner": alert.owner,
            "class": "catalogue" if soon else "assessment",
            "target": target.id,
        },
        "annotations": {
            "summary": f"Target {target.id} is not met on {_WHERE}",
            "description": f"Promised: {target.document}. Worst findings, each of which "
            f"{alert.means}: {_WORST % only}",
            "fix": alert.remedy,
            "runbook_url": f"docs/runbooks/{alert.name}.md",
            "dashboard": "/d/pgvitals-scorecard?var-instance={{ $labels.instance }}",
        },
    }


RED = """
groups:
  - name: pgvitals-targets
    rules:
      # What was said when it was last judged. It is kept while there is no evidence, but for a reason that
      # somebody chose (switched off, not applicable, nothing to judge).
      - record: pgvitals:target_red:kept
        expr: |
          last_over_time(pgvitals:target_red[1h])
          unless ignoring (state) pgvitals_target_state{state=~"met|unmet|not_applicable"} == 1
          unless ignoring (reason, kind)
            pgvitals_target_reason{kind="expected",reason!~"warming_up|uncertain"}
          unless pgvitals_target_enforced == 0
      # 1 where an enforced target is unmet, else 0. A database that is gone takes its targets with it after
      # a quarter of an hour; a server that does not answer keeps them.
      - record: pgvitals:target_red
        expr: |
          max without (state) (pgvitals_target_state{state="unmet"}) * pgvitals_target_enforced
            and ignoring (state) pgvitals_target_state{state=~"met|unmet|not_applicable"} == 1
          or pgvitals:target_red:kept
            and ignoring (state) last_over_time(pgvitals_target_state{state="met"}[15m])
          or pgvitals:target_red:kept
            and on (job, instance) (min_over_time(up[2m]) == 0 or min_over_time(pg_up[2m]) == 0)
"""
# Minutes: met; unmet; evidence lost; exporter down; it is back, and warms up; met; unmet, not enforced.
_BEGINS = {"unmet": 10, "lost": 20, "down": 25, "back": 30, "met": 35, "waived": 45}
_STATES = {
    "met": "1x9 0x14 _x5 0x4 1x9 0x9",
    "unmet": "0x9 1x9 0x4 _x5 0x4 0x9 1x9",
    "not_evaluated": "0x9 0x9 1x4 _x5 1x4 0x9 0x9",
}
_OTHERS = {
    "pgvitals_target_enforced{%s}": "1x24 _x5 1x14 0x9",
    'pgvitals_target_reason{%s,reason="error",kind="lost"}': "_x20 1x4 stale",
    'pgvitals_target_reason{%s,reason="warming_up",kind="expected"}': "_x30 1x4 stale",
    "up{%s}": "1x24 0x4 1x24",
    "pg_up{%s}": "1x24 _x5 1x24",
}


def _test(alert: Alert) -> dict[str, Any]:
    """One life of a target, and when it has to fire."""
    target, database = alert.target, alert.target.scope == "database"
    place = 'job="pgvitals",instance="db"'
    own = f'{place},target="{target.id}"' + (',datname="shop"' if database else "")
    finding = (
        f'pgvitals_finding_info{{{own},schemaname="public",object="a",detail="d",'
        f'decision="{alert.decision}",owner="{alert.owner}"}}'
    )
    ends = _BEGINS["met"]
    firing = f'count(ALERTS{{alertname="{alert.name}",alertstate="firing"}})'
    series = {
        **{f'pgvitals_target_state{{{own},state="{s}"}}': v for s, v in _STATES.items()},
        **{
            name % (place if name.startswith(("up", "pg_up")) else own): v
            for name, v in _OTHERS.items()
        },
        finding: "_x10 1x9 stale _x24 1x9" if alert.other else "_x10 1x9 stale",
    }
    quiet = (*range(0, 11, 5), *range(ends + 5, 54, 6))
    return {
        "name": f"{alert.name}: unmet, evidence lost, exporter gone and back, met, not enforced",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": "15m",
                "alertname": alert.name,
                "exp_alerts": [_expected(alert)],
            },
            *({"eval_time": f"{m}m", "alertname": alert.name} for m in quiet),
        ],
        "promql_expr_test": [
            {
                "expr": firing,
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
            for minute in range(11, ends, 2)
        ],
    }


def _expected(alert: Alert) -> dict[str, Any]:
    target, rule = alert.target, _rule(alert)
    database = target.scope == "database"
    where = "db, database shop" if database else "db"
    written = {
        "summary": f"Target {target.id} is not met on {where}",
        "description": f"Promised: {target.document}. Worst findings, each of which "
        f"{alert.means}: public.a (d); ",
        "dashboard": "/d/pgvitals-scorecard?var-instance=db",
    }
    named = {"datname": "shop"} if database else {}
    return {
        "exp_labels": {**rule["labels"], "job": "pgvitals", "instance": "db", **named},
        "exp_annotations": {**rule["annotations"], **written},
    }


def rules() -> str:
    """The rule file."""
    head = RED.strip("\n")
    own = yaml.safe_dump([_rule(a) for a in alerts()], sort_keys=False, width=1_000)
    return f"{PREFACE}{head}\n" + "".join(f"      {line}\n" for line in own.splitlines())


def tests() -> str:
    """The promtool file."""
    body = {
        "rule_files": ["../rules/targets.yaml"],
        "evaluation_interval": "30s",
        "tests": [_test(alert) for alert in alerts()],
    }
    return PREFACE + yaml.safe_dump(body, sort_keys=False, width=1_000)
