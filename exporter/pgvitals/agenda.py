"""The agenda: the targets of an instance, as the configuration wants them, and what is exempted."""

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import msgspec

from pgvitals.catalogue import shipped_directory
from pgvitals.document import Document, Mistakes
from pgvitals.reading import LONGEST_TIMEOUT
from pgvitals.strict import Where
from pgvitals.target import Change, Definition, Setting, Target
from pgvitals.verdict import Key

SHARED = ("api_roles", "exposed_schemas", "exempt_schemas")
"""Settings that every target has."""

Exempt = Mapping[tuple[str, str], frozenset[Key]]
"""Exempted findings by target and database."""


class Agenda(NamedTuple):
    """What an instance is to assess; `shared` are settings of all targets."""

    targets: Sequence[Target] = ()
    shared: Mapping[str, Setting] = dict.fromkeys(SHARED, ())
    exempt: Exempt = {}


NOTHING = Agenda()
"""That of an instance which only has queries."""


@functools.cache
def shipped() -> Mapping[str, Target]:
    """The targets of this release by id, in the document's order; raises Mistakes."""
    targets = map(read, (shipped_directory() / "targets").glob("*.yaml"))
    return {target.id: target for target in sorted(targets, key=lambda target: target.number)}


def read(file: Path) -> Target:
    """Read one target file; raises Mistakes."""
    document = Document.open(file)
    definition = document.read(Definition)
    if mistakes := [document.mistake(where, what) for where, what in problems(definition)]:
        raise Mistakes(mistakes)
    return Target(**msgspec.structs.asdict(definition), id=file.stem, file=str(file))


def problems(of: Definition) -> Iterator[tuple[Where, str]]:
    """What the types cannot see."""
    if of.measure == "ratio" and not 0 <= of.threshold <= 1:
        yield ("threshold",), f"found {of.threshold:g}, expected a ratio from 0 to 1"
    elif not 0 <= of.threshold < math.inf:
        yield ("threshold",), f"found {of.threshold:g}, expected 0 or more"
    if not 0.01 <= of.timeout <= LONGEST_TIMEOUT:
        yield ("timeout",), f"found {of.timeout:g} s, expected 10ms to 5s"
    if of.interval < 1:
        yield ("interval",), f"found {of.interval:g} s, expected 1s or more"
    if of.evaluator and not _has_module(of.evaluator):
        yield (
            ("evaluator",),
            f"found {of.evaluator!r}, expected a module below pgvitals.evaluators",
        )
    for name in of.settings:
        if name in SHARED:
            yield ("settings", name), f"all targets have {', '.join(SHARED)}; expected another name"


def _has_module(evaluator: str) -> bool:
    # Of a name with dots, find_spec() would import what stands before the last one.
    return evaluator.isidentifier() and bool(find_spec(f"pgvitals.evaluators.{evaluator}"))


def change_problems(name: str, change: Change) -> Iterator[tuple[Where, str]]:
    """What is wrong with a change of the target `name`."""
    targets = shipped()
    if name not in targets:
        yield (), f"no such target, expected one of {', '.join(targets)}"
        return
    known = targets[name].settings
    for setting, value in change.settings.items():
        if setting not in known:
            expected = f"expected one of {', '.join(known)}" if known else "it has none"
            yield ("settings", setting), f"no such setting of {name}, {expected}"
        elif isinstance(value, str) != isinstance(known[setting], str):
            expected = "a text" if isinstance(known[setting], str) else "a list"
            yield ("settings", setting), f"found {value!r:.100}, expected {expected}"
    yield from problems(targets[name].change(change))
    for database, bar in change.databases.items():
        if bar.threshold is not None:
            changed = targets[name].change(Change(threshold=bar.threshold))
            yield from ((("databases", database, *at), what) for at, what in problems(changed))
