"""The site: what there is to read, by path, from the cache; it knows nothing of sockets."""

import gzip
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs

from pgvitals import account, landing, report, scrape
from pgvitals.exposition import CONTENT_TYPE, Buffers
from pgvitals.instance import Instance
from pgvitals.poller import Poller
from pgvitals.telemetry import Telemetry

_MOST_RELOADS = 2
"""Reloads asked for at once: one that is under way, and one that waits and finds what changed since."""
_PLAIN = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What goes back: `gzipped` tells that the buffers are compressed already.

    `headers` are those that only this answer has.
    """

    status: HTTPStatus
    buffers: Buffers
    content_type: str = _PLAIN
    gzipped: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def plain(cls, status: HTTPStatus, text: str) -> "Answer":
        """A line of text."""
        return cls(status, [f"{text}\n".encode()])


class Pages(Protocol):
    """What can be asked for at an address."""

    def get(self, target: str, gzipped: bool) -> Answer:
        """Answer a GET of `target`, a path with its query; `gzipped` if the client takes gzip."""

    def post(self, target: str) -> Answer:
        """Answer a POST."""


class Health:
    """Of `pages` those that tell of health alone, for a kubelet, which has neither password nor key."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def get(self, target: str, gzipped: bool) -> Answer:
        """Answer a GET of `/-/healthy` and `/-/ready`."""
        if target.partition("?")[0] in ("/-/healthy", "/-/ready"):
            return self._pages.get(target, gzipped)
        return self.post(target)

    def post(self, _: str) -> Answer:
        """Nothing is to be posted."""
        return Answer.plain(HTTPStatus.NOT_FOUND, "not found")


class Notice:
    """Answers everything with the same."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def get(self, *_: object) -> Answer:
        """Answer a GET."""
        return self._answer

    def post(self, *_: object) -> Answer:
        """Answer a POST."""
        return self._answer


class Site:
    """The pages. `reload` loads the configuration again, and gives the problem or nothing."""

    def __init__(
        self,
        poller: Poller,
        telemetry: Telemetry,
        telemetry_path: str,
        reload: Callable[[], str] | None = None,
    ) -> None:
        self._poller, self._telemetry, self._reload = poller, telemetry, reload
        self._telemetry_path = telemetry_path
        self._reloads = threading.BoundedSemaphore(_MOST_RELOADS)
        self._pages: dict[str, Callable[[dict[str, list[str]], bool], Answer]] = {
            "/": self._root,
            "/probe": self._probe,
            "/-/healthy": self._healthy,
            "/-/ready": self._ready,
            telemetry_path: self._metrics,
        }

    def get(self, target: str, gzipped: bool) -> Answer:
        """Answer a GET of `target`, a path with its query; `gzipped` if the client takes gzip."""
        path, _, query = target.partition("?")
        if (page := self._pages.get(path)) is None:
            return Answer.plain(HTTPStatus.NOT_FOUND, "not found")
        return page(parse_qs(query), gzipped)

    def post(self, target: str) -> Answer:
        """Answer a POST: `/-/reload`, where it is enabled."""
        if target.partition("?")[0] != "/-/reload":
            return Answer.plain(HTTPStatus.NOT_FOUND, "not found")
        if self._reload is None:
            text = "reloading over HTTP is off: start with --web.enable-lifecycle"
            return Answer.plain(HTTPStatus.FORBIDDEN, text)
        if not self._reloads.acquire(blocking=False):
            text = "a reload waits already, and will find what changed"
            return Answer.plain(HTTPStatus.SERVICE_UNAVAILABLE, text)
        try:
            problem = self._reload()
        finally:
            self._reloads.release()
        if problem:
            return Answer.plain(HTTPStatus.INTERNAL_SERVER_ERROR, problem)
        return Answer.plain(HTTPStatus.OK, "reloaded")

    def _metrics(self, _: dict[str, list[str]], gzipped: bool) -> Answer:
        instances = list(self._poller.instances.values())
        if len(instances) == 1:
            return self._page(instances[0], gzipped, self._telemetry.text())
        now = time.monotonic()
        text = report.of_instances(instances, now) + self._telemetry.text()
        body = [gzip.compress(text, 1)] if gzipped else [text]
        return Answer(HTTPStatus.OK, body, CONTENT_TYPE, gzipped)

    def _probe(self, query: dict[str, list[str]], gzipped: bool) -> Answer:
        target = (query.get("target") or [""])[0]
        instance = self._poller.instances.get(target)
        if instance:
            return self._page(instance, gzipped, b"")
        if not target:
            return Answer.plain(HTTPStatus.BAD_REQUEST, "expected /probe?target=NAME")
        return Answer.plain(HTTPStatus.NOT_FOUND, "no instance of this name in the configuration")

    def _page(self, instance: Instance, gzipped: bool, tail: bytes) -> Answer:
        now = time.monotonic()
        edition = instance.edition(now)
        parts = (
            report.of_instance(instance, now),
            scrape.of_instance(instance, edition.runs, now),
            tail,
        )
        tail = account.ages(edition.runs, now) + b"".join(parts)
        body = edition.gzip(tail) if gzipped else [*edition.buffers, tail]
        return Answer(HTTPStatus.OK, body, CONTENT_TYPE, gzipped)

    def _healthy(self, _: dict[str, list[str]], __: bool) -> Answer:
        if self._poller.healthy(time.monotonic()):
            return Answer.plain(HTTPStatus.OK, "healthy")
        return Answer.plain(HTTPStatus.SERVICE_UNAVAILABLE, "a polling loop hangs")

    def _ready(self, _: dict[str, list[str]], __: bool) -> Answer:
        if self._poller.ready():
            return Answer.plain(HTTPStatus.OK, "ready")
        return Answer.plain(
            HTTPStatus.SERVICE_UNAVAILABLE, "starting: not every server was visited"
        )

    def _root(self, _: dict[str, list[str]], __: bool) -> Answer:
        instances = list(self._poller.instances.values())
        page = landing.page(instances, time.monotonic(), datetime.now(UTC), self._telemetry_path)
        return Answer(HTTPStatus.OK, [page], landing.CONTENT_TYPE, headers=landing.headers())
