"""Courtesy: who reads waits for who answers, and never for long."""

import threading
from dataclasses import dataclass, field

import pytest

from pgvitals import courtesy as module
from pgvitals.courtesy import PATIENCE, Courtesy


@dataclass
class Clock:
    """Time as it passes for who waits, and for how long each wait was meant; all last that long."""

    waits: list[float] = field(default_factory=list)
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    def wait(_: threading.Event, timeout: float) -> None:
        clock.waits.append(timeout)
        clock.now += timeout

    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(threading.Event, "wait", wait)
    return clock


def test_nobody_waits_while_nothing_is_answered(clock: Clock) -> None:
    courtesy = Courtesy()
    courtesy.begin()
    courtesy.end()
    courtesy.step_aside()
    assert clock.waits == []


def test_the_last_of_several_answers_ends_the_waiting(clock: Clock) -> None:
    courtesy = Courtesy()
    courtesy.begin()
    courtesy.begin()
    courtesy.end()
    courtesy.step_aside()
    assert clock.waits == [PATIENCE]
    clock.now += 1
    courtesy.end()
    courtesy.step_aside()
    assert clock.waits == [PATIENCE]


def test_at_most_a_third_of_the_time_is_spent_on_waiting(clock: Clock) -> None:
    courtesy, begin = Courtesy(), clock.now
    courtesy.begin()
    for _ in range(20_000):
        courtesy.step_aside()
        clock.now += 0.001
    assert 0.3 < sum(clock.waits) / (clock.now - begin) < 0.35


def test_several_scrapes_that_come_together_are_waited_for(clock: Clock) -> None:
    courtesy = Courtesy()
    courtesy.begin()
    for _ in range(5):
        courtesy.step_aside()
        clock.now += 0.001
    assert clock.waits == [PATIENCE] * 5


def test_who_waits_goes_on_when_the_answer_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 60)
    courtesy, waits, passed = Courtesy(), threading.Event(), threading.Event()

    class Done(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.set()
            return super().wait(timeout)

    def read() -> None:
        courtesy.step_aside()
        passed.set()

    monkeypatch.setattr(courtesy, "_done", Done())
    courtesy.begin()
    threading.Thread(target=read, daemon=True).start()
    assert waits.wait(30)
    assert not passed.is_set()
    courtesy.end()
    assert passed.wait(30)
