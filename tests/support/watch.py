"""A Prometheus that looks closely: five scrapes a second, and what each page told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.floor import floor
from support.daemon import Daemon
from support.scraper import Exchange, scraping

_PROBE = "/probe?target="
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
_UP = re.compile(rb"^pg_up (\S+)$", re.M)
_AGE = re.compile(
    rb'^pgvitals_collector_age_seconds\{collector="([^"]*)",datname="([^"]*)"\} (\S+)$', re.M
)
_FAMILY = re.compile(rb"^# TYPE (\S+)", re.M)

Key = tuple[str, str]
"""A collector: its query and its database."""


class Page(NamedTuple):
    """What one page told, asked for `at` (time.monotonic); `marks` are the texts found in it."""

    at: float
    up: bool
    ages: Mapping[Key, float]
    families: frozenset[str]
    marks: frozenset[str]

    def fresh(self, since: float) -> set[Key]:
        """The collectors that succeeded after `since`."""
        return {key for key, age in self.ages.items() if age < self.at - since}


@dataclass
class Watch:
    """The pages of instances, and what scrapes took; `marks` are texts to look for.

    The bare server hands out as many bytes as the daemon, and does nothing else: what both take, the
    machine takes. Milliseconds.
    """

    instances: Sequence[str]
    marks: Sequence[str] = ()
    pages: dict[str, list[Page]] = field(default_factory=dict)
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pages = {name: [] for name in self.instances}

    def last(self, name: str) -> Page | None:
        """The newest page of an instance."""
        return self.pages[name][-1] if self.pages[name] else None

    def between(self, name: str, start: float, end: float = float("inf")) -> list[Page]:
        """The pages asked for in this time."""
        return [page for page in self.pages[name] if start <= page.at <= end]

    def time_anew(self) -> None:
        """Forget how long scrapes took until now."""
        self.ours.clear()
        self.bare.clear()

    def note(self, exchange: Exchange) -> None:
        """Take in what a path and the bare server answered."""
        path, at, ours, bare = exchange
        self.ours.append(ours.milliseconds)
        self.bare.append(bare.milliseconds)
        told = {path: ours.failure, "bare server": bare.failure}
        self.failures += [f"{who}: {failure}" for who, failure in told.items() if failure]
        name = path.removeprefix(_PROBE)
        if name in self.pages and not ours.failure:
            self.pages[name].append(_read(at, ours.body, self.marks))


@contextmanager
def watching(
    daemon: Daemon, instances: Sequence[str], marks: Sequence[str] = ()
) -> Iterator[Watch]:
    """Meanwhile scrape a daemon's own page and those of instances, each beside a bare server."""
    watch = Watch(instances, marks)
    paths = ["/metrics", *(_PROBE + name for name in instances)]
    page = daemon.wait_ready().get(paths[-1]).body
    port = daemon.addresses[0][1]
    with (
        floor(_HEAD % len(page) + page) as bare,
        scraping(port, bare, paths, watch.note),
    ):
        yield watch


def _read(at: float, text: bytes, marks: Sequence[str]) -> Page:
    up = _UP.search(text)
    ages = {(c.decode(), d.decode()): float(age) for c, d, age in _AGE.findall(text)}
    families = frozenset(name.decode() for name in _FAMILY.findall(text))
    found = frozenset(mark for mark in marks if mark.encode() in text)
    return Page(at, up is not None and float(up[1]) == 1, ages, families, found)
