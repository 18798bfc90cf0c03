"""The HTTP side: pages from the cache, bounded in connections and in time."""

import gzip
import re
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pgvitals import __version__, report
from pgvitals.deadline import Deadlines
from pgvitals.exposition import CONTENT_TYPE, Buffers
from pgvitals.instance import Instance
from pgvitals.poller import Poller
from pgvitals.telemetry import Telemetry

MOST_CONNECTIONS = 64
"""Requests served at once; further ones wait in the listen queue, and are not refused."""
REQUEST_LIMIT = 10.0
"""Seconds for a request, from accepting it to the last byte of its answer."""
HIGHEST_PORT = 65535
_ADDRESS = re.compile(
    r"(\[(?P<six>[0-9A-Fa-f:.]*:[^\s\[\]]*)\]|(?P<host>[^\s:\[\]]*)):(?P<port>[0-9]{1,5})"
)
_PLAIN = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """What goes back: `gzipped` tells that the buffers are compressed already."""

    status: HTTPStatus
    buffers: Buffers
    content_type: str = _PLAIN
    gzipped: bool = False

    @classmethod
    def plain(cls, status: HTTPStatus, text: str) -> "Answer":
        """A line of text."""
        return cls(status, [f"{text}\n".encode()])


class Site:
    """What there is to read, by path; knows nothing of sockets. `reload` gives the problem, or nothing."""

    def __init__(
        self,
        poller: Poller,
        telemetry: Telemetry,
        telemetry_path: str,
        reload: Callable[[], str] | None = None,
    ) -> None:
        self._poller, self._telemetry, self._reload = poller, telemetry, reload
        self._telemetry_path = telemetry_path
        self._pages: dict[str, Callable[[dict[str, list[str]], bool], Answer]] = {
            "/": self._root,
            "/probe": self._probe,
            "/-/healthy": self._healthy,
            "/-/ready": self._ready,
            telemetry_path: self._metrics,
        }

    def get(self, target: str, gzipped: bool) -> Answer:
        """Answer a GET of `target`, a path with its query; `gzipped` if the client takes gzip."""
        try:
            url = urlsplit(target)
        except ValueError:
            return Answer.plain(HTTPStatus.BAD_REQUEST, "not a path")
        if (page := self._pages.get(url.path)) is None:
            return Answer.plain(HTTPStatus.NOT_FOUND, "not found")
        return page(parse_qs(url.query), gzipped)

    def post(self, target: str) -> Answer:
        """Answer a POST: `/-/reload`, where it is enabled."""
        if target.partition("?")[0] != "/-/reload":
            return Answer.plain(HTTPStatus.NOT_FOUND, "not found")
        if self._reload is None:
            text = "reloading over HTTP is off: start with --web.enable-lifecycle"
            return Answer.plain(HTTPStatus.FORBIDDEN, text)
        if problem := self._reload():
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
        buffers = instance.page(now)
        tail = report.of_instance(instance, now) + tail
        body = instance.compressed.gzip(buffers, tail) if gzipped else [*buffers, tail]
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
        pages = [self._telemetry_path, *(f"/probe?target={n}" for n in self._poller.instances)]
        text = "\n".join((f"pgvitals {__version__}", *pages, "/-/healthy", "/-/ready"))
        return Answer.plain(HTTPStatus.OK, text)


class _Handler(BaseHTTPRequestHandler):
    """One request a connection: scrapes are seconds apart, and a kept connection keeps a thread."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "pgvitals", ""
    wbufsize = 65536
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Serve a page."""
        self._send(
            self.server.site.get(self.path, _takes_gzip(self.headers.get("Accept-Encoding", "")))
        )

    def do_HEAD(self) -> None:
        """Serve a page's headers."""
        self.do_GET()

    def do_POST(self) -> None:
        """Serve the lifecycle."""
        self._send(self.server.site.post(self.path))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a line a scrape helps nobody."""

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(sum(map(len, answer.buffers))))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        if answer.gzipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.writelines(answer.buffers)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """Listens on one address, `host:port`, `[host]:port` or `:port`; raises OSError where it cannot."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, address: str, site: Site, deadlines: Deadlines) -> None:
        host, port = parse_address(address)
        self.site, self._deadlines = site, deadlines
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        everywhere = not host and socket.has_dualstack_ipv6()
        self.address_family = socket.AF_INET6 if everywhere or ":" in host else socket.AF_INET
        super().__init__((host or ("::" if everywhere else "0.0.0.0"), port), _Handler)  # noqa: S104

    @property
    def address(self) -> str:
        """Where it listens, with the port that the system chose where 0 was asked for."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def server_bind(self) -> None:
        """Bind; on `::` for IPv4 too. The name of the host is not looked up: a resolver may hang."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, self.server_address[0] != "::"
            )
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a slot, then serve in a thread."""
        self._slots.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection within REQUEST_LIMIT, however slowly the client reads or writes."""
        try:
            with self._deadlines.guard(request.fileno(), REQUEST_LIMIT):
                super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or was cut off, is its own affair."""


def parse_address(address: str) -> tuple[str, int]:
    """Split `host:port`, `[host]:port` or `:port`; raises ValueError."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None or int(parts["port"]) > HIGHEST_PORT:
        raise ValueError(f"found {address!r}, expected host:port, [host]:port or :port")
    return parts["six"] or parts["host"] or "", int(parts["port"])


def _takes_gzip(accept: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3)."""
    for part in accept.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
