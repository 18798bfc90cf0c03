"""Whether an expression is true in every row, as far as can be told without a server."""

from collections.abc import Collection, Iterator
from itertools import pairwise, product

from pgvitals.evaluators.constant import NULL, TRUE, Constant, Value, only
from pgvitals.evaluators.evaluation import Case
from pgvitals.evaluators.expression import Items, everywhere, is_a, read, says

SUPPOSED = 4
"""Columns of which it is tried what happens if they are NULL and if they are not."""


def always_true(
    expression: str, not_null: Collection[str], composite: Collection[str] = ()
) -> bool:
    """Whether an expression, as pg_get_expr() prints it, is certainly true in every row.

    `not_null` are the names of columns that are never NULL; of those that are `composite` nothing is
    known: a row can be neither NULL nor NOT NULL. What is not understood is not true.
    """
    try:
        items = read(expression)
        known = set(not_null) - set(composite)
        supposed = sorted(_asked_for_null(items) - known - set(composite))[:SUPPOSED]
        cases = (Case(columns) for columns in _suppositions(known, supposed))
        return all(case.value(items) == {TRUE} for case in cases)
    except (ValueError, RecursionError):  # nobody nests as deep as that
        return False


def _asked_for_null(items: Items) -> set[str]:
    """The columns before an IS."""
    return {
        before.text
        for found in everywhere(items)
        for before, after in pairwise(found)
        if is_a(before, "word", "name") and says(after, "IS")
    }


def _suppositions(known: Collection[str], supposed: Collection[str]) -> Iterator[dict[str, Value]]:
    """All combinations of columns that are NULL or not."""
    columns = {name: only(Constant("column", name)) for name in (*known, *supposed)}
    for nulls in product((True, False), repeat=len(supposed)):
        null = [name for name, is_null in zip(supposed, nulls, strict=True) if is_null]
        yield columns | dict.fromkeys(null, NULL)
