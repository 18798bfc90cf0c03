"""A request: what is made of its head, and what is said to it."""

import socket
from http import HTTPStatus

import pytest

from pgvitals.access import Access
from pgvitals.client import Client
from pgvitals.request import Request
from pgvitals.security import Protection
from pgvitals.site import Answer


class Pages:
    """Pages that answer with what was asked for."""

    def get(self, target: str, _: bool) -> Answer:
        return Answer.plain(HTTPStatus.OK, f"get {target}")

    def post(self, target: str) -> Answer:
        return Answer.plain(HTTPStatus.OK, f"post {target}")


def answered(said: bytes) -> str:
    """All that is answered to this, where nothing more is said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname(), timeout=20)
        ours, _ = listener.accept()
    with theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        client = Client(ours, "somebody", Protection(), 0.0)
        assert client.hear() == 0
        Request(client, Pages(), Access())
        client.close()
        return b"".join(iter(lambda: theirs.recv(65536), b"")).decode()


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("GET /metrics?a=b", "get /metrics?a=b"),
        ("GET http://host/-/healthy", "get /-/healthy"),
        ("GET http://host:9187/probe?target=x", "get /probe?target=x"),
        ("POST HTTPS://user@[::1]/-/reload", "post /-/reload"),
        ("GET http://host", "get /"),
        ("GET http://host?x", "get /?x"),
        ("GET http://[", "get /"),
        ("GET /http://host/x", "get /http://host/x"),
    ],
)
def test_of_an_absolute_uri_only_path_and_query_count(asked: str, target: str) -> None:
    said = answered(f"{asked} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert said.endswith(f"\r\n\r\n{target}\n")


@pytest.mark.parametrize("length", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_nobody_is_encouraged_to_send_a_body(length: str) -> None:
    head = f"POST /x HTTP/1.1\r\n{length}\r\nExpect: 100-continue\r\n\r\n"
    assert answered(head.encode()).startswith("HTTP/1.1 200")


def test_what_is_no_request_is_answered_too() -> None:
    assert answered(b"1 2 3 4\r\n\r\n").startswith("HTTP/1.1 400")
