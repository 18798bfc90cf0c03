"""The heartbeat: when a server is up, and when nobody knows."""

from hypothesis import given
from hypothesis import strategies as st

from pgvitals.heartbeat import INTERVAL, LIFETIME, MISSES, RETRY, Heartbeat
from pgvitals.login import LIMIT
from unit.material import quick


def test_before_the_first_beat_nobody_says_up() -> None:
    beat = Heartbeat()
    assert (beat.up(0), beat.reason(0)) == (False, "starting")


def test_an_answer_means_up_for_a_while_and_not_for_ever() -> None:
    beat = Heartbeat()
    beat.answered(100, 0.25)
    assert beat.up(100)
    assert beat.up(100 + LIFETIME)
    assert beat.reason(100 + LIFETIME + 0.1) == "heartbeat_overdue"
    assert (beat.good_at, beat.duration) == (100, 0.25)


def test_a_refusal_means_down_at_once() -> None:
    beat = Heartbeat()
    beat.answered(100, 0.1)
    beat.refused("login_refused")
    assert (beat.up(100), beat.reason(100)) == (False, "login_refused")


def test_one_lost_beat_does_not_mean_down_and_two_do() -> None:
    beat = Heartbeat()
    beat.answered(100, 0.1)
    beat.missed()
    assert beat.up(114)
    beat.missed()
    assert beat.reason(114) == "no_answer"


def test_a_server_that_never_answered_is_down_after_one_silence() -> None:
    beat = Heartbeat()
    beat.missed()
    assert beat.reason(0) == "no_answer"


def test_a_lost_beat_is_made_good_before_the_last_answer_expires() -> None:
    # Answered at 0; the next beat is silent until its limit, the one after may take as long.
    beat = Heartbeat()
    beat.answered(0, 0)
    second = INTERVAL
    beat.missed()
    third = second + max(beat.pause, LIMIT)
    assert beat.up(third + LIMIT)


def test_an_answer_ends_all_trouble_and_says_so() -> None:
    beat = Heartbeat()
    assert beat.answered(1, 0.1)
    assert not beat.answered(2, 0.1)
    beat.missed()
    assert beat.answered(3, 0.1)
    beat.refused("tls")
    assert beat.answered(4, 0.1)
    assert (beat.misses, beat.refusal, beat.up(4)) == (0, "", True)


def test_after_silence_the_next_beat_comes_sooner() -> None:
    beat = Heartbeat()
    assert beat.pause == INTERVAL
    beat.missed()
    assert beat.pause == RETRY
    beat.refused("refused")
    assert beat.pause == INTERVAL


def test_a_refusal_holds_until_an_answer_comes_and_its_reason_until_silence_is_certain() -> None:
    beat = Heartbeat()
    beat.answered(0, 0.1)
    beat.refused("starting_up")
    beat.missed()
    assert beat.reason(1) == "starting_up"
    beat.missed()
    assert beat.reason(1) == "no_answer"


def test_what_was_never_answered_is_overdue_after_a_while() -> None:
    beat = Heartbeat(since=100)
    assert beat.reason(100 + LIFETIME) == "starting"
    assert beat.reason(101 + LIFETIME) == "heartbeat_overdue"


@quick
@given(st.lists(st.sampled_from(["answered", "missed", "refused"]), max_size=12))
def test_up_is_the_last_word_and_at_most_one_silence(events: list[str]) -> None:
    beat = Heartbeat()
    for event in events:
        if event == "answered":
            beat.answered(50, 0.1)
        elif event == "missed":
            beat.missed()
        else:
            beat.refused("refused")
    silent = 0
    while silent < len(events) and events[-1 - silent] == "missed":
        silent += 1
    last = events[-1 - silent] if silent < len(events) else ""
    assert beat.up(50) == (last == "answered" and silent < MISSES)
    assert beat.up(50) == (beat.reason(50) == "")
