"""Exposition: rows become blocks of text once, and a page is a list of such blocks.

Format: Prometheus text exposition 0.0.4. Nothing here is joined under a scrape: a page is a list of
immutable buffers.
"""

import functools
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Described(NamedTuple):
    """A family by name, type and help."""

    name: str
    type: str
    help: str


class Family(NamedTuple):
    """What one collector has of a family, rendered: `header` is HELP and TYPE, `body` its samples."""

    name: str
    header: bytes
    body: bytes


Block = tuple[Family, ...]
"""What one collector has to show, in the order of its query."""

Buffers = list[bytes]


def header(name: str, type_: str, help_: str) -> bytes:
    """HELP and TYPE of a family."""
    help_ = help_.replace("\\", r"\\").replace("\n", r"\n").strip()
    return f"# HELP {name} {help_}\n# TYPE {name} {type_}\n".encode()


def samples(name: str, labels: Sequence[str], values: Sequence[str | None]) -> tuple[bytes, int]:
    """The lines of a family, and how many: `labels[i]` is `{a="b"}` or empty; without value no line."""
    try:
        return _lines(name, labels, values), len(values)
    except TypeError:
        there = [value is not None for value in values]
        told = list(compress(values, there))
        return _lines(name, list(compress(labels, there)), told), len(told)


def _lines(name: str, labels: Sequence[str], values: Sequence[str | None]) -> bytes:
    """A line for each value; where one is missing it raises TypeError."""
    # Put together column by column: line by line takes twice as long.
    texts: list[str | None] = [name, "", " ", "", "\n"] * len(values)
    texts[1::5], texts[3::5] = labels, values
    return "".join(texts).encode()  # type: ignore[arg-type]  # it says so itself


def family(of: Described, measured: Sequence[tuple[str, float | None]]) -> bytes:
    """A family's text; a value of None is nothing to say."""
    texts = [None if value is None else repr(+value) for _, value in measured]
    body, _ = samples(of.name, [labels for labels, _ in measured], texts)
    return _known_header(of) + body if body else b""


@functools.cache
def _known_header(of: Described) -> bytes:
    """Only of families that are named in the code, not by rows."""
    return header(*of)


def braces(pairs: Iterable[str]) -> str:
    """Label pairs as they stand behind a name; nothing when there are none."""
    inside = ",".join(pairs)
    return f"{{{inside}}}" if inside else ""


def page(blocks_of_queries: Iterable[Sequence[Block]]) -> Buffers:
    """Put blocks together, query by query: HELP and TYPE once a family, however many databases."""
    buffers: Buffers = []
    for blocks in blocks_of_queries:
        bodies: dict[str, Buffers] = {}
        for block in blocks:
            for family in block:
                if family.body:
                    bodies.setdefault(family.name, [family.header]).append(family.body)
        for parts in bodies.values():
            buffers += parts
    return buffers
