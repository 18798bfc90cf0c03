"""What the unit tests are made from: queries, rows and texts; data, and nothing that pretends."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pgvitals.config import InstanceConfig
from pgvitals.query import Definition, Query
from pgvitals.sample import Cell
from pgvitals.session import Chunk, Row, Session
from pgvitals.strict import decode
from pgvitals.table import Table

TEXT, INT8, BOOL, FLOAT8, NUMERIC, TIMESTAMPTZ, INTERVAL = 25, 20, 16, 701, 1700, 1184, 1186

GAUGE = {"column": "n", "type": "gauge", "help": "H."}

EXAMPLES = 500 if os.environ.get("PGVITALS_LONG") else 30
quick = settings(max_examples=EXAMPLES, deadline=None, database=None)
"""Property tests are many and small, and no clock judges them; the long form looks further."""

CHARACTERS = (
    "".join(map(chr, range(0x180)))
    + "\u0301\u0661\u200b\u2028\u2029\u202e\u4e2d\ue000\ufeff\uff11\uffff"
    + "\U0001f418\U0010ffff"
)
"""Every control character, every one that some format quotes, and some of what else there is.

All of Unicode would cost seconds: Hypothesis makes a table of it first.
"""

any_text = st.text(CHARACTERS, max_size=40)
"""Text that UTF-8 can hold; PostgreSQL has no NUL in it, we do not rely on that."""
some_text = st.text(CHARACTERS.replace("\0", ""), min_size=1, max_size=40)
"""Text that a C library can hold."""


@dataclass
class Clock:
    """Time as tasks see it."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_700_000_000 + self.now


def definition(**changes: Any) -> Definition:
    """A small valid query, as its file would give it, with `changes`; None leaves a key out."""
    data = {
        "description": "D",
        "scope": "cluster",
        "interval": "15s",
        "sql": "select 1",
        "metrics": {"pg_x": GAUGE},
        **changes,
    }
    given = {key: value for key, value in data.items() if value is not None}
    return msgspec.convert(given, Definition, dec_hook=decode)


def query(name: str = "x", **changes: Any) -> Query:
    """The same under a name."""
    return Query(**msgspec.structs.asdict(definition(**changes)), name=name, file=f"{name}.yaml")


def complaint(
    attempt: Callable[[], object], kind: type[Exception] | tuple[type[Exception], ...] = ValueError
) -> str:
    """What is said against an attempt; empty where it succeeds."""
    try:
        attempt()
    except kind as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Rows:
    """A piece of a result, as a chunk has it."""

    names: tuple[str, ...]
    types: tuple[int, ...]
    content: tuple[Row, ...] = ()

    @property
    def size(self) -> int:
        return len(self.content)

    def rows(self) -> list[Row]:
        return list(self.content)


def result(columns: dict[str, int], *rows: tuple[Cell, ...]) -> Rows:
    """A result of `columns`, name and type, in one piece."""
    return Rows(tuple(columns), tuple(columns.values()), rows)


def cut(whole: Rows, sizes: Iterable[int]) -> Iterator[Rows]:
    """The same result in pieces of `sizes`; the last has what is left, and may be empty."""
    at = 0
    for size in sizes:
        yield Rows(whole.names, whole.types, whole.content[at : at + size])
        at += size
    yield Rows(whole.names, whole.types, whole.content[at:])


def table(of: Query, *chunks: Rows) -> Table:
    """What a query keeps of the rows."""
    return Table(of, cast("Iterable[Chunk]", chunks))


def rows(of: Table, names: Iterable[str]) -> list[Row]:
    """Some columns of a table, row by row."""
    return list(zip(*(of.column(name).cells() for name in names), strict=True))


@dataclass(frozen=True)
class Prepared:
    """Rows that are there already, for a collector to read."""

    chunks: tuple[Rows, ...] = ()

    def read(self, statement: str, timeout: float, schemas: Iterable[str] = ()) -> Iterator[Rows]:
        return iter(self.chunks)


def prepared(*chunks: Rows) -> Session:
    """Where a collector finds `chunks`."""
    return cast("Session", Prepared(chunks))


NOW = 1000.0
CONFIG = InstanceConfig(dsn="host=db.example")
CATALOGUE = {"a": query("a", metrics={"pg_a": GAUGE}), "b": query("b", metrics={"pg_b": GAUGE})}


def read(text: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    """The samples, by their name and the values of their labels in their order."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found
