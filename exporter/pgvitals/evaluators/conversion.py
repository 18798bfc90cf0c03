"""What casts make of constants, where there is no doubt about it."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from pgvitals.evaluators.constant import (
    FALSE,
    NULL,
    TRUE,
    UNKNOWN,
    Constant,
    Value,
    array_of,
    either,
    number,
    only,
)

_BOOLEANS = {
    **dict.fromkeys(("t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"), TRUE),
    **dict.fromkeys(("f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"), FALSE),
}


def cast(value: Value, type_: str) -> Value:
    """`value::type_`, of a type as format_type() names it; unknown for most types."""
    return either(NULL if one is None else _cast(one, type_) for one in value)


def _cast(constant: Constant, type_: str) -> Value:
    if type_.endswith("[]"):
        elements = _elements(constant)
        return UNKNOWN if elements is None else array_of(cast(one, type_[:-2]) for one in elements)
    return TYPES[type_](constant) if type_ in TYPES else UNKNOWN


def _elements(constant: Constant) -> list[Value] | None:
    """Those of an array or of a plain array literal; None for whatever else."""
    if constant.elements is not None:
        return [only(one) for one in constant.elements]
    text = str(constant.content) if constant.kind == "text" else ""
    if text == "{}":
        return []
    if not re.fullmatch(r"\{[\w.@-]+(,[\w.@-]+)*\}", text, re.ASCII):
        return None
    words = text[1:-1].split(",")
    return [NULL if word.upper() == "NULL" else only(Constant("text", word)) for word in words]


def _boolean(constant: Constant) -> Value:
    if constant.kind == "text":
        word = str(constant.content).strip(" ").lower()
        return only(_BOOLEANS[word]) if word in _BOOLEANS else UNKNOWN
    if isinstance(constant.content, Decimal):
        return only(TRUE if constant.content else FALSE)
    return only(constant) if constant.kind == "boolean" else UNKNOWN


def _numeric(constant: Constant) -> Value:
    if constant.kind == "text":
        return number(str(constant.content))
    return only(constant) if constant.kind == "number" else UNKNOWN


def _integer(bits: int, constant: Constant) -> Value:
    """Only what needs no rounding and fits."""
    value = only(Constant("number", Decimal(1 if constant == TRUE else 0)))
    if constant.kind != "boolean":
        value = _numeric(constant)
    [one, *_] = value
    content = one.content if one else None
    fits = isinstance(content, Decimal) and content == int(content) and abs(content) < 2**bits
    return value if fits else UNKNOWN


def _text(constant: Constant) -> Value:
    if constant.kind == "boolean":
        return only(Constant("text", "true" if constant == TRUE else "false"))
    if constant.kind == "column":
        # Such as a varchar for a text operator: what equals itself still does.
        return only(Constant("column", f"{constant.content}\0text"))
    return only(constant) if constant.kind == "text" else UNKNOWN


TYPES: dict[str, Callable[[Constant], Value]] = {
    "boolean": _boolean,
    "smallint": partial(_integer, 15),
    "integer": partial(_integer, 31),
    "bigint": partial(_integer, 63),
    "numeric": _numeric,
    "text": _text,
    "character varying": _text,
}
"""The types that a cast is understood to; arrays of them too."""
