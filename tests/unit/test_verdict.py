"""Verdicts: no green for want of evidence, and no red that is not certain."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from psycopg import errors

from pgvitals import outcome, verdict
from pgvitals.outcome import Outcome
from pgvitals.target import STATED_REASONS, Bar, Target
from pgvitals.verdict import EXPECTED, LOST, REASONS, STATES, Key, Measurement, Row, Verdict
from unit.drafts import COUNT, measured, row, rows, target
from unit.material import quick

CONTRACT = {
    "expected": {"not_enabled", "not_configured", "nothing_in_scope", "warming_up", "uncertain"},
    "lost": {"privilege", "version", "extension", "error", "timeout", "stale", "incomplete"},
}
"""Why there may be no verdict."""
RATIO = target()
NONE = target(**COUNT)


def judge(
    seen: Measurement, of: Target = RATIO, exempt: Collection[Key] = (), most: int = 20
) -> Verdict:
    return verdict.judge(of, "shop", seen, frozenset(exempt), most)


def of_outcome(kind: str, reason: str = "") -> Verdict:
    return verdict.of_outcome(RATIO, "shop", Outcome(kind, reason))  # type: ignore[arg-type]


def said(of: Verdict) -> tuple[str, str]:
    return of.state, of.reason


# States and reasons


def test_the_reasons_are_those_of_the_contract() -> None:
    assert set(EXPECTED) == CONTRACT["expected"] | {"not_implemented"}
    assert set(LOST) == CONTRACT["lost"]
    assert set(REASONS) == {*EXPECTED, *LOST}
    assert set(STATED_REASONS) < set(REASONS)


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        ("skipped", "version", "version"),
        ("skipped", "extension", "extension"),
        ("skipped", "relation", "extension"),
        ("skipped", "missing_object", "extension"),
        ("skipped", "unsupported", "version"),
        ("skipped", "privilege", "privilege"),
        ("skipped", "not_enabled", "not_enabled"),
        ("skipped", "not_implemented", "not_implemented"),
        ("skipped", "something new", "error"),
        ("timeout", "statement_timeout", "timeout"),
        ("timeout", "lock_timeout", "timeout"),
        ("timeout", "visit_deadline", "timeout"),
        ("error", "42P01", "error"),
        ("error", "connection", "error"),
        ("error", "", "error"),
        ("success", "", "stale"),
    ],
)
def test_how_a_run_ended_says_why_there_is_no_verdict(
    kind: str, reason: str, expected: str
) -> None:
    assert said(of_outcome(kind, reason)) == ("not_evaluated", expected)


@pytest.mark.parametrize(
    ("error", "optional", "reason"),
    [
        (errors.InsufficientPrivilege("no"), False, "privilege"),
        (errors.FeatureNotSupported("no"), False, "version"),
        (errors.UndefinedFunction("no"), True, "extension"),
        (errors.UndefinedTable("no"), True, "extension"),
        (errors.UndefinedTable("no"), False, "error"),
        (errors.QueryCanceled("slow"), False, "timeout"),
        (errors.LockNotAvailable("locked"), False, "timeout"),
    ],
)
def test_what_a_server_refuses_has_its_reason(
    error: Exception, optional: bool, reason: str
) -> None:
    ended = outcome.of_error(error, optional=optional)
    assert said(verdict.of_outcome(RATIO, "shop", ended)) == ("not_evaluated", reason)


def test_before_the_first_run_it_is_warming_up() -> None:
    assert said(verdict.of_outcome(RATIO, "shop", None)) == ("not_evaluated", "warming_up")


def test_on_a_standby_it_is_not_applicable() -> None:
    assert said(of_outcome("skipped", "role")) == ("not_applicable", "")


def test_without_a_measurement_nothing_is_counted() -> None:
    plain = of_outcome("error", "42P01")
    assert (plain.value, plain.numerator, plain.denominator) == (None, None, None)
    assert (plain.found, plain.complete, plain.evaluated_at) == (0, False, None)


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_expected_or_lost(reason: str) -> None:
    kind = Verdict(RATIO, "shop", "not_evaluated", reason).kind_of_reason
    assert kind == ("lost" if reason in CONTRACT["lost"] else "expected")


def test_what_is_evaluated_has_no_reason_of_any_kind() -> None:
    assert judge(measured(1)).kind_of_reason == ""


def test_every_reason_and_every_state_is_reached() -> None:
    skipped = ("role", "version", "extension", "privilege", "not_enabled", "not_implemented")
    left = [of_outcome("skipped", word) for word in skipped]
    left += [of_outcome("error", "42P01"), of_outcome("timeout"), of_outcome("success")]
    left += [verdict.of_outcome(RATIO, "shop", None), judge(measured(0)), judge(measured(1))]
    left += [judge(measured(1, row("a"))), judge(measured(2, unlisted=1), exempt=[row("a").key])]
    left += [judge(measured(1, reason=reason)) for reason in STATED_REASONS]
    assert {one.state for one in left} == set(STATES)
    assert {one.reason for one in left} == {"", *REASONS}


# Values


@pytest.mark.parametrize("of", [RATIO, NONE])
def test_none_of_none_is_nothing_in_scope(of: Target) -> None:
    empty = judge(measured(0), of)
    assert said(empty) == ("not_evaluated", "nothing_in_scope")
    assert empty.value is None


def test_a_ratio_is_the_part_that_is_well() -> None:
    found = judge(measured(8, *rows(2)))
    assert (found.state, found.value) == ("unmet", 0.75)
    assert (found.numerator, found.denominator) == (6, 8)


def test_a_count_is_of_violations() -> None:
    found = judge(measured(8, *rows(2)), NONE)
    assert (found.state, found.value) == ("unmet", 2.0)
    assert (found.numerator, found.denominator) == (2, 8)


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        (">=", ("unmet", "met", "met")),
        ("<=", ("met", "met", "unmet")),
        ("<", ("met", "unmet", "unmet")),
    ],
)
def test_at_the_threshold_the_comparison_decides(comparison: str, states: tuple[str, ...]) -> None:
    share = target(comparison=comparison, threshold=0.75)
    number = target(measure="count", comparison=comparison, threshold=2)
    assert tuple(judge(measured(8, *rows(n)), share).state for n in (3, 2, 1)) == states
    assert tuple(judge(measured(8, *rows(n)), number).state for n in (1, 2, 3)) == states


def test_a_ratio_next_to_one_is_not_one() -> None:
    assert judge(measured(10**12, row("a"))).state == "unmet"


def test_a_database_has_its_own_threshold() -> None:
    lenient = target(bars={"shop": Bar(threshold=0.5)})
    seen = measured(2, row("a"))
    assert judge(seen, lenient).state == "met"
    assert judge(seen, lenient).threshold == 0.5
    assert verdict.judge(lenient, "bank", seen, (), 20).state == "unmet"


reasons = st.sampled_from(("", *REASONS))
names = st.sampled_from("abcdefgh")
kinds = st.sampled_from(("", "remark", "grave"))
found_rows = st.lists(st.builds(row, names, kinds), max_size=8)
targets = st.builds(
    target,
    measure=st.sampled_from(("ratio", "count")),
    comparison=st.sampled_from((">=", "<=", "<")),
    threshold=st.sampled_from((0, 0.5, 0.9, 1)),
)
seen_things = st.builds(
    lambda well, found, unlisted, reason: measured(
        well + unlisted + sum(r.kind != "remark" for r in found),
        *found,
        unlisted=unlisted,
        reason=reason,
    ),
    st.integers(0, 12),
    found_rows,
    st.sampled_from((0, 0, 1, 2, 5)),
    reasons,
)
exemptions = st.sets(names | st.sampled_from(("gone", "long gone")), max_size=6).map(
    lambda chosen: frozenset(row(name).key for name in chosen)
)


@quick
@given(seen_things, targets, exemptions)
def test_with_a_reason_nothing_is_met_or_unmet(
    seen: Measurement, of: Target, exempt: frozenset[Key]
) -> None:
    judged = judge(seen, of, exempt)
    assert judged.state in STATES
    if seen.reason:
        assert said(judged) == ("not_evaluated", seen.reason)
    assert (judged.value is None) == (judged.state not in ("met", "unmet"))
    assert (judged.reason != "") == (judged.state == "not_evaluated")


@quick
@given(st.builds(measured, st.integers(0, 9), reason=st.just("not_applicable")), targets)
def test_what_does_not_apply_is_neither(seen: Measurement, of: Target) -> None:
    assert said(judge(seen, of)) == ("not_applicable", "")


@quick
@given(seen_things, targets, exemptions, st.integers(0, 9))
def test_counts_are_of_what_is_there(
    seen: Measurement, of: Target, exempt: frozenset[Key], most: int
) -> None:
    judged = judge(seen, of, exempt, most)
    assert len(judged.findings) <= most
    assert judged.found >= len(judged.findings)
    assert judged.complete == (seen.listed and not seen.reason)
    assert judged.exempted == sum(r.key in exempt for r in seen.rows)
    if seen.listed:
        assert judged.found + judged.exempted == len(seen.rows)
    if judged.denominator is not None:
        assert 0 <= (judged.numerator or 0) <= judged.denominator


# Exemptions


def test_what_is_excused_leaves_the_scope_and_is_counted() -> None:
    judged = judge(measured(4, row("a"), row("b")), exempt=[row("a").key])
    assert (judged.numerator, judged.denominator, judged.exempted) == (2, 3, 1)
    assert (judged.found, [f.object for f in judged.findings]) == (1, ["b"])


def test_when_all_is_excused_nothing_is_in_scope_or_the_rest_is_well() -> None:
    exempt = [row("a").key, row("b").key]
    assert said(judge(measured(2, row("a"), row("b")), exempt=exempt))[1] == "nothing_in_scope"
    assert judge(measured(3, row("a"), row("b")), exempt=exempt).state == "met"


@quick
@given(st.lists(st.builds(row, names), max_size=8), st.integers(0, 5), targets)
def test_an_exemption_of_what_is_gone_changes_nothing(
    found: list[Row], well: int, of: Target
) -> None:
    seen = measured(well + len(found), *found)
    assert judge(seen, of, [("x", "y", "z"), ("", "", "")]) == judge(seen, of)


@pytest.mark.parametrize("key", [("public", "a", "b"), ("other", "a", ""), ("public", "A", "")])
def test_an_exemption_is_of_this_finding_and_no_other(key: Key) -> None:
    assert judge(measured(2, row("a")), exempt=[key]).state == "unmet"


def test_two_findings_with_one_name_are_excused_together() -> None:
    judged = judge(measured(3, row("a"), row("a", "grave")), exempt=[row("a").key])
    assert (judged.state, judged.denominator, judged.exempted) == ("met", 1, 2)


def test_what_is_well_is_not_excused() -> None:
    well = row("a", violated=None)
    judged = judge(measured(4, well, row("b")), exempt=[well.key])
    assert (judged.numerator, judged.denominator) == (3, 4)


def brute(seen: Measurement, of: Target, exempt: frozenset[Key]) -> set[str]:
    """The states that are possible: of what is not listed, any that is not used yet may be exempted."""
    plain = [r for r in seen.rows if r.kind != "remark"]
    used = {r.key for r in seen.rows if r.key in exempt}
    unlisted = seen.violations - len(plain)
    excused = sum(r.key in exempt for r in plain)
    states: set[str] = set()
    for more in range(min(unlisted, len(exempt) - len(used)) + 1):
        gone = excused + more
        states.add(judge(Measurement(seen.scope - gone, seen.violations - gone), of).state)
    return states


@quick
@given(seen_things.map(lambda seen: structs.replace(seen, reason="")), targets, exemptions)
def test_it_is_incomplete_only_when_what_is_not_listed_could_change_it(
    seen: Measurement, of: Target, exempt: frozenset[Key]
) -> None:
    judged = judge(seen, of, exempt)
    possible = brute(seen, of, exempt)
    assert (judged.reason == "incomplete") == (len(possible) > 1)
    if len(possible) == 1:
        assert possible == {judged.state}


def test_what_is_not_listed_may_all_be_exempted() -> None:
    seen = measured(9, row("a"), unlisted=2)
    exempt = [row(name).key for name in ("a", "x", "y")]
    assert said(judge(seen, exempt=exempt)) == ("not_evaluated", "incomplete")


def test_more_is_not_listed_than_can_be_exempted() -> None:
    exempt = [row(name).key for name in ("a", "x")]
    assert judge(measured(9, row("a"), unlisted=2), exempt=exempt).state == "unmet"


def test_one_exemption_of_two_findings_is_used_once() -> None:
    exempt = [row(name).key for name in ("a", "x")]
    seen = measured(9, row("a"), row("a", "grave"), unlisted=1)
    assert said(judge(seen, exempt=exempt)) == ("not_evaluated", "incomplete")


def test_what_is_listed_and_not_excused_is_certain() -> None:
    exempt = [row(name).key for name in "vwxyz"]
    judged = judge(measured(9, row("a"), unlisted=2), exempt=exempt)
    assert (judged.state, judged.found, judged.complete) == ("unmet", 3, False)


def test_without_exemptions_what_is_not_listed_is_counted_as_it_is() -> None:
    assert judge(measured(10, unlisted=1), target(threshold=0.9)).state == "met"
    assert judge(measured(10, unlisted=2), target(threshold=0.9)).state == "unmet"


# Findings


def test_a_remark_is_shown_and_does_not_count() -> None:
    judged = judge(measured(2, row("a", "remark")))
    assert (judged.state, judged.numerator, judged.denominator) == ("met", 2, 2)
    assert [f.kind for f in judged.findings] == ["remark"]


@pytest.mark.parametrize("violated", [True, None])
def test_a_remark_that_is_exempted_excuses_no_violation(violated: bool | None) -> None:
    seen = measured(2, row("a"), row("b", "remark", violated=violated))
    judged = judge(seen, exempt=[row("b").key])
    assert (judged.state, judged.numerator, judged.denominator) == ("unmet", 1, 2)
    assert (judged.exempted, judged.found) == (1, 1)


def test_more_remarks_than_are_listed_leave_no_negative_number_out() -> None:
    seen = Measurement(2, 1, rows(30, "remark"), listed=False)
    assert judge(seen).found >= len(judge(seen).findings) == 20


@pytest.mark.parametrize("most", [0, 1, 20])
def test_the_first_findings_stay_and_all_are_counted(most: int) -> None:
    judged = judge(measured(50, *rows(30)), most=most)
    assert [f.object for f in judged.findings] == [f"t{n}" for n in range(most)]
    assert (judged.found, judged.complete) == (30, True)


def test_a_kind_has_its_own_decision_and_owner() -> None:
    findings = judge(measured(9, row("a"), row("b", "grave"), row("c", "unheard of"))).findings
    assert {f.object: (f.decision, f.owner) for f in findings} == {
        "a": ("fix", "database-architect"),
        "b": ("pause", "orchestrator"),
        "c": ("fix", "database-architect"),
    }


def test_what_is_to_be_paused_is_among_the_first() -> None:
    findings = judge(measured(9, *rows(3), row("z", "grave")), most=2).findings
    assert [finding.object for finding in findings] == ["z", "t0"]


def test_a_role_of_the_document_is_a_team_of_ours() -> None:
    ours = target(owners={"database-architect": "dba", "orchestrator": "on call"})
    findings = judge(measured(9, row("a"), row("b", "grave")), ours).findings
    assert {f.object: f.owner for f in findings} == {"a": "dba", "b": "on call"}


def test_a_finding_has_the_words_of_its_row() -> None:
    found = Row("s", 'o"\n', "d", "grave")
    [finding] = judge(Measurement(1, 1, (found,))).findings
    assert finding[:5] == ("shop", "s", 'o"\n', "d", "grave")


@pytest.mark.parametrize(("scope", "datname"), [("database", "shop"), ("cluster", "")])
def test_what_is_of_the_whole_instance_has_no_database(scope: str, datname: str) -> None:
    [finding] = judge(measured(1, row("a")), target(scope=scope)).findings
    assert finding.datname == datname
