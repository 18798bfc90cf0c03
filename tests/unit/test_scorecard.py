"""The scorecard: the families of the contract, as a scraper reads them."""

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pgvitals import scorecard, verdict
from pgvitals.exposition import Block, page
from pgvitals.outcome import Outcome
from pgvitals.sample import LABEL_LENGTH
from pgvitals.target import Target
from pgvitals.verdict import STATES, Key, Measurement, Row, Verdict
from unit.drafts import COUNT, measured, row, rows, target
from unit.material import any_text, quick

AT = 1_793_000_000.25
CONTRACT = {
    "pgvitals_target_info": {"pillar", "evidence", "decision", "owner", "comparison"},
    "pgvitals_target_value": set(),
    "pgvitals_target_threshold": set(),
    "pgvitals_target_enforced": set(),
    "pgvitals_target_state": {"state"},
    "pgvitals_target_reason": {"reason", "kind"},
    "pgvitals_target_findings": set(),
    "pgvitals_target_findings_complete": set(),
    "pgvitals_target_findings_omitted": set(),
    "pgvitals_target_exempted": set(),
    "pgvitals_target_evaluated_timestamp_seconds": set(),
    "pgvitals_finding_info": {"schemaname", "object", "detail", "decision", "owner"},
}
"""The families, and their labels beside target and datname."""
COUNTS = {name for name in CONTRACT if "finding" in name or "exempted" in name}
MEASURED = COUNTS | {"pgvitals_target_evaluated_timestamp_seconds"}

Read = dict[str, list[tuple[dict[str, str], float]]]


def judged(seen: Measurement, of: Target, exempt: Collection[Key] = (), most: int = 20) -> Verdict:
    made = verdict.judge(of, "shop", seen, exempt, most)
    return made._replace(evaluated_at=AT)


def read(*blocks: Block) -> Read:
    """Families as a scraper reads them: labels and values; refuses two series of one name."""
    text = b"".join(page([blocks])).decode()
    found: Read = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        found[family.name] = [(dict(s.labels), s.value) for s in family.samples]
        series = [tuple(sorted(labels.items())) for labels, _ in found[family.name]]
        assert len(set(series)) == len(series)
    return found


def shown(of: Verdict) -> Read:
    return read(scorecard.block(of))


def alone(family: list[tuple[dict[str, str], float]]) -> float:
    [(_, value)] = family
    return value


def test_the_families_are_those_of_the_contract() -> None:
    assert [of.name for of in scorecard.families()] == list(CONTRACT)
    assert {of.type for of in scorecard.families()} == {"gauge"}


@pytest.mark.parametrize(
    ("scope", "own"),
    [("database", {"target": "t", "datname": "shop"}), ("cluster", {"target": "t"})],
)
def test_each_family_has_its_labels(scope: str, own: dict[str, str]) -> None:
    of = target(scope=scope)
    families = shown(judged(measured(9, row("a")), of))
    families |= {k: v for k, v in shown(judged(measured(0), of)).items() if "reason" in k}
    assert families.keys() == CONTRACT.keys()
    for name, samples in families.items():
        for labels, _ in samples:
            assert labels.keys() == own.keys() | CONTRACT[name]
            assert labels.items() >= own.items()


def test_what_a_target_is() -> None:
    of = target(**COUNT, evidence="proxy", owners={"database-architect": "dba"})
    [(labels, value)] = shown(judged(measured(1), of))["pgvitals_target_info"]
    assert value == 1
    assert labels == {
        "target": "t",
        "datname": "shop",
        "pillar": "integrity",
        "evidence": "proxy",
        "decision": "fix",
        "owner": "dba",
        "comparison": "<=",
    }


def test_values_are_in_base_units() -> None:
    families = shown(judged(measured(8, *rows(2)), target(threshold=0.9)))
    assert alone(families["pgvitals_target_value"]) == 0.75
    assert alone(families["pgvitals_target_threshold"]) == 0.9
    assert alone(families["pgvitals_target_evaluated_timestamp_seconds"]) == AT


@pytest.mark.parametrize("enforced", [True, False])
def test_whether_it_may_alert(enforced: bool) -> None:
    families = shown(judged(measured(1), target(enforced=enforced)))
    assert alone(families["pgvitals_target_enforced"]) == enforced


def test_a_value_of_zero_is_a_value() -> None:
    families = shown(judged(measured(2, *rows(2)), target()))
    assert alone(families["pgvitals_target_value"]) == 0


def test_findings_are_counted_and_those_left_out_too() -> None:
    exempt = [row("t0").key, row("t1").key]
    families = shown(judged(measured(50, *rows(30)), target(), exempt, most=5))
    numbers = {name: alone(families[name]) for name in COUNTS - {"pgvitals_finding_info"}}
    assert numbers == {
        "pgvitals_target_findings": 28,
        "pgvitals_target_findings_complete": 1,
        "pgvitals_target_findings_omitted": 23,
        "pgvitals_target_exempted": 2,
    }
    named = [labels["object"] for labels, _ in families["pgvitals_finding_info"]]
    assert named == ["t2", "t3", "t4", "t5", "t6"]


def test_a_count_that_may_be_short_says_so() -> None:
    families = shown(judged(measured(50, *rows(2), unlisted=3), target()))
    assert alone(families["pgvitals_target_findings_complete"]) == 0
    assert alone(families["pgvitals_target_findings_omitted"]) == 3


