"""Tarpit: when who was refused hears of it."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pgvitals.client import Client
from pgvitals.security import Protection
from pgvitals.tarpit import DELAY, Tarpit

Line = tuple[Client, socket.socket]


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    with ExitStack() as stack:
        made = []
        for _ in range(2):
            ours, theirs = map(stack.enter_context, socket.socketpair())
            theirs.settimeout(20)
            made.append((Client(ours, "somebody", Protection(), 0.0), theirs))
        yield made


def test_time_counts_from_the_request_and_not_from_the_verdict(lines: list[Line]) -> None:
    tarpit, began = Tarpit(), time.monotonic()
    (late, its), (early, others) = lines
    late.heard = began - DELAY + 0.4
    early.heard = began - DELAY + 0.2
    tarpit.hold(late, b"late")
    tarpit.hold(early, b"early")
    assert others.recv(10) == b"early"
    assert time.monotonic() - began >= 0.2
    its.setblocking(False)
    with pytest.raises(BlockingIOError):
        its.recv(10)
    its.settimeout(20)
    assert its.recv(10) == b"late"
    assert time.monotonic() - began >= 0.4
