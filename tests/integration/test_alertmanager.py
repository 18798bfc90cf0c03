"""The example for Alertmanager: who is told, and what is held back, as amtool and a live one have it."""

import itertools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.alertmanager import SHIPPED, Alertmanager, Labels
from support.daemon import until
from support.paging import BY_NAME, receivers
from support.program import found
from support.rules import Rule, alerts

ROUTES = [
    ("severity=none alertname=PgvitalsHeartbeat", ["heartbeat"]),
    ("severity=critical decision=pause owner=code-reviewer", ["orchestrator", "code-reviewer"]),
    (
        "severity=critical decision=pause owner=database-architect",
        ["orchestrator", "database-architect"],
    ),
    ("severity=warning decision=pause owner=coder", ["orchestrator", "coder"]),
    ("severity=critical decision=pause owner=orchestrator", ["orchestrator"]),
    ("severity=warning decision=fix owner=orchestrator", ["orchestrator"]),
    ("severity=critical decision=fix owner=database-architect", ["database-architect"]),
    ("severity=warning decision=delegate owner=coder", ["coder"]),
    ("severity=warning decision=delegate owner=code-reviewer", ["code-reviewer"]),
    ("severity=warning decision=delegate owner=testing", ["testing"]),
    ("severity=info decision=fix owner=coder", ["notes"]),
    ("severity=info owner=nobody", ["notes"]),
    ("severity=info decision=pause owner=coder", ["orchestrator", "coder"]),
    ("severity=warning decision=fix owner=nobody", ["database-architect"]),
    ("severity=warning decision=pause owner=nobody", ["orchestrator", "database-architect"]),
    ("alertname=SomebodyElses", ["database-architect"]),
]
WORSE = [
    ("PgConnectionsCritical", "PgConnectionsHigh", None),
    ("PgIdleInTransactionCritical", "PgIdleInTransactionLong", "datname"),
    ("PgBlockedSessionsCritical", "PgBlockedSessions", "datname"),
    ("PgXidAgeCritical", "PgXidAgeHigh", "datname"),
    ("PgMultixactAgeCritical", "PgMultixactAgeHigh", "datname"),
    ("PgReplicationLagCritical", "PgReplicationLagHigh", None),
    ("PgReplicationSlotLost", "PgReplicationSlotRetainsWal", "slot_name"),
    ("PgReplicationSlotWalCritical", "PgReplicationSlotRetainsWal", "slot_name"),
    ("PgMigrationSequenceConflict", "PgMigrationSequenceUnmet", "datname"),
]
"""The worse alert, what it makes superfluous, and the label that both share beside those of the server."""
BIGGER = {"PgExporterDown", "PgDown"}
SILENCED = ("saturation", "session", "performance", "replication", "monitoring")
"""Classes that are not looked at while the server is down."""
SERVER = {"job": "pgvitals", "instance": "shop", "datname": "shop", "slot_name": "a"}
ELSEWHERE = [{"instance": "ledger"}, {"job": "another"}]
turns = itertools.count()


