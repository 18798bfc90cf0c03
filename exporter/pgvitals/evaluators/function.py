"""What the functions give of which the outcome is certain."""

from collections.abc import Callable, Sequence
from functools import partial

from pgvitals.evaluators.constant import (
    NULL,
    UNKNOWN,
    Constant,
    Value,
    array_of,
    either,
    number,
    only,
)


def _coalesce(values: Sequence[Value]) -> Value:
    found: list[Value] = []
    for value in values:
        found.append(value - NULL)
        if None not in value:
            return either(found)
    return either([*found, NULL])


def _of_text(function: Callable[[str], Value], values: Sequence[Value]) -> Value:
    """Of one text that is the same in every encoding."""
    if len(values) > 1 or len(values[0]) > 1:
        return UNKNOWN
    [one] = values[0]
    if one is None:
        return NULL
    text = str(one.content)
    return function(text) if one.kind == "text" and text.isascii() else UNKNOWN


def _length(text: str) -> Value:
    return number(str(len(text)))


def _in_case(change: Callable[[str], str], text: str) -> Value:
    # Not with an i: in Turkish it changes into another letter.
    return UNKNOWN if "i" in text.lower() else only(Constant("text", change(text)))


FUNCTIONS: dict[str, Callable[[Sequence[Value]], Value]] = {
    "ARRAY[": array_of,
    "COALESCE(": _coalesce,
    "LENGTH(": partial(_of_text, _length),
    "LOWER(": partial(_of_text, partial(_in_case, str.lower)),
    "UPPER(": partial(_of_text, partial(_in_case, str.upper)),
}
"""By their names in capitals and the brackets that open their arguments."""
