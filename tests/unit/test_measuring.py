"""Measuring: the statement around a target's SQL, and what becomes of the row that it gives."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals import agenda, measuring
from pgvitals.facts import Facts
from pgvitals.measuring import LISTED
from pgvitals.sample import Cell
from pgvitals.session import Session, Settings
from pgvitals.verdict import Measurement, Row
from unit.drafts import row, target
from unit.material import INT8, TEXT, Rows, quick, result

TARGETS = [one for one in agenda.shipped().values() if one.implemented]
FACTS = Facts(160_004, in_recovery=False, schemas={"pgstattuple": "ext"})
COLUMNS = {"reason": TEXT, "scope": INT8, "violations": INT8, "found": INT8, "rows": TEXT}
JUDGED = "auth_bypass"
"""An evaluator."""


def reasons(text: str) -> str:
    """How a statement comes to its reason."""
    found = re.search(r"select (case .* end) as reason,", text, re.DOTALL)
    assert found
    return " ".join(found[1].split())


# The statement


def test_a_target_that_always_applies_gives_no_reason() -> None:
    text = measuring.statement(target())
    assert reasons(text) == "case when false then '' else '' end"


def test_whether_it_applies_comes_before_all_other_reasons() -> None:
    why = {"privilege": "b or c", "uncertain": "d"}
    text = measuring.statement(target(applies_when="a or x", not_evaluated_when=why))
    assert reasons(text) == (
        "case when not (a or x) then 'not_applicable' when b or c then 'privilege'"
        " when d then 'uncertain' else '' end"
    )


def test_remarks_are_listed_and_not_counted() -> None:
    text = measuring.statement(target())
    assert "violated is not null and kind not in ('remark')) as scope" in text
    assert "violated and kind not in ('remark')) as violations" in text
    assert "where violated is not false) as found" in text


def test_without_remarks_every_kind_counts() -> None:
    text = measuring.statement(target(kinds={}))
    assert "where violated and true) as violations" in text
    assert "not in" not in text.partition("told as")[2]


def test_what_all_targets_share_stands_before_and_the_limit_behind() -> None:
    text = measuring.statement(target(sql="select the things"))
    assert text.startswith("with recursive -- What all targets share")
    assert text.index("user_table as") < text.index("select the things") < text.index("told as")
    assert f"limit {LISTED}\n" in text


def test_what_was_generated_stands_before_what_reads_it() -> None:
    text = measuring.statement(target(sql="select from generated"), "select 'the generated'")
    assert text.index("the generated") < text.index("select from generated")
    assert "generated as (" not in measuring.statement(target())


def test_braces_and_percent_signs_stay_as_they_are() -> None:
    odd = "select '{x}' like '%s{' and '{{}}' = '{0}'"
    text = measuring.statement(target(sql=odd, applies_when="'{y}' = '{'"), "select '{z}', '%1$s'")
    assert odd in text
    assert "'{y}' = '{'" in text
    assert "select '{z}', '%1$s'" in text


def test_a_comment_at_the_end_hides_nothing() -> None:
    text = measuring.statement(target(sql="select 1 -- last"), "select 2 -- last")
    assert "-- last\n)" in text
    assert text.count("-- last\n)") == 2


@pytest.mark.parametrize("one", TARGETS, ids=lambda one: one.id)
def test_the_brackets_of_a_shipped_statement_match(one: Any) -> None:
    text = re.sub(r"'(?:[^']|'')*'|--[^\n]*", "", measuring.statement(one, "select 1"))
    assert text.count("(") == text.count(")")
    assert text.count("'") == 0


@pytest.mark.parametrize("one", TARGETS, ids=lambda one: one.id)
def test_a_shipped_statement_reads_no_setting_that_is_not_given(one: Any) -> None:
    text = measuring.statement(one, one.generator)
    read = set(re.findall(r"current_setting\('(pgvitals\.\w+)'", text))
    given_ = {name for name, _ in measuring.settings(one, dict.fromkeys(agenda.SHARED, ()))}
    assert read <= given_
    own = {f"pgvitals.{name}" for name in one.settings}
    assert own <= read


def test_a_target_has_its_settings_beside_those_of_all() -> None:
    given_ = measuring.settings(target(settings={"mine": "x"}), {"api_roles": ("web",)})
    assert dict(given_) == {"pgvitals.api_roles": ("web",), "pgvitals.mine": "x"}


# What comes back


@dataclass
class Answers:
    """Results that are there already, in their order, for statements that are kept."""

    rows: list[tuple[Cell, ...]]
    asked: list[tuple[str, float, list[str], Settings]] = field(default_factory=list)

    def read(
        self, text: str, timeout: float, schemas: Iterable[str], settings: Settings
    ) -> Iterator[Rows]:
        self.asked.append((text, timeout, list(schemas), settings))
        columns = dict.fromkeys(map(str, range(len(self.rows[0]))), TEXT)
        yield result(columns, self.rows.pop(0))
        yield Rows(tuple(columns), tuple(columns.values()))


def measure(answers: Answers, **changes: Any) -> Measurement:
    session = cast("Session", answers)
    return measuring.measure(target(**changes), session, FACTS, 2.5, {"api_roles": ()})


def listed(*rows: Row) -> str:
    return msgspec.json.encode(rows).decode()


def test_the_one_row_is_a_measurement() -> None:
    found = Row("s", 'o"\n', "d", "grave", True, 2.5)
    seen = measure(Answers([("", "9", "1", "1", listed(found))]))
    assert seen == Measurement(9, 1, (found,), "", True)


def test_where_nothing_is_found_there_are_no_rows() -> None:
    assert measure(Answers([(None, "9", "0", "0", None)])) == Measurement(9, 0)


def test_the_reason_of_the_server_is_kept() -> None:
    assert measure(Answers([("not_configured", "0", "0", "0", None)])).reason == "not_configured"


@pytest.mark.parametrize(("found", "whole"), [(LISTED, True), (LISTED + 1, False)])
def test_more_than_is_listed_is_known_to_be_more(found: int, whole: bool) -> None:
    seen = measure(Answers([("", "20000", str(found), str(found), "[]")]))
    assert (seen.listed, seen.violations) == (whole, found)


def test_a_statement_runs_with_its_timeout_schemas_and_settings() -> None:
    answers = Answers([("", "0", "0", "0", None)])
    measure(answers, requires={"extensions": ["pgstattuple"]}, settings={"mine": "x"})
    [(_, timeout, schemas, settings)] = answers.asked
    assert (timeout, schemas) == (2.5, ["ext"])
    assert dict(settings) == {"pgvitals.api_roles": (), "pgvitals.mine": "x"}


def test_a_generator_runs_first_and_gives_a_part_of_the_statement() -> None:
    answers = Answers([("select 'made'",), ("", "0", "0", "0", None)])
    measure(answers, generator="select 'make it' -- last\n")
    (first, *_), (second, *_) = answers.asked
    assert first.endswith("select * from (\nselect 'make it' -- last\n) g")
    assert "generated as (\nselect 'made'\n)" in second
    assert [len(asked[3]) for asked in answers.asked] == [1, 1]


# What is judged here


def halves(given_: Row) -> list[Row]:
    """An evaluator: of evidence `3/1`, three things are examined, and the first is wrong."""
    things, wrong = map(int, given_.evidence.split("/"))
    return [
        Row(given_.schemaname, given_.object, f"{n}", violated=n < wrong, weight=given_.weight)
        for n in range(things)
    ]


def evidence(name: str, things: int, wrong: int, weight: float = 0) -> Row:
    return Row("public", name, violated=None, weight=weight, evidence=f"{things}/{wrong}")


def test_what_is_judged_is_added_to_what_was_counted() -> None:
    rows = (evidence("a", 3, 1), evidence("b", 2, 0), row("c"))
    seen = measuring.evaluated(Measurement(4, 1, rows), halves)
    assert (seen.scope, seen.violations, seen.reason) == (9, 2, "")
    assert [r.object for r in seen.rows] == ["a", "c"]
    assert not any(r.evidence for r in seen.rows)


def test_a_remark_stays_and_is_not_counted() -> None:
    seen = measuring.evaluated(Measurement(4, 0, (row("a", "remark"),)), halves)
    assert (seen.scope, seen.violations, seen.rows) == (4, 0, (row("a", "remark"),))


def test_the_worst_come_first_then_by_name() -> None:
    rows = (evidence("b", 1, 1, 5), evidence("z", 1, 1, 9), evidence("a", 1, 1, 5), row("c"))
    seen = measuring.evaluated(Measurement(1, 1, rows), halves)
    assert [r.object for r in seen.rows] == ["z", "a", "b", "c"]


@pytest.mark.parametrize(
    ("reason", "whole", "expected"),
    [
        ("", True, ""),
        ("", False, "incomplete"),
        ("not_configured", True, "not_configured"),
        ("not_configured", False, "not_configured"),
    ],
)
def test_evidence_that_is_not_listed_cannot_be_judged(
    reason: str, whole: bool, expected: str
) -> None:
    seen = measuring.evaluated(Measurement(1, 0, (), reason, whole), halves)
    assert (seen.reason, seen.listed) == (expected, whole)


@quick
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4))), st.integers(0, 5))
def test_everything_that_is_judged_is_examined_once(
    parts: list[tuple[int, int]], more: int
) -> None:
    rows = tuple(evidence(f"t{n}", *part) for n, part in enumerate(parts))
    seen = measuring.evaluated(Measurement(more, 0, rows), halves)
    assert seen.scope == more + sum(things for things, _ in parts)
    assert seen.violations == len(seen.rows) == sum(min(part) for part in parts)


def test_a_target_with_an_evaluator_is_judged_by_it() -> None:
    policy = '{"command": "*", "permissive": true, "api": true, "not_null": [], "using": "true"}'
    given_ = Row("public", "orders", "all", violated=None, evidence=policy)
    answers = Answers([("", "1", "0", "1", listed(given_))])
    seen = measure(answers, evaluator=JUDGED)
    assert (seen.scope, seen.violations) == (3, 1)
    assert [(r.kind, r.detail) for r in seen.rows] == [
        ("policy_always_true", "policy_always_true: all")
    ]


def test_evidence_of_another_form_is_an_error_and_no_verdict() -> None:
    given_ = Row("public", "orders", violated=None, evidence="{")
    with pytest.raises(msgspec.DecodeError):
        measure(Answers([("", "1", "0", "1", listed(given_))]), evaluator=JUDGED)
