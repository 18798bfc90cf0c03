"""A client: when he has said what he wants, and when he said too much."""

import selectors
import socket
import threading
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


@pytest.mark.parametrize("before", [b"\r\n", b"\n", b"\r\n\r\n\r\n"])
def test_empty_lines_before_it_do_not_count(line: Line, before: bytes) -> None:
    client, theirs = line
    for byte in before:
        theirs.send(bytes([byte]))
        assert client.hear() == selectors.EVENT_READ
    theirs.send(b"GET / HTTP/1.1\r\n\r\n")
    assert client.hear() == 0
    assert client.said == b"GET / HTTP/1.1\r\n\r\n"


def test_but_for_ever_they_are_too_much(line: Line) -> None:
    client, theirs = line
    theirs.send(b"\r\n" * HEAD_BYTES)
    assert client.hear() == 0
    assert client.excess.startswith(b"HTTP/1.1 431")


def test_a_body_is_no_part_of_the_head_however_long(line: Line) -> None:
    client, theirs = line
    head = b"POST / HTTP/1.1\r\nX: ".ljust(2000, b"x") + b"\r\n\r\n"
    theirs.send(head[:1000])
    assert client.hear() == selectors.EVENT_READ
    theirs.send(head[1000:] + bytes(HEAD_BYTES))
    assert client.hear() == 0
    assert (bytes(client.said), client.excess) == (head, b"")


@pytest.mark.parametrize(
    "said", [b"\x16\x03\x01", b"\r\n\x16", b"\0", b"1 / HTTP/1.1", b"\n1 / HTTP/1.1"]
)
def test_what_begins_with_no_letter_is_no_request_whatever_follows(line: Line, said: bytes) -> None:
    client, theirs = line
    theirs.send(said)
    assert client.hear() == 0
    assert client.said == said.lstrip()


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


def test_unread_words_do_not_take_back_what_he_was_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname(), timeout=20)
        client = Client(listener.accept()[0], "somebody", Protection(), 0.0)
    with theirs:
        theirs.sendall(b"POST / HTTP/1.1\r\n\r\n" + bytes(2 * HEAD_BYTES))
        while client.hear():
            pass
        client.tell(b"no")
        client.close()
        assert theirs.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0, "he was hung up on"
        assert (theirs.recv(100), theirs.recv(100)) == (b"no", b"")


def test_who_goes_on_is_heard_out(line: Line) -> None:
    client, theirs = line
    heard = threading.Thread(target=client.hear_out, args=(30,))
    heard.start()
    for _ in range(8):
        theirs.sendall(bytes(1 << 20))
    theirs.shutdown(socket.SHUT_WR)
    heard.join(20)
    assert not heard.is_alive()
    client.close()


def test_telling_waits_for_nobody(line: Line) -> None:
    client, _ = line
    for _ in range(100):
        client.tell(bytes(1 << 16))
    client.close()
    client.tell(b"too late")
    client.close()
