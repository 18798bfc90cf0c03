"""Deadlines: who talks for too long is cut off, and nobody else."""

import queue
import socket
import threading
from collections.abc import Iterator

import pytest

from pgvitals.deadline import Deadlines

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def is_open(end: socket.socket) -> bool:
    """Whether a reader would go on waiting."""
    try:
        return bool(end.recv(1))
    except BlockingIOError:
        return True


def test_a_socket_is_shut_when_its_time_is_over(pair: Pair) -> None:
    ours, theirs = pair
    deadlines = Deadlines()
    with deadlines.guard(ours.fileno(), 5) as deadline:
        deadlines.enforce(deadline.at - 0.001)
        assert (deadline.expired, is_open(ours), is_open(theirs)) == (False, True, True)
        deadlines.enforce(deadline.at)
        assert (deadline.expired, is_open(ours), is_open(theirs)) == (True, False, False)


def test_a_deadline_without_time_is_over_at_once(pair: Pair) -> None:
    deadlines = Deadlines()
    with deadlines.guard(pair[0].fileno(), -1) as deadline:
        deadlines.enforce(deadline.at)
        assert deadline.expired


def test_what_ended_in_time_is_left_alone(pair: Pair) -> None:
    deadlines = Deadlines()
    with deadlines.guard(pair[0].fileno(), 5) as deadline:
        pass
    deadlines.enforce(float("inf"))
    assert (deadline.expired, is_open(pair[0])) == (False, True)


def test_what_ended_with_an_error_is_left_alone_too(pair: Pair) -> None:
    deadlines = Deadlines()
    with pytest.raises(KeyError), deadlines.guard(pair[0].fileno(), 5):
        raise KeyError
    deadlines.enforce(float("inf"))
    assert is_open(pair[0])


def test_each_socket_has_its_own_deadline(pair: Pair) -> None:
    first, second = pair
    deadlines = Deadlines()
    other = socket.socketpair()
    with (
        other[0],
        other[1],
        deadlines.guard(first.fileno(), 5) as soon,
        deadlines.guard(other[0].fileno(), 500) as late,
    ):
        other[0].setblocking(False)
        deadlines.enforce(soon.at)
        assert (soon.expired, late.expired) == (True, False)
        assert (is_open(second), is_open(other[0])) == (False, True)


def test_a_number_that_became_another_socket_is_not_shut(pair: Pair) -> None:
    deadlines = Deadlines()
    ours, theirs = socket.socketpair()
    with theirs, deadlines.guard(ours.fileno(), 5):
        number = ours.detach()
        socket.close(number)
        again, peer = socket.socketpair()
        with again, peer:
            assert number in (again.fileno(), peer.fileno())
            again.setblocking(False)
            peer.setblocking(False)
            deadlines.enforce(float("inf"))
            assert is_open(again)
            assert is_open(peer)


def test_nothing_of_a_guarded_socket_stays_open_afterwards(pair: Pair) -> None:
    ours, theirs = pair
    with Deadlines().guard(ours.fileno(), 5):
        pass
    ours.close()
    assert not is_open(theirs)


def test_a_socket_that_the_peer_left_can_still_be_shut(pair: Pair) -> None:
    ours, theirs = pair
    deadlines = Deadlines()
    with deadlines.guard(ours.fileno(), 5) as deadline:
        theirs.close()
        ours.shutdown(socket.SHUT_RDWR)
        deadlines.enforce(float("inf"))
        deadlines.enforce(float("inf"))
        assert deadline.expired


def test_who_does_not_let_go_of_a_shut_socket_keeps_nobody_waiting(pair: Pair) -> None:
    deadlines = Deadlines()
    threading.Thread(target=deadlines.keep, daemon=True).start()
    ours, theirs = socket.socketpair()
    pair[0].settimeout(10)
    ours.settimeout(10)
    with ours, theirs, deadlines.guard(pair[0].fileno(), 0):
        assert pair[0].recv(1) == b""
        with deadlines.guard(ours.fileno(), 0.01) as later:
            assert ours.recv(1) == b""
            assert later.expired


def test_the_keeper_sleeps_until_one_is_due_or_an_earlier_one_comes(pair: Pair) -> None:
    deadlines = Deadlines()
    threading.Thread(target=deadlines.keep, daemon=True).start()
    with deadlines.guard(pair[0].fileno(), 500) as late:
        for _ in range(3):  # whether it waits for the late one by then or not
            ours, theirs = socket.socketpair()
            with ours, theirs, deadlines.guard(ours.fileno(), 0) as soon:
                ours.settimeout(10)
                assert ours.recv(1) == b""
                assert (soon.expired, late.expired) == (True, False)


def test_the_keeper_is_not_woken_for_one_that_is_due_after_he_looks_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadlines = Deadlines()
    woken: queue.SimpleQueue[bool] = queue.SimpleQueue()
    naps: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    notify, wait = threading.Condition.notify, threading.Condition.wait

    def noted(condition: threading.Condition, n: int = 1) -> None:
        woken.put(True)
        notify(condition, n)

    def slept(condition: threading.Condition, timeout: float | None = None) -> bool:
        naps.put(timeout)
        return wait(condition, timeout)

    keeper = threading.Thread(target=deadlines.keep, daemon=True)
    keeper.start()
    monkeypatch.setattr(threading.Condition, "notify", noted)
    monkeypatch.setattr(threading.Condition, "wait", slept)
    number = pair[0].fileno()
    with deadlines.guard(number, 500):
        assert woken.get(timeout=10)
        assert naps.get(timeout=10)
    with deadlines.guard(number, 600):
        assert woken.empty()
    with deadlines.guard(number, 5):
        assert woken.get(block=False)
