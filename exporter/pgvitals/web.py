"""The HTTP side: serves the site, bounded in connections and in time."""

import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog

from pgvitals.courtesy import COURTESY
from pgvitals.deadline import Deadline, Deadlines
from pgvitals.site import Answer, Site

MOST_CONNECTIONS = 128
"""Requests served at once; further ones wait in the listen queue, and are not refused."""
HEAD_LIMIT = 2.0
"""Seconds for the client to say what it wants."""
ANSWER_LIMIT = 10.0
"""Seconds for the client to take the answer."""
_log = structlog.get_logger()

HIGHEST_PORT = 65535
_ADDRESS = re.compile(
    r"(\[(?P<six>[0-9A-Fa-f:.]*:[^\s\[\]]*)\]|(?P<host>[^\s:\[\]]*)):(?P<port>[0-9]{1,5})"
)


_ANY = "0.0.0.0"  # noqa: S104 - an address without a host means all of them, as elsewhere


class _Handler(BaseHTTPRequestHandler):
    """One request a connection: scrapes are seconds apart, and a kept connection keeps a thread."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"
    server_version, sys_version = "pgvitals", ""
    wbufsize = 65536
    disable_nagle_algorithm = True

    def __init__(self, request: Any, client: Any, server: "Server", deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(request, client, server)

    def parse_request(self) -> bool:
        """Read the head of a request; whoever has said what he wants gets the time for the answer."""
        understood = super().parse_request()
        cut = self._deadline.expired
        self._deadline.at = time.monotonic() + ANSWER_LIMIT
        # A head that was cut off looks like one that ended: what it asks for was never asked.
        return understood and not cut

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
        for header in answer.headers:
            self.send_header(*header)
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
        where = (host or ("::" if everywhere else _ANY), port)
        try:
            super().__init__(where, BaseHTTPRequestHandler)
        except OSError as error:
            raise OSError(error.errno, f"{address}: {error.strerror or error}") from None

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
        COURTESY.begin()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._over()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and free its slot."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._over()

    def _over(self) -> None:
        COURTESY.end()
        self._slots.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection within its limits, however slowly the client reads or writes."""
        with self._deadlines.guard(request.fileno(), HEAD_LIMIT) as deadline:
            _Handler(request, client_address, self, deadline)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or was cut off, is its own affair; anything else is ours."""
        if not isinstance(sys.exception(), OSError):
            _log.exception("internal error", client=str(client_address))


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
