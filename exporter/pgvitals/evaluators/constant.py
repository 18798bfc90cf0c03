"""Constants, and the logic of three values over all that an expression may turn out to be.

A value is a set: it holds at least whatever the expression can give in any row, None standing for NULL.
So what is not understood is a larger set, never a wrong one.
"""

import operator
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import reduce
from typing import Literal, NamedTuple, TypeAlias


class Constant(NamedTuple):
    """Something that is not NULL: of a `column`, whatever stands there; of `something`, nobody knows what.

    Of a column its `content` is the name, of an array all elements.
    """

    kind: Literal["boolean", "number", "text", "array", "column", "something"]
    content: "bool | Decimal | str | tuple[Constant | None, ...]"

    @property
    def elements(self) -> "tuple[Constant | None, ...] | None":
        """Those of an array; nothing else has any."""
        return self.content if isinstance(self.content, tuple) else None


Value: TypeAlias = frozenset[Constant | None]

TRUE, FALSE = Constant("boolean", True), Constant("boolean", False)
NULL: Value = frozenset([None])
UNKNOWN: Value = frozenset([None, Constant("something", "")])

MOST = 8
"""A value that may be more than these is unknown."""

_NEGATION = {TRUE: FALSE, FALSE: TRUE, None: None}
_EQUALITY: dict[str, Callable[..., bool]] = {"=": operator.eq, "<>": operator.ne}
_ORDER: dict[str, Callable[..., bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARRAYS: dict[str, Callable[..., bool]] = {
    "@>": lambda left, right: set(left) >= set(right),
    "<@": lambda left, right: set(left) <= set(right),
}
COMPARISONS = {*_EQUALITY, *_ORDER, *_ARRAYS}
"""The operators that compare() knows."""


def only(constant: Constant | None) -> Value:
    """A value that is always this."""
    return frozenset([constant])


def number(text: str) -> Value:
    """What a numeral means; unknown for NaN, exponents and very long ones."""
    plain = re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text, re.ASCII)
    return only(Constant("number", Decimal(text))) if plain else UNKNOWN


def either(values: Iterable[Value]) -> Value:
    """One of these values."""
    found: Value = frozenset().union(*values)
    return found if len(found) <= MOST else UNKNOWN


def logical(value: Value) -> Value:
    """The same as a boolean: TRUE, FALSE or None."""
    return value if value <= _NEGATION.keys() else (value & NULL) | {TRUE, FALSE}


def negated(value: Value) -> Value:
    """NOT."""
    return frozenset(_NEGATION[one] for one in logical(value))


def all_true(values: Iterable[Value]) -> Value:
    """AND."""
    return reduce(_both, values, only(TRUE))


def any_true(values: Iterable[Value]) -> Value:
    """OR."""
    return negated(all_true(map(negated, values)))


def _both(left: Value, right: Value) -> Value:
    pairs = [(a, b) for a in logical(left) for b in logical(right)]
    return frozenset(FALSE if FALSE in pair else None if None in pair else TRUE for pair in pairs)


def tested(value: Value, word: str) -> Value:
    """IS NULL, IS UNKNOWN, IS TRUE, IS FALSE."""
    wanted = {"TRUE": TRUE, "FALSE": FALSE}.get(word)
    return frozenset(TRUE if one == wanted else FALSE for one in logical(value))


def compare(sign: str, left: Value, right: Value) -> Value:
    """What an operator of pg_catalog says of two values."""
    return either(_compared(sign, a, b) for a in left for b in right)


def distinct(left: Value, right: Value) -> Value:
    """IS DISTINCT FROM."""
    return either(
        only(TRUE if a is not b else FALSE) if None in (a, b) else _compared("<>", a, b)
        for a in left
        for b in right
    )


def _compared(sign: str, left: Constant | None, right: Constant | None) -> Value:
    if left is None or right is None:
        return NULL
    known = _signs(left, right)
    if left.kind != right.kind or sign not in known:
        return UNKNOWN
    return only(TRUE if known[sign](left.content, right.content) else FALSE)


def _signs(left: Constant, right: Constant) -> dict[str, Callable[..., bool]]:
    """What can be said: texts have an order only in a collation, and two columns may well be equal."""
    if left.kind == "number":
        return _EQUALITY | _ORDER
    if left.elements is not None and right.elements is not None:
        # NULL is an equal element of equal arrays, but no array contains it.
        return {} if None in left.elements + right.elements else _EQUALITY | _ARRAYS
    known = left.kind in ("boolean", "text") or (left.kind == "column" and left == right)
    return _EQUALITY if known else {}


def any_of(quantifier: str, sign: str, value: Value, arrays: Value) -> Value:
    """`value = ANY (array)` or ALL, with any operator."""
    combined = any_true if quantifier == "ANY" else all_true
    return either(
        NULL if array is None else combined(_with_each(sign, value, array)) for array in arrays
    )


def _with_each(sign: str, value: Value, array: Constant) -> list[Value]:
    if array.elements is None:
        return [UNKNOWN]
    return [compare(sign, value, only(element)) for element in array.elements]


def array_of(elements: Iterable[Value]) -> Value:
    """ARRAY[...]: a constant if all elements are."""
    content: list[Constant | None] = []
    for element in elements:
        [one, *others] = element
        if others or (one and one.kind not in ("boolean", "number", "text")):
            return frozenset([Constant("something", "")])
        content.append(one)
    return only(Constant("array", tuple(content)))
