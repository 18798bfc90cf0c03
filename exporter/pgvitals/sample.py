"""From PostgreSQL's text to Prometheus' text: values by column type, labels with escapes.

A value that Prometheus cannot hold becomes None and is counted; it never costs another row.
Formats: Prometheus text exposition 0.0.4; PostgreSQL "Data Types" (ISO date style, postgres
interval style). Object identifiers are those of pg_type.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

Cell = str | None
Cells = Sequence[Cell]

LABEL_LENGTH: Final = 1024
"""Characters of a label value; the rest is cut."""

_WHOLE = (20, 21, 23, 26, 28, 5069)  # int8, int2, int4, oid, xid, xid8: their text is a number
_BOOL = 16
_MOMENTS = (1082, 1114, 1184)  # date, timestamp, timestamptz
_INTERVAL = 1186
_FLOATS = (700, 701)

_SPECIAL = {
    "NaN": "NaN",
    "Infinity": "+Inf",
    "-Infinity": "-Inf",
    "infinity": "+Inf",
    "-infinity": "-Inf",
}
_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTERVAL_FORM = re.compile(
    r"(?:(?P<years>[+-]?\d+) years? ?)?(?:(?P<mons>[+-]?\d+) mons? ?)?"
    r"(?:(?P<days>[+-]?\d+) days? ?)?"
    r"(?:(?P<sign>[+-])?(?P<hours>\d+):(?P<minutes>\d+):(?P<seconds>\d+(?:\.\d+)?))?"
)
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\0": ""})


def values(cells: Cells, oid: int) -> Cells:
    """Write cells of type `oid` as Prometheus does; None where there is nothing to write."""
    if oid in _WHOLE:
        return cells
    convert = _CONVERTERS.get(oid, _number)
    return [None if cell is None else convert(cell) for cell in cells]


def label(name: str, cell: Cell) -> str:
    """One label pair, capped and escaped: `relname="a \\"b\\""`."""
    return f'{name}="{(cell or "")[:LABEL_LENGTH].translate(_ESCAPES)}"'


def numbers(cell: Cell) -> list[str]:
    """The elements of a one-dimensional array of numbers, `{1,2.5}`; unusable ones raise ValueError."""
    found = [_number(part) for part in (cell or "").strip("{}").split(",") if part]
    if any(number is None for number in found):
        raise ValueError("an array with something that is no number")
    return [number for number in found if number is not None]


def _number(written: str) -> str | None:
    """Check text that should be a number: numeric may be longer than a float can hold."""
    if special := _SPECIAL.get(written):
        return special
    if not _PLAIN_NUMBER.fullmatch(written := written.strip()):
        return None
    return None if float(written) in (float("inf"), float("-inf")) else written


def _float(written: str) -> str:
    return _SPECIAL.get(written, written)


def _bool(written: str) -> str:
    return "1" if written == "t" else "0"


def _moment(written: str) -> str | None:
    """Unix seconds of a moment; without a zone it counts as UTC, as extract(epoch) has it."""
    if special := _SPECIAL.get(written):
        return special
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:  # before Christ, or after 9999
        return None
    return repr(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


def _interval(written: str) -> str | None:
    """Seconds of an interval, as extract(epoch): a year has 365.25 days, a month 30."""
    if special := _SPECIAL.get(written):
        return special
    match = _INTERVAL_FORM.fullmatch(written)
    if match is None:
        return None
    part = {name: float(found or 0) for name, found in match.groupdict().items() if name != "sign"}
    clock = part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    days = part["years"] * 365.25 + part["mons"] * 30 + part["days"]
    return repr(days * 86400 + (-clock if match["sign"] == "-" else clock))


_CONVERTERS: Final[dict[int, Callable[[str], str | None]]] = {
    _BOOL: _bool,
    _INTERVAL: _interval,
    **dict.fromkeys(_FLOATS, _float),
    **dict.fromkeys(_MOMENTS, _moment),
}
