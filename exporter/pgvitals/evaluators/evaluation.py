"""What an expression can give, worked out by the logic of constant.py: at least whatever it does give.

Only what a server would read in the same way is understood, the rest is unknown.
"""

from collections.abc import Mapping
from itertools import chain

from pgvitals.evaluators.constant import (
    COMPARISONS,
    FALSE,
    NULL,
    TRUE,
    UNKNOWN,
    Constant,
    Value,
    all_true,
    any_of,
    any_true,
    compare,
    distinct,
    either,
    logical,
    negated,
    number,
    only,
    tested,
)
from pgvitals.evaluators.conversion import TYPES, cast
from pgvitals.evaluators.expression import (
    Group,
    Item,
    Items,
    everywhere,
    is_a,
    says,
    selected,
    spelled,
    split,
)
from pgvitals.evaluators.function import FUNCTIONS

_LITERALS = {"TRUE": only(TRUE), "FALSE": only(FALSE), "NULL": NULL}
_CONSTANT_WORDS = {
    *("OR", "AND", "NOT", "IS", "UNKNOWN", "ANY", "ALL"),
    *("WHEN", "THEN", "ELSE", "EXISTS", "SELECT"),
    *_LITERALS,
    *(opened[:-1] for opened in FUNCTIONS),
    *chain.from_iterable(name.upper().split() for name in TYPES),
}
"""A subquery with no other words reads nothing, and has one row."""


class Case:
    """What expressions can give where the columns have these values.

    The methods that return None have not found what they are for. Their order is that of PostgreSQL's
    precedence: what binds least comes first.
    """

    def __init__(self, columns: Mapping[str, Value]) -> None:
        self._columns = columns

    def value(self, items: Items) -> Value:
        """Of whole expressions."""
        if any(says(item, "SELECT", "BETWEEN") for item in items):
            constant = _constant_query(items)
            return self.value(constant) if constant else UNKNOWN
        for form in (self._logic, self._test, self._distinct, self._comparison):
            if (found := form(items)) is not None:
                return found
        return self._operand(items)

    def _rest(self, items: Items, word: str) -> Value:
        """What is left where a word was; PostgreSQL prints brackets before it uses that word again."""
        return UNKNOWN if any(says(item, word) for item in items) else self.value(items)

    def _operand(self, items: Items) -> Value:
        casts = split(items, "::")
        if len(casts) > 1:
            return cast(self._rest(items[: -len(casts[-1]) - 1], "::"), _type(casts[-1]))
        if len(items) == 1:
            return self._single(items[0])
        return self._call(items)

    def _logic(self, items: Items) -> Value | None:
        for word, combined in (("OR", any_true), ("AND", all_true)):
            if len(parts := split(items, word)) > 1:
                return combined(map(self.value, parts))
        return negated(self._rest(items[1:], "NOT")) if spelled(items[:1]) == "NOT" else None

    def _test(self, items: Items) -> Value | None:
        """IS NULL and its like."""
        word = spelled(items[-1:])
        asked = _asked(items[:-1]) if word in (*_LITERALS, "UNKNOWN") else None
        if not asked:
            return None
        found = tested(self._rest(asked[0], "IS"), word)
        return negated(found) if asked[1] else found

    def _distinct(self, items: Items) -> Value | None:
        left, *right = split(items, "DISTINCT")
        asked = _asked(left)
        if len(right) != 1 or spelled(right[0][:1]) != "FROM" or not asked:
            return None
        found = distinct(self.value(asked[0]), self.value(right[0][1:]))
        return negated(found) if asked[1] else found

    def _comparison(self, items: Items) -> Value | None:
        signs = [i for i, item in enumerate(items) if is_a(item, "operator")]
        if not signs:
            return None
        left, [sign, *right] = items[: signs[0]], items[signs[0] :]
        if len(signs) > 1 or not says(sign, *COMPARISONS):
            return UNKNOWN
        if (quantifier := spelled(right[:1])) in ("ANY", "ALL"):
            array = self.value(right[1:])
            return any_of(quantifier, spelled([sign]), self.value(left), array)
        return compare(spelled([sign]), self.value(left), self.value(right))

    def _call(self, items: Items) -> Value:
        if len(items) != 2 or not isinstance(inner := items[1], Group):
            return UNKNOWN
        word = spelled(items[:1])
        if word == "EXISTS":
            return only(TRUE) if _constant_query(inner.items) else UNKNOWN
        function = FUNCTIONS.get(word + inner.opening)
        arguments = (self.value(part) for part in split(inner.items, ","))
        return function([*arguments]) if function else UNKNOWN

    def _single(self, item: Item) -> Value:
        if isinstance(item, Group):
            return self._cases(item.items) if item.opening == "CASE" else self.value(item.items)
        if item.kind == "text":
            return only(Constant("text", item.text))
        if item.kind == "number":
            return number(item.text)
        return _LITERALS.get(spelled([item])) or self._columns.get(item.text, UNKNOWN)

    def _cases(self, items: Items) -> Value:
        """CASE WHEN ... THEN ... ELSE ... END."""
        whole, *default = split(items, "ELSE")
        first, *branches = split(whole, "WHEN")
        if first or len(default) > 1:
            return UNKNOWN
        found: list[Value] = []
        for branch in branches:
            condition, *result = split(branch, "THEN")
            if TRUE in (holds := logical(self.value(condition))):
                found.append(self.value(result[0]) if len(result) == 1 else UNKNOWN)
            if holds == {TRUE}:
                return either(found)
        return either([*found, self.value(default[0]) if default else NULL])


def _asked(items: Items) -> tuple[Items, bool] | None:
    """What stands before the IS or IS NOT at the end, and whether there is a NOT."""
    negative = spelled(items[-1:]) == "NOT"
    rest = items[:-1] if negative else items
    return (rest[:-1], negative) if spelled(rest[-1:]) == "IS" else None


def _type(items: Items) -> str:
    """As format_type() names it."""
    of_array = items[-1:] == [Group("[", [])]
    return spelled(items[:-1]).lower() + "[]" if of_array else spelled(items).lower()


def _constant_query(items: Items) -> Items | None:
    """What a subquery selects that reads nothing and so has one row; None for any other."""
    rest = selected(items)
    words = {
        spelled([item])
        for found in everywhere(rest)
        for item in found
        if is_a(item, "word", "name")
    }
    return rest if rest is not items and words <= _CONSTANT_WORDS else None
