"""Exposition: rows become blocks of text once, and a page is a list of such blocks.

Format: Prometheus text exposition 0.0.4. Nothing here is joined under a scrape: a page is a list of
immutable buffers, and its compressed form is made once and then only prolonged.
"""

import functools
import struct
import threading
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from isal import isal_zlib

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_FASTEST = 1
_SYNC, _FINISH = isal_zlib.Z_SYNC_FLUSH, isal_zlib.Z_FINISH
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


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
    lines = [
        f"{name}{label} {value}\n"
        for label, value in zip(labels, values, strict=True)
        if value is not None
    ]
    return "".join(lines).encode(), len(lines)


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


class Compressed:
    """The gzip form of a page that rarely changes and ends in a tail that always does.

    One stream, not members put together: some clients read only the first member. The body is ended
    at a byte's border, so that a tail can follow it (RFC 1951, stored empty block; RFC 1952).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buffers: Buffers = []
        self._body = _deflated([], _SYNC)
        self._crc = self._size = 0

    def prepare(self, buffers: Buffers) -> None:
        """Compress `buffers`, unless they are what was compressed last."""
        with self._lock:
            self._prepare(buffers)

    def gzip(self, buffers: Buffers, tail: bytes) -> Buffers:
        """The whole page, `buffers` and `tail`, as one gzip stream."""
        with self._lock:
            self._prepare(buffers)
            body, crc, size = self._body, self._crc, self._size
        end = struct.pack("<LL", isal_zlib.crc32(tail, crc), (size + len(tail)) & 0xFFFFFFFF)
        return [_GZIP_HEADER, body, _deflated([tail], _FINISH), end]

    def _prepare(self, buffers: Buffers) -> None:
        same = len(buffers) == len(self._buffers) and all(
            ours is theirs for ours, theirs in zip(self._buffers, buffers, strict=True)
        )
        if not same:
            self._body = _deflated(buffers, _SYNC)
            self._crc = functools.reduce(lambda crc, b: isal_zlib.crc32(b, crc), buffers, 0)
            self._size, self._buffers = sum(map(len, buffers)), buffers


def _deflated(buffers: Buffers, end: int) -> bytes:
    squeeze = isal_zlib.compressobj(_FASTEST, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join([*map(squeeze.compress, buffers), squeeze.flush(end)])
