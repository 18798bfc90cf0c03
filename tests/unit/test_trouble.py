"""How the trouble table judges: a daemon by a bare server, and a machine by it too."""

import pytest

from support.row import BEYOND_MS, COLUMNS, Row
from support.table import table
from support.trouble import ATTEMPTS, last_word

QUICK, SLOW = [2.0] * 200, [2.0] * 190 + [90.0] * 10
SLOWER = [2.0] * 190 + [90.0 + BEYOND_MS] * 10


def judged(ours: list[float], bare: list[float], *misses: str) -> Row:
    row = Row("stop", misses=list(misses))
    row.time(ours, bare)
    return row


def test_a_daemon_that_is_slow_while_the_bare_server_is_not_is_a_miss() -> None:
    row = judged(SLOW, QUICK)
    assert row.misses == ["p99"]
    assert not row.untold, "a second trial could only excuse it"
    assert "| 90.0   | 2.0         | 0           | FAIL: p99 |" in table(COLUMNS, [row])


def test_what_the_bare_server_takes_too_is_the_machines() -> None:
    assert judged(QUICK, QUICK).misses == judged(SLOW, SLOW).misses == []
    assert judged(SLOWER, SLOW).misses == []
    assert judged([*SLOWER, *SLOWER[-10:]], SLOW).misses == []
    assert judged([ms + 0.1 for ms in SLOWER], SLOW).misses == ["p99"]


def test_a_machine_that_is_slow_tells_nothing_of_p99_and_excuses_nothing_else() -> None:
    assert [judged(ours, SLOW).untold for ours in (SLOW, [500.0])] == [True] * 2
    assert not judged(SLOW, QUICK).untold
    assert not judged(QUICK, SLOW).untold
    assert not judged(SLOW, SLOW, "pg_up flapped").untold


@pytest.mark.parametrize(
    ("bare", "attempts", "misses"),
    [
        ([QUICK], 1, ["p99"]),
        ([SLOW, QUICK], 2, ["p99"]),
        ([SLOW, SLOW, SLOW], ATTEMPTS, []),
    ],
)
def test_a_trial_is_repeated_while_the_machine_is_slow_and_the_last_word_counts(
    bare: list[list[float]], attempts: int, misses: list[str]
) -> None:
    rows = [judged(SLOW, times) for times in bare]
    waiting = iter(rows)
    assert last_word(lambda: next(waiting)) is rows[attempts - 1]
    assert rows[attempts - 1].misses == misses
