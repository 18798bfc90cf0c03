"""Queries: which SQL, when skipped, how many rows, and what makes no sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals.consistency import problems
from pgvitals.facts import Facts
from pgvitals.query import Override
from pgvitals.reading import LONGEST_TIMEOUT
from pgvitals.strict import Duration
from unit.material import GAUGE, definition, query, quick

PRIMARY = Facts(160004, in_recovery=False)
STANDBY = Facts(160004, in_recovery=True)
HISTOGRAM = {"type": "histogram", "help": "H."}
PARTS = {"bounds": "b", "buckets": "c", "sum": "s", "count": "n"}


def test_a_query_that_says_little_gets_careful_defaults() -> None:
    made = query()
    assert made.timeout == LONGEST_TIMEOUT == 5
    assert (made.max_series, made.keep, made.compat, made.optional) == (10_000, None, False, False)
    assert made.requires.role == "any"
    assert made.enabled


def test_one_statement_serves_all_versions() -> None:
    assert query(sql="select 2").statement(13) == query(sql="select 2").statement(99) == "select 2"


majors = st.integers(13, 99)


@quick
@given(st.sets(majors, min_size=1), st.integers(0, 120))
def test_the_statement_is_that_of_the_highest_version_not_above_the_server(
    versions: set[int], major: int
) -> None:
    written = query(sql={version: f"select {version}" for version in versions})
    fitting = [version for version in sorted(versions) if version <= major]
    assert written.statement(major) == (f"select {fitting[-1]}" if fitting else None)


def test_a_server_below_every_statement_is_skipped_for_its_version() -> None:
    assert query(sql={17: "select 1"}).skip_reason(PRIMARY) == "version"
    assert query(sql={16: "select 1"}).skip_reason(PRIMARY) is None


def test_a_server_below_the_required_version_is_skipped_for_its_version() -> None:
    assert query(requires={"min_version": 17}).skip_reason(PRIMARY) == "version"
    assert query(requires={"min_version": 16}).skip_reason(PRIMARY) is None


@pytest.mark.parametrize(
    ("role", "on_primary", "on_standby"),
    [("any", None, None), ("primary", None, "role"), ("standby", "role", None)],
)
def test_a_query_runs_only_in_its_role(
    role: str, on_primary: str | None, on_standby: str | None
) -> None:
    made = query(requires={"role": role})
    assert (made.skip_reason(PRIMARY), made.skip_reason(STANDBY)) == (on_primary, on_standby)


def test_a_query_needs_all_its_extensions() -> None:
    made = query(requires={"extensions": ["a", "b"]})
    assert made.skip_reason(Facts(160000, False, {"a": "public"})) == "extension"
    assert made.skip_reason(Facts(160000, False, {"a": "public", "b": "x", "c": "x"})) is None


def test_a_query_needs_all_its_relations() -> None:
    made = query(requires={"relations": ["auth.users", "public.t"]})
    assert made.skip_reason(Facts(160000, False, {}, frozenset({"public.t"}))) == "relation"
    assert made.skip_reason(Facts(160000, False, {}, frozenset({"public.t", "auth.users"}))) is None


def test_the_columns_are_all_that_is_declared_each_once() -> None:
    made = query(
        labels={"a": "A", "b": "B"},
        keep={"column": "k"},
        metrics={
            "pg_x": GAUGE,
            "pg_y": {**GAUGE, "column": "a"},
            "pg_h": {**HISTOGRAM, **PARTS},
        },
    )
    assert sorted(made.columns) == ["a", "b", "c", "k", "n", "s"]


def test_families_from_rows_need_three_columns() -> None:
    source = {"prefix": "pg_s_", "name": "name", "value": "setting", "help": "short_desc"}
    assert query(metrics=None, families_from=source).columns == ("name", "setting", "short_desc")


@quick
@given(st.integers(1, 10_000_000), st.integers(1, 30))
def test_the_rows_that_may_stay_never_make_too_many_series(series: int, families: int) -> None:
    made = query(max_series=series, metrics={f"pg_{i}": GAUGE for i in range(families)})
    assert made.max_rows >= 1
    assert made.max_rows * families <= max(series, families)
    assert (made.max_rows + 1) * families > series


def test_without_metrics_a_row_is_a_series() -> None:
    source = {"prefix": "pg_s_", "name": "name", "value": "setting", "help": "short_desc"}
    assert query(metrics=None, families_from=source, max_series=7).max_rows == 7


def test_the_labels_are_those_that_are_added_and_then_its_own() -> None:
    labels = {"relname": "Table"}
    assert query(labels=labels).all_labels == ("relname",)
    added = query(scope="database", server_label=True, labels=labels)
    assert added.all_labels == ("datname", "server", "relname")


def test_an_override_changes_what_it_says_and_nothing_else() -> None:
    made = query(interval="1m", max_series=5)
    changed = made.change(Override(interval=Duration(30)))
    assert (changed.interval, changed.max_series, changed.timeout) == (30.0, 5, 5.0)
    assert (made.interval, changed.name, changed.sql) == (60.0, made.name, made.sql)
    assert made.change(Override()) == made


def test_an_override_can_say_every_thing_it_has() -> None:
    everything = Override(enabled=False, interval=Duration(2), timeout=Duration(0.5), max_series=3)
    changed = query().change(everything)
    assert (changed.enabled, changed.interval, changed.timeout, changed.max_series) == (
        *(False, 2.0, 0.5, 3),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"timeout": "10ms"},
        {"timeout": "5s"},
        {"interval": "1s"},
        {"sql": {13: "a", 16: "b"}},
        {"labels": {"datname": "Database"}},
        {"scope": "database", "labels": {"relname": "Table"}},
        {"metrics": {"pg_h": {**HISTOGRAM, **PARTS}}},
        {"metrics": {"pg_backend_count": GAUGE}},
        {"keep": {"column": "n"}},
        {"server_label": True, "labels": {"datname": "Database"}},
        {"enabled": False},
    ],
)
def test_what_makes_sense_is_no_problem(changes: dict[str, object]) -> None:
    assert list(problems(definition(**changes))) == []


def test_every_problem_of_a_query_is_told() -> None:
    found = problems(
        definition(
            timeout="9s",
            interval="10ms",
            sql={},
            labels={"le": "L", "__x": "X"},
            metrics={"pg_h_sum": {**HISTOGRAM, **PARTS}, "pg_x": {**GAUGE, "bounds": "b"}},
        )
    )
    assert [where for where, _ in found] == [
        ("timeout",),
        ("interval",),
        ("sql",),
        ("labels", "le"),
        ("labels", "__x"),
        ("metrics", "pg_h_sum"),
        ("metrics", "pg_x"),
    ]
