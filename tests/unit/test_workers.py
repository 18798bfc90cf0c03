"""Workers: who waits for one, and who waits in vain."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pgvitals import workers
from pgvitals.client import Client
from pgvitals.courtesy import Courtesy
from pgvitals.deadline import Deadlines
from pgvitals.security import Protection
from pgvitals.workers import Workers

MOST = 3


@pytest.fixture
def lines() -> Iterator[list[tuple[Client, socket.socket]]]:
    """More clients than may be answered and wait together, and where they speak.

    No worker outlives the test: he would speak up in the next one.
    """
    others = {*threading.enumerate()}
    with ExitStack() as stack:
        made = []
        for _ in range(2 * MOST + 1):
            ours, theirs = map(stack.enter_context, socket.socketpair())
            theirs.settimeout(20)
            made.append((Client(ours, "somebody", Protection(), 0.0), theirs))
        yield made
        for worker in {*threading.enumerate()} - others:
            worker.join(20)


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


def test_who_reads_rows_goes_on_when_the_connection_is_closed(
    lines: list[tuple[Client, socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (client, theirs), ended = lines[0], threading.Event()
    closed: list[bool] = []

    def end(_: Courtesy) -> None:
        closed.append(client.plug.fileno() == -1)
        ended.set()

    monkeypatch.setattr(Courtesy, "end", end)
    Workers(Deadlines(), lambda _: b"").serve(client)
    assert theirs.recv(1) == b""
    assert ended.wait(20)
    assert closed == [True]
