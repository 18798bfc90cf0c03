"""Judges the history of a migration tool: what should stand in it and does not, or stands there wrongly.

Integers of up to five digits have no gaps, one sequence an app. Of stamps of 14 digits, of heads and
of a single version only faults can be told, not that all is well: that would take the files.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from pgvitals.verdict import Row

_INTEGER = re.compile(r"[0-9]{1,5}")
_STAMP = re.compile(r"[0-9]{14}")
_DJANGO = re.compile(r"([0-9]{1,5})(?:_squashed_([0-9]{1,5}))?(?:_|$)")


class Entry(NamedTuple):
    """One migration in a history; `fine` unless its tool says that it failed."""

    sequence: str
    version: str
    fine: bool


class History(msgspec.Struct):
    """What a history table holds, and whose it is."""

    tool: str
    entries: list[Entry]


def judge(row: Row) -> Iterable[Row]:
    """Give a row for each migration that is there, or should be."""
    history = msgspec.json.decode(row.evidence, type=History)
    if history.tool == "alembic":
        faults = _branches(history.entries)
    elif history.tool == "golang-migrate":
        # Its one row is where it stands, not what it went through.
        faults = iter(())
    else:
        faults = _sequences(history)
    for what, fault in chain(faults, _dirty(history.entries)):
        yield replace(
            row,
            evidence="",
            kind=fault.partition(" ")[0],
            detail=f"{fault}: {what}" if fault else what,
            violated=bool(fault),
        )


def _dirty(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    return ((entry.version, "dirty") for entry in entries if not entry.fine)


def _branches(heads: list[Entry]) -> Iterator[tuple[str, str]]:
    return ((head.version, "branch") for head in heads if len(heads) > 1)


def _sequences(history: History) -> Iterator[tuple[str, str]]:
    apps: dict[str, list[str]] = defaultdict(list)
    for entry in history.entries:
        apps[entry.sequence].append(entry.version)
    for app, versions in apps.items():
        numbers = _covered(versions) if history.tool == "django" else _integers(versions)
        yield from _gaps(numbers, f"gap in {app}" if app else "gap")
        if history.tool != "django":
            yield from _doubled(versions, _INTEGER)
            yield from _stamps(versions)


def _integers(versions: Iterable[str]) -> set[int]:
    return {int(version) for version in versions if _INTEGER.fullmatch(version)}


def _covered(names: Iterable[str]) -> set[int]:
    """The numbers of Django's migrations: 0001_squashed_0004_x stands for four."""
    found = (match for name in names if (match := _DJANGO.match(name)))
    return {n for m in found for n in range(int(m[1]), int(m[2] or m[1]) + 1)}


def _gaps(numbers: set[int], fault: str) -> Iterator[tuple[str, str]]:
    if numbers:
        for number in range(min(numbers), max(numbers) + 1):
            yield str(number), "" if number in numbers else fault


def _doubled(versions: Iterable[str], form: re.Pattern[str]) -> list[tuple[str, str]]:
    counted = Counter(filter(form.fullmatch, versions))
    return [(version, "duplicate") for version, times in counted.items() if times > 1]


def _stamps(versions: Iterable[str]) -> Iterator[tuple[str, str]]:
    """All stamps where any is at fault, else none: whether one is missing only the files could tell."""
    judged = [
        (stamp, _stamp_fault(stamp)) for stamp in sorted(set(filter(_STAMP.fullmatch, versions)))
    ]
    judged += _doubled(versions, _STAMP)
    if any(fault for _, fault in judged):
        yield from judged


def _stamp_fault(stamp: str) -> str:
    try:
        datetime.strptime(stamp, "%Y%m%d%H%M%S")
    except ValueError:
        return "invalid"
    return ""
