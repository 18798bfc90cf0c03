"""Workers: who waits for one, and who waits in vain."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pgvitals import workers
from pgvitals.client import Client
from pgvitals.deadline import Deadlines
from pgvitals.security import Protection
from pgvitals.workers import Workers

MOST = 3


@pytest.fixture
def lines() -> Iterator[list[tuple[Client, socket.socket]]]:
    """More clients than may be answered and wait together, and where they speak."""
    with ExitStack() as stack:
        made = []
        for _ in range(2 * MOST + 1):
            ours, theirs = map(stack.enter_context, socket.socketpair())
            theirs.settimeout(20)
            made.append((Client(ours, "somebody", Protection(), 0.0), theirs))
        yield made


def test_as_many_wait_as_are_answered_and_one_more_is_cut(
    lines: list[tuple[Client, socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "MOST_WORKERS", MOST)
    goes_on, answered, done = threading.Event(), [], threading.Semaphore(0)

    def answer(client: Client) -> bytes:
        goes_on.wait(30)
        answered.append(client)
        done.release()
        return b""

    made = Workers(Deadlines(), answer)
    for client, _ in lines:
        made.serve(client)
    assert lines[-1][1].recv(1) == b""
    assert [client.plug.fileno() >= 0 for client, _ in lines] == [True] * 2 * MOST + [False]
    goes_on.set()
    for _ in lines[:-1]:
        assert done.acquire(timeout=20)
    assert set(answered) == {client for client, _ in lines[:-1]}
