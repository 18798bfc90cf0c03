"""Tables: no more rows than allowed, the best of them, and the rest counted."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgvitals.session import Row
from pgvitals.table import MissingColumns
from unit.material import (
    GAUGE,
    INT8,
    NUMERIC,
    TEXT,
    Rows,
    cut,
    query,
    quick,
    result,
    rows,
    table,
)

sizes = st.lists(st.integers(0, 5), max_size=6)
cells = st.one_of(
    st.none(),
    st.integers(-5, 5).map(str),
    st.sampled_from(["NaN", "Infinity", "-Infinity", "t", "1e999", "", "0.5"]),
)
COLUMNS = {"name": TEXT, "n": NUMERIC}


def named(ranks: list[str | None]) -> Rows:
    """Rows that can be told apart, with these values."""
    return result(COLUMNS, *((str(i), rank) for i, rank in enumerate(ranks)))


def rank(row: Row, order: str) -> float:
    """What the value of a row counts: nothing beats no number from below."""
    try:
        number = float(row[1] or "")
    except ValueError:
        return -math.inf
    if math.isnan(number):
        return -math.inf
    return number if order == "desc" else -number


@quick
@given(st.lists(cells, max_size=15), sizes, st.integers(1, 8), st.sampled_from(["asc", "desc"]))
@example(["1", "2", "3"], [1, 1], 2, "desc")
@example([None, "NaN", "1"], [2], 1, "asc")
def test_the_rows_that_stay_are_the_best_whatever_the_pieces(
    ranks: list[str | None], pieces: list[int], most: int, order: str
) -> None:
    whole = named(ranks)
    made = query(max_series=most, keep={"column": "n", "order": order})
    kept = table(made, *cut(whole, pieces))
    best = sorted(whole.content, key=lambda row: -rank(row, order))[:most]
    assert sorted(rows(kept, COLUMNS), key=lambda r: int(r[0] or 0)) == sorted(
        best, key=lambda r: int(r[0] or 0)
    )
    assert kept.omitted == len(ranks) - kept.size


@quick
@given(st.lists(cells, max_size=15), sizes, st.integers(1, 8))
def test_without_keep_the_first_rows_stay(
    ranks: list[str | None], pieces: list[int], most: int
) -> None:
    whole = named(ranks)
    kept = table(query(max_series=most), *cut(whole, pieces))
    assert rows(kept, COLUMNS) == list(whole.content[:most])
    assert kept.omitted == max(0, len(ranks) - most)


def test_rows_that_all_fit_stay_in_their_order() -> None:
    kept = table(query(max_series=3, keep={"column": "n"}), named(["1", "3", "2"]))
    assert kept.column("name").cells() == ["0", "1", "2"]
    assert kept.omitted == 0


def test_rows_that_were_chosen_come_best_first() -> None:
    kept = table(query(max_series=2, keep={"column": "n"}), named(["1", "3", "2"]))
    assert kept.column("n").cells() == ["3", "2"]


def test_among_equals_the_earlier_row_stays() -> None:
    kept = table(query(max_series=2, keep={"column": "n"}), *cut(named(["1"] * 5), [2, 2]))
    assert kept.column("name").cells() == ["0", "1"]


def test_the_limit_of_rows_is_shared_by_the_families() -> None:
    made = query(max_series=5, metrics={"pg_a": GAUGE, "pg_b": GAUGE})
    assert table(made, named(["1"] * 9)).size == 2


def test_a_result_without_a_declared_column_is_refused() -> None:
    made = query(labels={"relname": "Table"}, keep={"column": "size"})
    with pytest.raises(MissingColumns) as raised:
        table(made, result({"n": INT8, "other": TEXT}, ("1", "x")))
    assert str(raised.value) == "found n, other in the result; expected also relname, size"


def test_missing_columns_are_noticed_without_rows_too() -> None:
    with pytest.raises(MissingColumns, match="found no column in the result; expected also n"):
        table(query(), result({}))


def test_a_missing_column_to_keep_by_is_noticed_however_many_rows_come() -> None:
    made = query(max_series=1, keep={"column": "size"})
    with pytest.raises(MissingColumns, match="expected also size"):
        table(made, result({"n": INT8}, ("1",), ("2",), ("3",)))


def test_columns_that_nobody_declared_do_no_harm() -> None:
    kept = table(query(), result({"x": TEXT, "n": INT8}, ("a", "1")))
    assert kept.column("n").cells() == ["1"]


def test_a_column_is_as_it_came_however_it_was_cut() -> None:
    whole = result({"a": TEXT, "b": TEXT, "n": INT8}, ("1", "2", "0"), ("3", None, "0"))
    kept = table(query(), *cut(whole, [0, 1]))
    assert (kept.column("a").cells(), kept.column("b").cells(), kept.size) == (
        ["1", "3"],
        ["2", None],
        2,
    )


def test_two_columns_of_one_name_cost_no_row() -> None:
    whole = Rows(("n", "n"), (INT8, INT8), (("1", "2"), ("3", "4")))
    kept = table(query(), *cut(whole, [1]))
    assert (kept.column("n").cells(), kept.size) == (["2", "4"], 2)


def test_only_the_rows_that_are_to_stay_do() -> None:
    kept = table(query(), named(["a", "b", "c"]))
    kept.keep([0, 2])
    assert (rows(kept, COLUMNS), kept.size) == ([("0", "a"), ("2", "c")], 2)


@pytest.mark.parametrize(
    ("oid", "low", "high"), [(1184, "2024-01-01", "2025-01-01"), (1186, "1 day", "2 days")]
)
def test_rows_can_be_kept_by_time(oid: int, low: str, high: str) -> None:
    made = query(max_series=1, keep={"column": "n"})
    assert table(made, result({"n": oid}, (low,), (high,))).column("n").cells() == [high]
