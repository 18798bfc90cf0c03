"""Runbooks: every alert has one, all have one shape, and what they say is what the rules say."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support.runbook import DIRECTORY, ROOT, Runbook, shipped
from support.target_rules import alerts

DECISION = "## Decision and owner"
SECTIONS = [
    "## Meaning",
    "## Impact",
    "## Diagnosis",
    "## Mitigation",
    DECISION,
    "## False positives",
]
DECISIONS = re.compile(r"\b(pause|fix|delegate)\b", re.IGNORECASE)
OWNERS = re.compile(r"\b(orchestrator|database-architect|code-reviewer|coder|testing)\b")
UNMEASURED = "Not measured by this release"
OF_TARGETS = {alert.name: alert.target for alert in alerts()}


def rules() -> Iterator[dict[str, Any]]:
    for file in sorted((ROOT / "alerts" / "rules").glob("*.yaml")):
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


RULES = {rule["alert"]: rule for rule in rules()}
every_runbook = pytest.mark.parametrize("runbook", shipped(), ids=repr)
every_target = pytest.mark.parametrize("alert", OF_TARGETS)


def said(runbook: Runbook, heading: str) -> str:
    inline = " ".join(t.content for t in runbook.section(heading) if t.type == "inline")
    return " ".join(inline.split())


def test_there_are_alerts() -> None:
    assert len(RULES) >= 40


@pytest.mark.parametrize("alert", RULES)
def test_an_alert_leads_to_its_runbook(alert: str) -> None:
    file = DIRECTORY / f"{alert}.md"
    assert RULES[alert]["annotations"]["runbook_url"] == file.relative_to(ROOT).as_posix()
    assert file.is_file()


def test_no_runbook_has_lost_its_alert() -> None:
    assert {runbook.file.stem for runbook in shipped()} - RULES.keys() == set()


@every_runbook
def test_all_have_one_shape(runbook: Runbook) -> None:
    assert runbook.headings == [f"# {runbook.file.stem}", *SECTIONS]


@every_runbook
def test_every_section_says_something(runbook: Runbook) -> None:
    assert [h for h in runbook.headings if not said(runbook, h)] == []


@every_runbook
def test_diagnosis_has_something_to_run(runbook: Runbook) -> None:
    fences = {t.info for t in runbook.section("## Diagnosis") if t.type == "fence"}
    assert fences & {"sql", "sh"}


@every_runbook
def test_decision_and_owner_are_those_of_the_rule(runbook: Runbook) -> None:
    text, labels = said(runbook, DECISION), RULES[runbook.file.stem]["labels"]
    decision, owner = DECISIONS.search(text), OWNERS.search(text)
    assert decision, f"{runbook.file}: no decision, expected {labels['decision']}"
    assert owner, f"{runbook.file}: no owner, expected {labels['owner']}"
    found = {"decision": decision[0].lower(), "owner": owner[0]}
    assert found == {key: labels[key] for key in found}


@every_runbook
def test_links_lead_somewhere(runbook: Runbook) -> None:
    inside = [link for link in runbook.links if not link.startswith(("#", "http"))]
    assert [link for link in inside if not (DIRECTORY / link.partition("#")[0]).exists()] == []


@every_target
def test_that_of_a_target_says_its_promise_and_where_more_is(alert: str) -> None:
    runbook, target = Runbook(DIRECTORY / f"{alert}.md"), OF_TARGETS[alert]
    assert target.document in said(runbook, "## Meaning")
    assert f"../targets/{target.id}.md" in runbook.links


@every_target
def test_it_says_whether_the_target_is_measured(alert: str) -> None:
    beginning = said(Runbook(DIRECTORY / f"{alert}.md"), f"# {alert}")
    assert (UNMEASURED in beginning) is not OF_TARGETS[alert].implemented
