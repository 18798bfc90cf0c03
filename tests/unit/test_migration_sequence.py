"""Histories of migration tools: what lacks, what is twice, and what has no order to judge."""

import json
from collections.abc import Iterable
from datetime import datetime

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgvitals.agenda import shipped
from pgvitals.evaluators.migration_sequence import judge
from pgvitals.verdict import Row
from unit.material import quick, some_text

TOOLS = ("supabase", "flyway", "rails")
ALL = (*TOOLS, "django", "alembic", "golang-migrate")
Entry = tuple[str, str, bool]


def judged(tool: str, *entries: Entry) -> list[Row]:
    evidence = json.dumps({"tool": tool, "entries": entries})
    return list(judge(Row("public", "history", "x", "", None, 3.0, evidence)))


def plain(tool: str, versions: Iterable[str]) -> list[Row]:
    return judged(tool, *(("", version, True) for version in versions))


def faults(rows: Iterable[Row]) -> list[str]:
    return [row.detail for row in rows if row.violated]


def kinds(rows: Iterable[Row]) -> list[str]:
    return [row.kind for row in rows if row.violated]


# Integers

numbers = st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True)


@quick
@given(numbers, st.sampled_from(TOOLS))
@example([7], "rails")
@example([0, 99], "flyway")
def test_integers_are_judged_by_those_between_the_first_and_the_last(
    present: list[int], tool: str
) -> None:
    rows = plain(tool, map(str, present))
    wanted = range(min(present), max(present) + 1)
    assert len(rows) == len(wanted)
    assert sum(not row.violated for row in rows) == len(present)
    assert faults(rows) == [f"gap: {n}" for n in wanted if n not in present]
    assert set(kinds(rows)) <= {"gap"}


@quick
@given(st.integers(0, 99_000), st.integers(1, 50), st.randoms(use_true_random=False))
def test_a_whole_sequence_is_well_wherever_it_begins(
    first: int, count: int, random: object
) -> None:
    versions = [f"{n:05}" for n in range(first, first + count)]
    random.shuffle(versions)  # type: ignore[attr-defined]
    assert faults(plain("flyway", versions)) == []


@quick
@given(numbers, st.data())
def test_a_number_that_is_there_twice_is_named(present: list[int], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(present))
    versions = [str(n) for n in (*present, again)]
    assert faults(plain("flyway", versions))[-1] == f"duplicate: {again}"
    assert kinds(plain("flyway", versions)).count("duplicate") == 1


@quick
@given(numbers)
def test_the_order_of_a_history_says_nothing(present: list[int]) -> None:
    versions = [str(n) for n in present]
    assert set(plain("rails", versions)) == set(plain("rails", reversed(versions)))


# Stamps

moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31))


@quick
@given(st.lists(moments.map(lambda at: f"{at:%Y%m%d%H%M%S}"), max_size=9, unique=True))
def test_stamps_have_no_gaps(stamps: list[str]) -> None:
    """And that none is missing only the files could tell: a history without a fault proves nothing."""
    assert plain("supabase", stamps) == []


@pytest.mark.parametrize(
    "stamp",
    [
        "20260230000000",
        "20261301000000",
        "20260100000000",
        "20260101240000",
        "20260101006000",
        "20260101000060",
        "00000101000000",
        "99999999999999",
    ],
)
def test_a_stamp_that_is_no_date_is_invalid(stamp: str) -> None:
    rows = plain("supabase", [stamp, "20260101000000"])
    assert faults(rows) == [f"invalid: {stamp}"]
    assert kinds(rows) == ["invalid"]
    assert len(rows) == 2


def test_a_leap_day_is_a_date() -> None:
    assert faults(plain("rails", ["20240229000000"])) == []
    assert faults(plain("rails", ["20230229000000"])) == ["invalid: 20230229000000"]


def test_a_stamp_that_is_there_twice_is_named_once() -> None:
    rows = plain("flyway", ["20260101000000"] * 3)
    assert faults(rows) == ["duplicate: 20260101000000"]
    assert len(rows) == 2


def test_numbers_and_stamps_are_judged_apart() -> None:
    assert faults(plain("rails", ["1", "3", "20260101000000"])) == ["gap: 2"]


