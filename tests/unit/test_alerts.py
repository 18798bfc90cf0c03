"""The rules, read: nothing in them names what is not there, is lost on the way, or comes too late."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from support import alert_page, families, generated, known, promql, rules, tally, worst_case
from support.rules import Rule

SLOWEST_SCRAPE = 60.0
"""Seconds between scrapes with which the rules still work."""
RATES = {"rate", "irate", "increase"}
ONLY_COUNTERS = RATES | {"resets"}
OF_SAMPLES = ONLY_COUNTERS | {"changes", "delta", "deriv"}
"""What needs several samples in its range, under Prometheus 3 (which leaves out the oldest) too."""
WITHOUT_INSTANCE = {"PgExporterAbsent", "PgvitalsHeartbeat"}
ASKED = re.compile(r"printf (?:\"(.+?[^\\])\"|`(.+?)`) [^|}]*\| query")
SEVERITIES = {"critical", "warning", "info", "none"}
ROLES = {"orchestrator", "database-architect", "coder", "code-reviewer", "testing"}
ANNOTATIONS = ["summary", "description", "fix", "runbook_url", "dashboard"]
# Timestamps that postgres_exporter calls counters may be read as they are.
READABLE_COUNTERS = re.compile("_stats_reset$|_time$|_start_time_seconds$")
EVERY = rules.every_rule()
ALERTS = rules.alerts()


def named(some: Iterable[Rule]) -> list[object]:
    return [pytest.param(rule, id=rule.name) for rule in some]


KNOWN = known.recorded()


def test_there_are_as_many_alerts_as_promised() -> None:
    assert len(ALERTS) >= 40


def test_each_name_stands_once() -> None:
    assert [name for name, n in Counter(rule.name for rule in ALERTS).items() if n > 1] == []


@pytest.mark.parametrize("rule", named(EVERY))
def test_every_metric_is_one_that_is_served_or_recorded(rule: Rule) -> None:
    for selector in promql.selectors(rule.expr):
        assert selector.name in rules.recorded() or families.find(selector.name)


@pytest.mark.parametrize("rule", named(EVERY))
def test_every_label_is_there(rule: Rule) -> None:
    promql.labels(promql.parse(rule.expr), KNOWN)


@pytest.mark.parametrize("rule", named(EVERY))
def test_only_counters_are_counted_and_they_are_never_compared_as_they_are(rule: Rule) -> None:
    counted = set()
    for call in promql.calls(rule.expr):
        inside = promql.selectors(call)
        if call.func.name in ONLY_COUNTERS:
            assert {families.type_of(selector.name) for selector in inside} == {"counter"}
        if call.func.name in OF_SAMPLES:
            counted |= {selector.text for selector in inside}
    for selector in promql.selectors(rule.expr):
        if selector.name in rules.recorded() or READABLE_COUNTERS.search(selector.name):
            continue
        bare = selector.text not in counted
        assert not (bare and families.type_of(selector.name) == "counter"), selector.name


@pytest.mark.parametrize("rule", named(EVERY))
def test_every_window_holds_enough_scrapes_and_polls(rule: Rule) -> None:
    for call in promql.calls(rule.expr):
        if call.func.name not in OF_SAMPLES:
            continue
        (window,) = call.args
        interval = families.find(window.vector_selector.name).delay
        assert window.range.total_seconds() >= 4 * SLOWEST_SCRAPE
        assert window.range.total_seconds() >= 2 * interval


@pytest.mark.parametrize("rule", named(ALERTS))
def test_an_alert_compares_something(rule: Rule) -> None:
    functions = {call.func.name for call in promql.calls(rule.expr)}
    compares = promql.operators(rule.expr) & (promql.COMPARISONS | {"unless"})
    assert compares or "absent" in functions or rule.name == "PgvitalsHeartbeat"


@pytest.mark.parametrize("rule", named(ALERTS))
def test_an_alert_keeps_the_instance(rule: Rule) -> None:
    has = promql.labels(promql.parse(rule.expr), KNOWN)
    assert ({"job", "instance"} <= has) is (rule.name not in WITHOUT_INSTANCE)


@pytest.mark.parametrize("rule", named(EVERY))
def test_no_rule_hides_a_series_behind_another(rule: Rule) -> None:
    aggregates = (n for n in promql.walk(promql.parse(rule.expr)) if hasattr(n, "param"))
    assert {str(node.op) for node in aggregates} <= {"sum", "count", "max", "min", "group"}


@pytest.mark.parametrize("rule", named(ALERTS))
def test_the_labels_are_static_and_of_the_documents_words(rule: Rule) -> None:
    labels = dict(rule.labels)
    assert labels.pop("severity") in SEVERITIES
    assert labels.pop("decision") in {"pause", "fix", "delegate"}
    assert labels.pop("owner") in ROLES
    assert labels.pop("class") in rules.bounds()
    assert list(labels) in ([], ["target"])


@pytest.mark.parametrize("rule", named(ALERTS))
def test_the_annotations_are_complete_and_read_labels_that_are_left(rule: Rule) -> None:
    assert list(rule.annotations) == ANNOTATIONS
    has = promql.labels(promql.parse(rule.expr), KNOWN) | set(rule.labels)
    text = " ".join(rule.annotations.values())
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= has


@pytest.mark.parametrize("rule", named(ALERTS))
def test_what_a_template_asks_for_is_served(rule: Rule) -> None:
    for text in rule.annotations.values():
        asked = ASKED.findall(text)
        assert len(asked) == len(re.findall(r"\| query\b|{{ *query\b", text))
        for query in asked:
            plain = "".join(query).replace('\\"', '"').replace("%q", '"a"')
            promql.labels(promql.parse(plain), known.labels())


@pytest.mark.parametrize("rule", named(ALERTS))
def test_severities_have_names_of_their_own(rule: Rule) -> None:
    assert (rule.labels["severity"] == "critical") or not rule.name.endswith("Critical")


def test_every_threshold_has_its_alert_and_every_alert_its_own_threshold() -> None:
    given = [rule.labels["alert"] for rule in rules.recorded()["pgvitals:alert_threshold"]]
    asked = {
        rule.name: selector.asked["alert"]
        for rule in ALERTS
        for selector in promql.selectors(rule.expr)
        if selector.name == "pgvitals:alert_threshold"
    }
    assert sorted(given) == given
    assert {name: name for name in given} == asked


@pytest.mark.parametrize("rule", named(r for r in ALERTS if r.labels["severity"] != "info"))
def test_the_worst_case_keeps_the_bound_of_its_class(rule: Rule) -> None:
    assert worst_case.of(rule) <= rules.bounds()[rule.labels["class"]]


@pytest.mark.parametrize("rule", named(ALERTS))
def test_each_alert_has_its_tests_and_its_runbook(rule: Rule) -> None:
    assert list(tally.lacking(rule)) == []


def test_every_file_of_alerts_has_its_place_on_the_page() -> None:
    assert {rule.file for rule in ALERTS} == set(alert_page.TITLES)


def test_no_class_is_without_alerts() -> None:
    assert {rule.labels["class"] for rule in ALERTS} == set(rules.bounds())


@pytest.mark.parametrize("file", generated.FILES, ids=lambda file: "/".join(file.parts[-2:]))
def test_what_is_made_from_definitions_is_up_to_date(file: Path) -> None:
    assert file.read_text() == generated.FILES[file](), "run make docs"
