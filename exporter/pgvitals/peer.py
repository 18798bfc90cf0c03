"""The peer: postgres_exporter, whose place we take; its names, and what stands for them here."""

import functools
from importlib import resources
from pathlib import Path

from pgvitals.document import Document
from pgvitals.reading import Model, Text


class Flag(Model, frozen=True):
    """A flag of it: `without` are the queries that it switches off; or `instead` says why it is refused.

    `variable` is its environment variable, if it has one; `value` tells that it takes a value.
    """

    variable: str = ""
    value: bool = False
    without: tuple[Text, ...] = ()
    instead: str = ""


class Peer(Model, frozen=True):
    """Its `collectors`, with the queries that stand for each, and its `flags`, without the dashes."""

    collectors: dict[Text, tuple[Text, ...]]
    flags: dict[Text, Flag]


@functools.cache
def peer() -> Peer:
    """What peer.yaml says."""
    return Document.open(Path(str(resources.files("pgvitals"))) / "peer.yaml").read(Peer)


@functools.cache
def collector(query: str) -> str:
    """Its name for what `query` is part of; the query's own where it has none."""
    names = (name for name, queries in peer().collectors.items() if query in queries)
    return next(names, query)