@quick
@given(
    st.lists(st.from_regex(r"[0-9]+(\.[0-9]+)+|[a-z]+|[0-9]{6,13}|[0-9]{15,20}", fullmatch=True))
)
def test_what_has_no_order_is_not_judged(versions: list[str]) -> None:
    assert plain("flyway", versions) == []


@pytest.mark.parametrize("version", ["\u0661", "\uff11", "1\n", " 1", "+1", "1_0", "-1"])
def test_only_plain_digits_are_a_number(version: str) -> None:
    assert plain("rails", [version]) == []


# Django


def django(*names: str, app: str = "shop") -> list[Row]:
    return judged("django", *((app, name, True) for name in names))


def test_a_squash_stands_for_all_that_it_replaces() -> None:
    assert faults(django("0001_squashed_0004_orders", "0005_next")) == []
    assert len(django("0001_squashed_0004_orders", "0005_next")) == 5
    assert faults(django("0001_squashed_0003", "0005_next")) == ["gap in shop: 4"]


@quick
@given(numbers, st.data())
def test_a_squash_beside_what_it_replaces_changes_nothing(
    present: list[int], data: st.DataObject
) -> None:
    first, last = sorted((data.draw(st.sampled_from(present)), data.draw(st.sampled_from(present))))
    names = [f"{n:04}_step" for n in present]
    whole = set(range(min(present), max(present) + 1))
    lacking = whole - set(present) - set(range(first, last + 1))
    rows = django(*names, f"{first:04}_squashed_{last:04}_all")
    assert faults(rows) == [f"gap in shop: {n}" for n in sorted(lacking)]
    assert len(rows) == len(whole)


def test_each_app_has_its_own_sequence() -> None:
    entries = [("a", "0001_initial", True), ("b", "0007_x", True), ("a", "0003_y", True)]
    assert faults(judged("django", *entries)) == ["gap in a: 2"]
    assert kinds(judged("django", *entries)) == ["gap"]


def test_two_branches_that_were_merged_are_well() -> None:
    assert faults(django("0001_initial", "0002_left", "0002_right", "0003_merge")) == []


@pytest.mark.parametrize("name", ["initial", "custom_0001", "000001_x", "0001initial", "_0001"])
def test_a_name_without_a_number_is_not_judged(name: str) -> None:
    assert django(name) == []


def test_a_squash_that_runs_backwards_covers_nothing() -> None:
    assert django("0005_squashed_0002_x") == []


# Others


def test_one_head_is_well_and_two_are_a_branch() -> None:
    assert plain("alembic", ["ae1027a6acf"]) == []
    assert faults(plain("alembic", ["a", "b"])) == ["branch: a", "branch: b"]


def test_where_golang_migrate_stands_says_nothing_of_gaps() -> None:
    assert plain("golang-migrate", ["7"]) == []


@pytest.mark.parametrize("tool", ALL)
def test_one_that_failed_is_dirty(tool: str) -> None:
    rows = judged(tool, ("", "1", False))
    assert faults(rows) == ["dirty: 1"]
    assert kinds(rows) == ["dirty"]


@pytest.mark.parametrize("tool", [*TOOLS, "django"])
def test_of_an_empty_history_there_is_nothing_to_say(tool: str) -> None:
    assert judged(tool) == []


@quick
@given(
    st.sampled_from(ALL),
    st.lists(
        st.tuples(
            some_text, some_text | st.from_regex(r"[0-9]{1,2}", fullmatch=True), st.booleans()
        )
    ),
)
def test_whatever_a_history_holds_each_row_is_judged_under_a_known_kind(
    tool: str, entries: list[Entry]
) -> None:
    rows = judged(tool, *entries)
    assert {(row.schemaname, row.object, row.weight, row.evidence) for row in rows} <= {
        ("public", "history", 3.0, "")
    }
    assert {row.kind for row in rows if row.violated} <= shipped()[
        "migration_sequence"
    ].kinds.keys()
    assert all(row.violated is bool(row.kind) for row in rows)


@pytest.mark.parametrize("evidence", ["", "{}", "[]", '{"tool": "rails", "entries": [[1, 2, 3]]}'])
def test_evidence_of_another_form_is_an_error(evidence: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        list(judge(Row("public", "history", evidence=evidence)))
