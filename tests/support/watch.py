"""A Prometheus that looks closely: five scrapes a second, and what each page told."""

import http.client
import re
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from support.daemon import Daemon

EVERY = 0.2
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
    """Scrapes the pages of instances in turn in a thread; `marks` are texts to look for."""

    daemon: Daemon
    instances: Sequence[str]
    marks: Sequence[str] = ()
    pages: dict[str, list[Page]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pages = {name: [] for name in self.instances}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def last(self, name: str) -> Page | None:
        """The newest page of an instance."""
        return self.pages[name][-1] if self.pages[name] else None

    def between(self, name: str, start: float, end: float = float("inf")) -> list[Page]:
        """The pages asked for in this time."""
        return [page for page in self.pages[name] if start <= page.at <= end]

    def percentile(self, percent: int) -> float:
        """Milliseconds of a scrape, over all pages."""
        return statistics.quantiles(self.seconds, n=100)[percent - 1] * 1000

    def _run(self) -> None:
        tick = time.monotonic()
        while not self._over.is_set():
            self._look("/metrics")
            for name in self.instances:
                at = time.monotonic()
                if text := self._look(f"/probe?target={name}"):
                    self.pages[name].append(_read(at, text, self.marks))
            tick += EVERY
            self._over.wait(max(0.0, tick - time.monotonic()))

    def _look(self, path: str) -> bytes:
        try:
            answer = self.daemon.get(path, timeout=10)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{path}: {error!r}")
            return b""
        self.seconds.append(answer.seconds)
        if answer.status != 200:
            self.failures.append(f"{path}: {answer.status}")
            return b""
        return answer.body


def _read(at: float, text: bytes, marks: Sequence[str]) -> Page:
    up = _UP.search(text)
    ages = {(c.decode(), d.decode()): float(age) for c, d, age in _AGE.findall(text)}
    families = frozenset(name.decode() for name in _FAMILY.findall(text))
    found = frozenset(mark for mark in marks if mark.encode() in text)
    return Page(at, up is not None and float(up[1]) == 1, ages, families, found)
