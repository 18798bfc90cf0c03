"""A request: whether it may be answered, and the answer."""

import io
import re
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from pgvitals.access import Access, Verdict
from pgvitals.client import Client
from pgvitals.site import Answer, Pages

_LINGER = 1.0
"""Seconds for who sends a body, which no page wants, to come to its end and hear the answer."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*/?(?P<rest>.*)")
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="pgvitals", charset="UTF-8"')
_NEEDED = Answer.plain(HTTPStatus.UNAUTHORIZED, "a user and a password are needed")._replace(
    headers=(_CHALLENGE,)
)
_REFUSALS = {
    Verdict.ABSENT: _NEEDED,
    Verdict.WRONG: _NEEDED,
    Verdict.BUSY: Answer.plain(HTTPStatus.SERVICE_UNAVAILABLE, "too many passwords to check"),
}


class Request(BaseHTTPRequestHandler):
    """One request a connection: scrapes are seconds apart, and a kept connection keeps a thread."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"
    server_version, sys_version = "pgvitals", ""
    wbufsize = 65536
    disable_nagle_algorithm = True
    headers = Message()
    """None, where the first line is no request."""
    refusal = b""
    """What to say, later, to who tried a password in vain."""

    def __init__(self, client: Client, pages: Pages, access: Access) -> None:
        self._client, self._pages, self._access = client, pages, access
        client.plug.setblocking(True)
        # What http.server calls a server has nothing to do with requests.
        super().__init__(client.plug, client.address, None)  # type: ignore[arg-type]

    def setup(self) -> None:
        """Read what was said already, and nothing else."""
        super().setup()
        self.rfile = io.BytesIO(self._client.said)

    def parse_request(self) -> bool:
        """Understand the head; of an absolute URI (RFC 9112, 3.2.2) `path` keeps path and query."""
        understood = super().parse_request()
        if understood and (absolute := _ABSOLUTE.fullmatch(self.path)):
            self.path = f"/{absolute['rest']}"
        return understood

    def handle_expect_100(self) -> bool:
        """Encourage nobody to send a body: the answer comes at once."""
        return True

    def finish(self) -> None:
        """Hear out who sends a body: to hang up before its end would take the answer back."""
        super().finish()
        length = self.headers.get("Content-Length", "0")
        if not self.refusal and (length != "0" or "Transfer-Encoding" in self.headers):
            self._client.hear_out(_LINGER)

    def do_GET(self) -> None:
        """Serve a page."""
        small = takes_gzip(self.headers.get("Accept-Encoding", ""))
        if self._may_come_in():
            self._send(self._pages.get(self.path, small))

    def do_HEAD(self) -> None:
        """Serve a page's headers."""
        self.do_GET()

    def do_POST(self) -> None:
        """Serve the lifecycle."""
        if self._may_come_in():
            self._send(self._pages.post(self.path))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: a line a scrape helps nobody."""

    def send_header(self, keyword: str, value: str) -> None:
        """Send a header, unless the web configuration file has it."""
        if keyword not in self._client.protection.headers:
            super().send_header(keyword, value)

    def end_headers(self) -> None:
        """Send those of the web configuration file, too."""
        for header in self._client.protection.headers.items():
            super().send_header(*header)
        super().end_headers()

    def _may_come_in(self) -> bool:
        """Whether no password is asked for, or a right one was given; else he is told, or will be."""
        if not (users := self._client.protection.users):
            return True
        verdict = self._access.judge(users, self.headers.get("Authorization", ""))
        if verdict is Verdict.RIGHT:
            return True
        if verdict is Verdict.ABSENT:  # a browser asks its user only then
            self._send(_REFUSALS[verdict])
            return False
        stream, self.wfile = self.wfile, io.BytesIO()
        self._send(_REFUSALS[verdict])
        self.refusal = self.wfile.getvalue()
        self.wfile = stream
        return False

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


def takes_gzip(accept: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3)."""
    for part in accept.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
