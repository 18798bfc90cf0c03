"""Columns: what was put together comes apart as it was."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgvitals.column import Column, Written
from pgvitals.sample import Cell
from unit.material import BOOL, FLOAT8, INT8, NUMERIC, TEXT, any_text, quick

cells = st.one_of(st.none(), any_text.map(lambda text: text.replace("\0", "")))
parts = st.lists(st.lists(cells, min_size=1, max_size=5), max_size=4)
Parts = Sequence[Sequence[Cell]]


def column(oid: int, *added: Sequence[Cell]) -> Column:
    made = Column(oid)
    for some in added:
        made.add(some)
    return made


def written(of: Column, *, compat: bool = False) -> list[Written]:
    return list(of.written(compat=compat))


@quick
@given(parts)
@example([[None]])
@example([[""]])
@example([["", ""], [None, None]])
@example([[",", None, ","], [None, ",", ""]])
def test_all_text_and_null_come_back(added: Parts) -> None:
    made = column(TEXT, *added)
    assert [list(part) for part in made.parts()] == [list(some) for some in added]
    assert made.cells() == [cell for some in added for cell in some]


@quick
@given(parts, parts)
@example([[None]], [[""]])
@example([["a,b"]], [["a", "b"]])
@example([["a", ""]], [["a", None]])
def test_columns_are_equal_where_their_cells_are(some: Parts, others: Parts) -> None:
    equal = [list(part) for part in some] == [list(part) for part in others]
    assert (column(TEXT, *some) == column(TEXT, *others)) is equal


def test_the_same_text_of_another_type_is_another_column() -> None:
    assert column(TEXT, ["1"]) != column(INT8, ["1"])


def test_values_come_in_the_parts_that_were_added() -> None:
    assert written(column(BOOL, ["t", "f"], ["t"])) == [(["1", "0"], 0), (["1"], 0)]


def test_a_value_that_cannot_be_held_is_dropped_and_counted() -> None:
    made = column(NUMERIC, ["1", None, "1e999", "x"])
    assert written(made) == [(["1", None, None, None], 2)]


def test_compat_makes_zero_of_null_and_of_nothing_else() -> None:
    made = column(NUMERIC, ["1", None, "1e999", "x"])
    assert written(made, compat=True) == [(["1", "0", None, None], 2)]


@pytest.mark.parametrize("oid", [INT8, BOOL, FLOAT8, NUMERIC])
def test_compat_makes_zero_of_null_in_every_type(oid: int) -> None:
    assert written(column(oid, [None, None]), compat=True) == [(["0", "0"], 0)]


def test_null_is_no_value_that_is_lost() -> None:
    assert written(column(INT8, [None, "1"])) == [([None, "1"], 0)]
