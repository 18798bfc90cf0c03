"""An edition: the page as it is served, whole and compressed, made by who reads and not by who scrapes.

A scrape takes the newest one, and waits neither for a query nor, as a rule, for compression: only where an
edition ended before who reads came to the next, as at the start and during a visit that takes long.
"""

import functools
import math
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import is_, itemgetter
from typing import NamedTuple

from isal import isal_zlib

from pgvitals import account
from pgvitals.account import Run
from pgvitals.courtesy import COURTESY
from pgvitals.exposition import Block, Buffers, page
from pgvitals.task import Task

SPACING = 1.0
"""Seconds from one edition to the next while visit follows visit."""
LAG = 5.0
"""Seconds after which an edition is checked by who wants it, should who reads not come to it."""
LARGE = 32 * 1024
"""Bytes of one family from which on it is compressed by itself."""

Key = tuple[str, int]
"""The name of a part, and the number of the piece."""

_FASTEST = 1
_SYNC, _FINISH = isal_zlib.Z_SYNC_FLUSH, isal_zlib.Z_FINISH
_ACCOUNT = ("", 0)
_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


class Part(NamedTuple):
    """Some of a page, compressed by itself; ended at a byte's border, so that more can follow it.

    That is an empty stored block (RFC 1951).
    """

    buffers: Buffers
    packed: bytes
    crc: int
    size: int

    @classmethod
    def of(cls, buffers: Buffers) -> "Part":
        """Compress `buffers`."""
        crc = functools.reduce(lambda crc, b: isal_zlib.crc32(b, crc), buffers, 0)
        return cls(buffers, _deflated(buffers, _SYNC), crc, sum(map(len, buffers)))

    @classmethod
    def joined(cls, parts: Sequence["Part"]) -> "Part":
        """All of them as one; nothing is compressed again."""
        buffers = [buffer for part in parts for buffer in part.buffers]
        packed = b"".join(part.packed for part in parts)
        crc = functools.reduce(lambda c, p: isal_zlib.crc32_combine(c, p.crc, p.size), parts, 0)
        return cls(buffers, packed, crc, sum(part.size for part in parts))


class Edition(NamedTuple):
    """What was fresh once, with the `runs` that brought it, and until when (time.monotonic) that holds."""

    whole: Part
    runs: Sequence[Run]
    until: float

    @property
    def buffers(self) -> Buffers:
        """The text."""
        return self.whole.buffers

    def gzip(self, tail: bytes) -> Buffers:
        """The text and a `tail`, as one gzip stream (RFC 1952).

        Not members put together: some clients read only the first.
        """
        size = (self.whole.size + len(tail)) & 0xFFFFFFFF
        end = struct.pack("<LL", isal_zlib.crc32(tail, self.whole.crc), size)
        return [_GZIP_HEADER, self.whole.packed, _deflated([tail], _FINISH) + end]


_NOTHING = Edition(Part.joined([]), (), -math.inf)


class Editions:
    """Has the newest edition of what `tasks` gives."""

    def __init__(self, tasks: Callable[[], Sequence[Task]]) -> None:
        self._tasks = tasks
        self._lock = threading.RLock()
        self._parts: dict[Key, Part] = {}
        self._newest = _NOTHING
        self._renewed_at = -math.inf

    def newest(self, now: float) -> Edition:
        """What to serve: nothing in it is too old, and nothing came more than LAG seconds ago without it."""
        edition = self._newest
        if now <= edition.until:
            return edition
        with self._lock:
            edition = self._newest
            return edition if now <= edition.until else self.renew(now)

    def renew(self, now: float) -> Edition:
        """Make an edition of what is fresh; of the newest there stays what it would have too."""
        with self._lock:
            # Each status is taken once: a run that ends meanwhile is for the next edition.
            known = [(task, task.status) for task in self._tasks()]
            runs = [(task, s) for task, s in known if s.outcome and not task.idle]
            shown = [(task.part, task.shown(status, now)) for task, status in known]
            self._parts = dict(self._made(shown, account.of_runs(runs)))
            lasting = [task.lasts(status) for task, status in runs]
            until = min([now + LAG, *(end for end in lasting if end >= now)])
            self._newest = Edition(Part.joined(list(self._parts.values())), runs, until)
            self._renewed_at = now
            return self._newest

    def _made(self, shown: Sequence[tuple[str, Block]], told: bytes) -> Iterator[tuple[Key, Part]]:
        """Parts by name, and the account; what has not changed is not made again."""
        for name, group in groupby(shown, itemgetter(0)):
            for number, buffers in enumerate(pieces(page([[block for _, block in group]]))):
                COURTESY.step_aside()
                before = self._parts.get((name, number))
                known = before and same(buffers, before.buffers)
                yield (name, number), before if before and known else Part.of(buffers)
        before = self._parts.get(_ACCOUNT)
        yield _ACCOUNT, before if before and before.buffers == [told] else Part.of([told])

    def keep_up(self, now: float) -> None:
        """Renew, unless that was done a moment ago: more results may be about to come."""
        if now - self._renewed_at > SPACING:
            self.renew(now)

    def forget(self) -> None:
        """Serve nothing of before: what `tasks` gives is other than it was."""
        with self._lock:
            self._newest = _NOTHING


def pieces(buffers: Buffers) -> Iterator[Buffers]:
    """Cut text after each large buffer: of many families of one query few change at a time."""
    piece: Buffers = []
    for buffer in buffers:
        piece.append(buffer)
        if len(buffer) >= LARGE:
            yield piece
            piece = []
    if piece:
        yield piece


def same(some: Sequence[object], others: Sequence[object]) -> bool:
    """Whether these are the same objects in the same order."""
    return len(some) == len(others) and all(map(is_, some, others))


def _deflated(buffers: Buffers, end: int) -> bytes:
    squeeze = isal_zlib.compressobj(_FASTEST, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join([*map(squeeze.compress, buffers), squeeze.flush(end)])