def amtool(*arguments: str | Path) -> str:
    command = [found("amtool"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def routed(labels: str) -> list[str]:
    said = amtool("config", "routes", "test", f"--config.file={SHIPPED}", *labels.split())
    return said.strip().split(",")


@pytest.fixture(scope="module")
def alertmanager() -> Iterator[Alertmanager]:
    with Alertmanager() as running:
        yield running


def suppressed(alertmanager: Alertmanager, *alerts: Labels) -> list[bool]:
    """Whether each of these is held back by the others, in a world of their own."""
    world = f"{next(turns)}."
    own = [{**SERVER, **a, "instance": world + a.get("instance", "shop")} for a in alerts]
    # A pair that is known to work comes last: when it is judged, so is all before it.
    fence = {"job": "fence", "instance": world}
    alertmanager.post([*own, {"alertname": "PgDown"} | fence, {"class": "session"} | fence])

    def judged() -> list[bool] | None:
        states = [(dict(state.labels), state.suppressed) for state in alertmanager.states()]
        if ({"class": "session"} | fence, True) not in states:
            return None
        return [held for alert in own for labels, held in states if labels == alert]

    return until(judged, 10, "be judged")


def test_amtool_accepts_it() -> None:
    assert "SUCCESS" in amtool("check-config", SHIPPED)


@pytest.mark.parametrize(("labels", "expected"), ROUTES, ids=[labels for labels, _ in ROUTES])
def test_routes(labels: str, expected: list[str]) -> None:
    assert routed(labels) == expected


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule.name)
def test_every_alert_reaches_its_owner(rule: Rule) -> None:
    labels = " ".join(f"{name}={value}" for name, value in rule.labels.items())
    assert routed(f"alertname={rule.name} {labels}") == receivers(rule)


def test_no_alert_joins_another_alerts_group() -> None:
    route = yaml.safe_load(SHIPPED.read_text())["route"]
    assert {"alertname", "job", "instance", "datname"} <= set(route["group_by"])
    own = {r["receiver"] for r in route["routes"] if "group_by" in r}
    assert own == {"notes"}


def test_every_name_and_class_is_one_of_the_rules() -> None:
    known = {
        "alertname": BY_NAME.keys(),
        "class": {rule.labels["class"] for rule in alerts()},
    }
    for inhibition in yaml.safe_load(SHIPPED.read_text())["inhibit_rules"]:
        for matcher in inhibition["source_matchers"] + inhibition["target_matchers"]:
            label, _, values = re.split(r" (!=|=~|=) ", matcher)
            assert set(values.strip('"').split("|")) <= known[label], matcher


def test_nothing_is_silenced_by_another_server() -> None:
    for rule in yaml.safe_load(SHIPPED.read_text())["inhibit_rules"]:
        assert {"job", "instance"} <= set(rule["equal"]), rule


@pytest.mark.parametrize(("worse", "lesser", "shared"), WORSE, ids=[pair[0] for pair in WORSE])
def test_the_worse_alert_silences_the_lesser(
    alertmanager: Alertmanager, worse: str, lesser: str, shared: str | None
) -> None:
    apart = [*ELSEWHERE, *([{shared: "another"}] if shared else [])]
    targets = [{"alertname": lesser, **more} for more in ({}, *apart)]
    found = suppressed(alertmanager, {"alertname": worse}, *targets)
    assert found == [False, True] + [False] * len(apart)


def test_a_lost_exporter_silences_its_instances_alerts_but_for_the_catalogue(
    alertmanager: Alertmanager,
) -> None:
    others = ["availability", *SILENCED]
    lost = [{"alertname": "A", "class": name} for name in others]
    away = [{"alertname": "A", "class": "session", **more} for more in ELSEWHERE]
    catalogue = {"alertname": "A", "class": "catalogue"}
    source = {"alertname": "PgExporterDown", "class": "availability"}
    found = suppressed(alertmanager, source, *lost, *away, catalogue)
    assert found == [False] + [True] * len(others) + [False] * 3


def test_a_server_that_is_down_silences_what_is_said_of_its_sessions(
    alertmanager: Alertmanager,
) -> None:
    lost = [{"alertname": "A", "class": name} for name in SILENCED]
    away = [{"alertname": "A", "class": "session", **more} for more in ELSEWHERE]
    heard = [{"alertname": "A", "class": name} for name in ("availability", "catalogue")]
    source = {"alertname": "PgDown", "class": "availability"}
    found = suppressed(alertmanager, source, *lost, *away, *heard)
    assert found == [False] + [True] * len(lost) + [False] * 4


def test_nothing_critical_is_silenced_but_by_what_is_down(alertmanager: Alertmanager) -> None:
    others = [rule for rule in alerts() if rule.name not in BIGGER]
    posted = [{"alertname": rule.name, **rule.labels} for rule in others]
    elsewhere = [{"alertname": name, "instance": "ledger"} for name in sorted(BIGGER)]
    silenced = suppressed(alertmanager, *posted, *elsewhere)
    found = {alert["alertname"] for alert, held in zip(posted, silenced, strict=False) if held}
    assert found == {lesser for _, lesser, _ in WORSE}
    assert {name for name in found if BY_NAME[name].labels["severity"] == "critical"} == set()


def test_the_heartbeat_is_never_silenced(alertmanager: Alertmanager) -> None:
    beat = {"alertname": "PgvitalsHeartbeat", "severity": "none", "class": "monitoring"}
    alertmanager.post([beat])
    assert suppressed(alertmanager, *({"alertname": name} for name in sorted(BIGGER)), {}) != []
    states = [s.suppressed for s in alertmanager.states() if dict(s.labels) == beat]
    assert states == [False]
