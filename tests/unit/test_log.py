"""Logging: the same trouble once in a while, and nothing that somebody else says."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import structlog

from pgvitals import log
from pgvitals.config import Log
from pgvitals.log import REPEAT_AFTER, Repeats


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def passes(repeats: Repeats, method: str = "warning", **event: Any) -> dict[str, Any] | None:
    """The event as it goes on; None when it is dropped."""
    try:
        return dict(repeats(None, method, {"event": "query error", **event}))
    except structlog.DropEvent:
        return None


def test_what_was_said_is_not_said_again_for_a_while(clock: Clock) -> None:
    repeats = Repeats(clock)
    assert passes(repeats) == {"event": "query error"}
    clock.now = REPEAT_AFTER - 0.001
    assert passes(repeats) is None


def test_said_again_it_counts_the_silence(clock: Clock) -> None:
    repeats = Repeats(clock)
    for now in (0, 10, 20, 30):
        clock.now = now
        passes(repeats)
    clock.now = REPEAT_AFTER
    assert passes(repeats) == {"event": "query error", "repeated": 3}
    clock.now = 2 * REPEAT_AFTER
    assert passes(repeats) == {"event": "query error"}


def test_what_was_dropped_does_not_prolong_the_silence(clock: Clock) -> None:
    repeats = Repeats(clock)
    said = 0
    for second in range(0, 3 * int(REPEAT_AFTER) + 1, 10):
        clock.now = second
        said += passes(repeats) is not None
    assert said == 4


@pytest.mark.parametrize("key", ["instance", "collector", "database", "reason", "since"])
def test_the_same_trouble_elsewhere_is_said(clock: Clock, key: str) -> None:
    repeats = Repeats(clock)
    assert passes(repeats, **{key: "a"})
    assert passes(repeats, **{key: "b"})
    assert passes(repeats, **{key: "a"}) is None


def test_the_same_trouble_in_other_words_is_not_said(clock: Clock) -> None:
    repeats = Repeats(clock)
    assert passes(repeats, error="at 10:00")
    assert passes(repeats, error="at 10:01") is None


@pytest.mark.parametrize("method", ["info", "debug"])
def test_only_warnings_and_errors_can_be_too_many(clock: Clock, method: str) -> None:
    repeats = Repeats(clock)
    assert passes(repeats, method)
    assert passes(repeats, method)


def test_the_memory_of_what_was_said_is_bounded(clock: Clock) -> None:
    repeats = Repeats(clock)
    for number in range(12_000):
        assert passes(repeats, database=str(number))
    assert len(repeats._said) <= 10_000


@pytest.fixture
def configured() -> Iterator[None]:
    psycopg = logging.getLogger("psycopg")
    handlers = list(psycopg.handlers)
    yield
    psycopg.handlers, psycopg.propagate = handlers, True
    structlog.reset_defaults()


@pytest.mark.usefixtures("configured")
def test_a_log_for_machines_is_json_line_by_line_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure(Log())
    structlog.get_logger().info("listening", addresses=[":9187"])
    structlog.get_logger().warning("one\ntwo")
    out, err = capsys.readouterr()
    first, second = map(json.loads, err.splitlines())
    assert out == ""
    assert (first["event"], first["level"], first["addresses"]) == ("listening", "info", [":9187"])
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "one\ntwo"


@pytest.mark.usefixtures("configured")
def test_a_log_for_people_is_no_json_and_has_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(Log(format="console"))
    structlog.get_logger().info("listening", path="/metrics")
    _, err = capsys.readouterr()
    assert "listening" in err
    assert "path=/metrics" in err
    assert "\x1b" not in err
    with pytest.raises(json.JSONDecodeError):
        json.loads(err)


@pytest.mark.usefixtures("configured")
def test_logfmt_is_a_line_for_each_event_with_the_time_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure(Log(format="logfmt"))
    structlog.get_logger().info("listening", addresses=[":9187"], error='a "b"\nc=d')
    try:
        raise ValueError("one\ntwo")
    except ValueError:
        structlog.get_logger().exception("failed")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("timestamp=2")
    assert 'level=info event=listening addresses=[\':9187\'] error="a \\"b\\"\\nc=d"' in first
    assert "event=failed" in second
    assert "ValueError: one" in second


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("level", ["debug", "info", "warn", "warning", "error"])
def test_nothing_below_the_level_is_logged(
    capsys: pytest.CaptureFixture[str],
    level: Literal["debug", "info", "warn", "warning", "error"],
) -> None:
    log.configure(Log(level=level))
    levels = ["debug", "info", "warning", "error"]
    for said in levels:
        getattr(structlog.get_logger(), said)(f"said {said}")
    found = [json.loads(line)["level"] for line in capsys.readouterr().err.splitlines()]
    assert found == levels[levels.index("warning" if level == "warn" else level) :]


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_is_logged_with_where_it_came_from(
    capsys: pytest.CaptureFixture[str], form: Literal["json", "console"]
) -> None:
    log.configure(Log(format=form))
    try:
        raise KeyError("n")
    except KeyError:
        structlog.get_logger().exception("internal error")
    err = capsys.readouterr().err
    assert "KeyError" in err
    assert "test_log.py" in err


@pytest.mark.usefixtures("configured")
def test_repeated_trouble_is_logged_once(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(Log())
    for _ in range(5):
        structlog.get_logger().error("server is down", instance="a", reason="refused")
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.usefixtures("configured")
def test_what_psycopg_logs_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(Log())
    logging.getLogger("psycopg.pool").error("error connecting: password=secret")
    assert capsys.readouterr().err == ""
