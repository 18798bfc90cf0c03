"""A client: when he has said what he wants, and when he said too much."""

import selectors
import socket
from collections.abc import Iterator

import pytest

from pgvitals.client import HEAD_BYTES, Client
from pgvitals.security import Protection

Line = tuple[Client, socket.socket]


@pytest.fixture
def line() -> Iterator[Line]:
    """A client, and the end at which he speaks."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Client(ours, "somebody", Protection(), 0.0), theirs


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\n\r\n"])
def test_he_is_heard_out_until_an_empty_line(line: Line, end: bytes) -> None:
    client, theirs = line
    said = b"GET / HTTP/1.1\r\nHost: a" + end
    for byte in said[:-1]:
        theirs.send(bytes([byte]))
        assert client.hear() == selectors.EVENT_READ
    theirs.send(said[-1:])
    assert client.hear() == 0
    assert (bytes(client.said), client.excess) == (said, b"")


@pytest.mark.parametrize("said", [b"\x16\x03\x01", b"\r\n", b"\0", b"1 / HTTP/1.1"])
def test_what_begins_with_no_letter_is_no_request_whatever_follows(line: Line, said: bytes) -> None:
    client, theirs = line
    theirs.send(said)
    assert client.hear() == 0


@pytest.mark.parametrize(
    ("first", "status"), [(b"GET / HTTP/1.1\r\nX: ", b"431"), (b"GET /", b"414")]
)
def test_who_says_too_much_is_not_heard_out(line: Line, first: bytes, status: bytes) -> None:
    client, theirs = line
    theirs.send(first)
    assert client.hear() == selectors.EVENT_READ
    theirs.send(b"x" * HEAD_BYTES)
    assert client.hear() == 0
    assert client.excess.startswith(b"HTTP/1.1 " + status)
    client.tell(client.excess)
    client.close()
    assert theirs.recv(100) == client.excess


def test_the_largest_head_is_not_too_much(line: Line) -> None:
    client, theirs = line
    said = (b"GET / HTTP/1.1\r\nX: ").ljust(HEAD_BYTES - 4, b"x") + b"\r\n\r\n"
    theirs.send(said)
    assert client.hear() == 0
    assert (len(client.said), client.excess) == (HEAD_BYTES, b"")


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_who_leaves_before_that_wanted_nothing(line: Line, said: bytes) -> None:
    client, theirs = line
    theirs.send(said)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises(OSError, match="left"):
        client.hear()


def test_telling_waits_for_nobody(line: Line) -> None:
    client, _ = line
    for _ in range(100):
        client.tell(bytes(1 << 16))
    client.close()
    client.tell(b"too late")
    client.close()