def test_a_finding_says_what_is_to_be_done_and_by_whom() -> None:
    found = Row("s", "o", "d", "grave")
    families = shown(judged(Measurement(1, 1, (found,)), target()))
    assert families["pgvitals_finding_info"] == [
        (
            {
                "target": "t",
                "datname": "shop",
                "schemaname": "s",
                "object": "o",
                "detail": "d",
                "decision": "pause",
                "owner": "orchestrator",
            },
            1,
        )
    ]


@pytest.mark.parametrize(
    "also",
    [
        row("a"),
        row("a", "another kind"),
        Row("public", "a", weight=5),
        Row("public", "a", "\0"),
    ],
)
def test_findings_that_look_alike_are_one_series(also: Row) -> None:
    families = shown(judged(measured(2, row("a"), also), target()))
    assert len(families["pgvitals_finding_info"]) == 1
    assert alone(families["pgvitals_target_findings"]) == 2


def test_findings_that_are_cut_to_one_name_are_one_series() -> None:
    seen = measured(2, row("x" * LABEL_LENGTH + "y"), row("x" * LABEL_LENGTH + "z"))
    [(labels, _)] = shown(judged(seen, target()))["pgvitals_finding_info"]
    assert labels["object"] == "x" * LABEL_LENGTH


def test_two_findings_of_one_object_are_two_series() -> None:
    seen = measured(2, row("a"), row("a", "grave"))
    assert len(shown(judged(seen, target()))["pgvitals_finding_info"]) == 2


# States


@pytest.mark.parametrize(
    ("of", "state"),
    [
        (measured(1), "met"),
        (measured(1, row("a")), "unmet"),
        (measured(0), "not_evaluated"),
        (measured(1, reason="not_applicable"), "not_applicable"),
    ],
)
def test_one_state_is_the_one(of: Measurement, state: str) -> None:
    families = shown(judged(of, target()))
    states = {labels["state"]: value for labels, value in families["pgvitals_target_state"]}
    assert states == {name: float(name == state) for name in STATES}
    assert ("pgvitals_target_value" in families) == (state in ("met", "unmet"))
    assert ("pgvitals_target_reason" in families) == (state == "not_evaluated")


@pytest.mark.parametrize(
    ("ended", "reason", "kind"),
    [
        (None, "warming_up", "expected"),
        (Outcome("skipped", "not_enabled"), "not_enabled", "expected"),
        (Outcome("skipped", "privilege"), "privilege", "lost"),
        (Outcome("timeout", "lock_timeout"), "timeout", "lost"),
        (Outcome("error", "42P01"), "error", "lost"),
        (Outcome("success"), "stale", "lost"),
    ],
)
def test_a_reason_says_whether_it_is_expected(
    ended: Outcome | None, reason: str, kind: str
) -> None:
    families = shown(verdict.of_outcome(target(), "shop", ended))
    [(labels, value)] = families["pgvitals_target_reason"]
    assert (labels["reason"], labels["kind"], value) == (reason, kind, 1)
    assert families.keys() & (MEASURED | {"pgvitals_target_value"}) == set()


def test_what_is_not_measured_still_says_what_is_asked() -> None:
    families = shown(verdict.of_outcome(target(enforced=True), "shop", None))
    assert alone(families["pgvitals_target_threshold"]) == 1
    assert alone(families["pgvitals_target_enforced"]) == 1
    assert len(families["pgvitals_target_info"]) == 1


# On a page


def test_databases_share_their_families() -> None:
    one = judged(measured(1, row("a")), target())
    families = read(scorecard.block(one), scorecard.block(one._replace(datname="bank")))
    assert [labels["datname"] for labels, _ in families["pgvitals_target_value"]] == [
        "shop",
        "bank",
    ]


def test_headers_are_the_same_objects_each_time() -> None:
    one, two = (scorecard.block(judged(measured(1), target(name))) for name in ("a", "b"))
    assert all(a.header is b.header for a, b in zip(one, two, strict=True))


hostile = st.sampled_from(('"', "\\", "\n", '"} 1\npgvitals_target_value 1', "\x85\u2028", "\r"))
texts = any_text | hostile
found_rows = st.lists(st.builds(Row, texts, texts, texts, st.sampled_from(("", "grave"))))


@quick
@given(found_rows, texts, texts, st.floats(0, 1), st.integers(0, 5))
def test_whatever_a_name_holds_it_is_read_as_it_was(
    found: list[Row], datname: str, owner: str, threshold: float, most: int
) -> None:
    of: dict[str, Any] = {"threshold": threshold, "owners": {"database-architect": owner}}
    seen = Measurement(len(found) + 1, len(found), tuple(found))
    made = verdict.judge(target(**of), datname, seen, (), most)._replace(evaluated_at=AT)
    families = shown(made)
    names = [(f.schemaname, f.object, f.detail, f.owner) for f in made.findings]
    read_names = [
        tuple(labels[name] for name in ("schemaname", "object", "detail", "owner"))
        for labels, _ in families.get("pgvitals_finding_info", [])
    ]
    assert set(read_names) == {tuple(part.replace("\0", "") for part in name) for name in names}
    [(labels, value)] = families["pgvitals_target_threshold"]
    assert (labels["datname"], value) == (datname.replace("\0", ""), threshold)
