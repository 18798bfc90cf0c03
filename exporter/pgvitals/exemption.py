"""Exemptions: findings that somebody knows of and accepts, in a file with a reason and a date for each.

`pgvitals baseline` makes one of today's findings; from then on only new ones count.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from pgvitals import agenda
from pgvitals.agenda import Exempt
from pgvitals.document import Document, Mistakes
from pgvitals.reading import Model, Text, about
from pgvitals.verdict import Finding, Key

_HEAD = """\
# Findings that are known and accepted: they do not count, new ones do. Give each a better reason, or
# remove what has been mended.
"""


class Exemption(Model, frozen=True):
    """One finding that does not count."""

    target: Annotated[Text, about("the target's id")]
    datname: Annotated[str, about("the database; empty for a target of the whole instance")]
    schemaname: Annotated[str, about("the schema")]
    object: Annotated[Text, about("the object's name, as the finding has it")]
    reason: Annotated[Text, about("why it is accepted")]
    date: Annotated[date, about("since when")]
    detail: Annotated[str, about("the finding's detail")] = ""

    @property
    def key(self) -> Key:
        """What the finding is told from others by."""
        return self.schemaname, self.object, self.detail


class Exemptions(Model, frozen=True):
    """The content of an exemption file."""

    exemptions: Annotated[tuple[Exemption, ...], about("one entry a finding")] = ()

    def by_place(self) -> Exempt:
        """Keys by target and database."""
        places: dict[tuple[str, str], set[Key]] = defaultdict(set)
        for one in self.exemptions:
            places[one.target, one.datname].add(one.key)
        return {place: frozenset(keys) for place, keys in places.items()}


def load(file: Path) -> Exemptions:
    """Read an exemption file; raises Mistakes."""
    document = Document.open(file)
    loaded = document.read(Exemptions)
    known = agenda.shipped()
    if mistakes := [
        document.mistake(
            ("exemptions", number, "target"),
            f"no target {one.target!r}, expected one of {', '.join(known)}",
        )
        for number, one in enumerate(loaded.exemptions)
        if one.target not in known
    ]:
        raise Mistakes(mistakes)
    return loaded


def baseline(
    findings: Iterable[tuple[str, Finding]], today: date, reason: str, kept: Exemptions
) -> str:
    """The text of a file that exempts `findings`, by target, and what is exempted already."""
    new = [
        Exemption(target, f.datname, f.schemaname, f.object, reason, today, f.detail)
        for target, f in findings
    ]
    entries = _plain(list(dict.fromkeys((*kept.exemptions, *new))))
    whole = {"exemptions": entries}
    return _HEAD + yaml.dump(whole, Dumper=_Writer, sort_keys=False, allow_unicode=True)


class _Writer(yaml.SafeDumper):
    """Escapes what is not printed: between other quotes, a U+0085 would be read as a blank."""


def _write(writer: _Writer, text: str) -> yaml.ScalarNode:
    style = None if text.isprintable() else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style)


_Writer.add_representer(str, _write)


def _plain(exemptions: Sequence[Exemption]) -> list[dict[str, object]]:
    return [msgspec.to_builtins(one, builtin_types=(date,)) for one in exemptions]
