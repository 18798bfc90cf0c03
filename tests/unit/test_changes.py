"""Changes: what a look at the catalogs makes due, and how often."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals import assessment, changes, task
from pgvitals.agenda import shipped
from pgvitals.assessment import Assessment
from pgvitals.changes import INTERVAL, Changes, look
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.session import Session
from unit.drafts import target
from unit.material import TEXT, Clock, Rows, quick, result

PRIMARY, STANDBY = Facts(160_004, in_recovery=False), Facts(160_004, in_recovery=True)
LATER = 600


@dataclass(frozen=True)
class Catalogs:
    """A server whose catalogs are in the state that has this number; an empty one is told by None."""

    state: int | None

    def read(self, *asked: Any) -> Iterator[Rows]:
        fingerprint = None if self.state is None else str(self.state)
        yield result({"fingerprint": TEXT}, (fingerprint,))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (assessment, changes, task):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def watched(clock: Clock) -> Changes:
    """A look that was made once, and an assessment that ran since and has time."""
    made = Changes(look(), "shop", due=clock.now)
    made.concerns = [Assessment(target(on_change=True), "shop")]
    run(made, 1)
    rest(made, clock)
    return made


def run(of: Changes, state: int | None, facts: Facts = PRIMARY) -> Outcome:
    return of.run(cast("Session", Catalogs(state)), facts, 5)


def rest(of: Changes, clock: Clock) -> None:
    for one in of.concerns:
        one.due = clock.now + LATER


def waits(of: Changes, clock: Clock) -> list[float]:
    """Seconds until each assessment is due."""
    return [one.due - clock.now for one in of.concerns]


# What a look does


def test_a_change_makes_due_at_once_and_the_same_again_does_not(
    watched: Changes, clock: Clock
) -> None:
    assert run(watched, 2) == Outcome("success")
    assert waits(watched, clock) == [0]
    rest(watched, clock)
    run(watched, 2)
    assert waits(watched, clock) == [LATER]


def test_a_change_that_is_taken_back_is_one_too(watched: Changes, clock: Clock) -> None:
    for state in (2, 1):
        rest(watched, clock)
        run(watched, state)
        assert waits(watched, clock) == [0]


def test_the_first_look_makes_due_what_may_have_run_before_it(clock: Clock) -> None:
    made = Changes(look(), "shop", due=clock.now, concerns=[Assessment(target(), "shop")])
    rest(made, clock)
    run(made, 1)
    assert waits(made, clock) == [0]


def test_what_is_overdue_keeps_its_time_and_what_never_runs_never_does(
    watched: Changes, clock: Clock
) -> None:
    late = Assessment(target(), "shop", due=clock.now - 5)
    watched.concerns = [late, Assessment(target(enabled=False), "shop")]
    run(watched, 2)
    assert waits(watched, clock) == [-5, math.inf]


def test_what_is_hurried_is_wanted_before_all_else_until_it_has_run(
    watched: Changes, clock: Clock
) -> None:
    run(watched, 2)
    [hurried] = watched.concerns
    assert hurried.wanted_by == clock.now
    hurried.finish(Outcome("success"), clock.now)
    assert hurried.wanted_by == hurried.due + hurried.interval


def test_what_failed_comes_when_its_wait_is_over(watched: Changes, clock: Clock) -> None:
    [failing] = watched.concerns
    for _ in range(8):
        failing.fail(psycopg.errors.QueryCanceled("slow"), clock.now)
    wait = waits(watched, clock)
    run(watched, 2)
    assert waits(watched, clock) == wait != [0]


def test_a_look_that_fails_takes_back_nothing_and_the_next_one_sees(
    watched: Changes, clock: Clock
) -> None:
    watched.fail(psycopg.errors.LockNotAvailable("locked"), clock.now)
    assert waits(watched, clock) == [LATER]
    run(watched, 1)
    assert waits(watched, clock) == [LATER]
    watched.fail(psycopg.errors.QueryCanceled("slow"), clock.now)
    run(watched, 2)
    assert waits(watched, clock) == [0]


def test_a_standby_is_not_looked_at(watched: Changes, clock: Clock) -> None:
    assert run(watched, 2, STANDBY) == Outcome("skipped", "role")
    assert waits(watched, clock) == [LATER]


def test_catalogs_without_anything_are_catalogs(watched: Changes, clock: Clock) -> None:
    run(watched, None)
    assert waits(watched, clock) == [0]


def test_it_is_known_by_its_name_and_shows_nothing(watched: Changes, clock: Clock) -> None:
    run(watched, 2)
    assert (watched.name, watched.shown(watched.status, clock.now)) == ("catalog_changes", ())
    assert (watched.status.rows, watched.status.success_at) == (1, clock.now)


# How often


@quick
@given(
    late=st.lists(st.floats(-0.5, 400), min_size=1, max_size=40),
    failing=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_with_ddl_all_the_time_each_runs_once_a_minute_at_most(
    late: list[float], failing: list[bool]
) -> None:
    """`late` is by how much each look is; half a second early is what joins a visit."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        for module in (changes, task):
            patch.setattr(module, "time", clock)
        began, told = clock.now, 0
        made = Changes(look(), "shop", due=began, concerns=[Assessment(target(), "shop")])
        for state, (seconds, fails) in enumerate(zip(late, failing, strict=False)):
            clock.now = max(clock.now, made.due + seconds)
            rest(made, clock)
            if fails:
                made.fail(psycopg.OperationalError("lost"), clock.now)
            else:
                run(made, state)
            told += made.concerns[0].due == clock.now
            assert told <= (clock.now + 0.5 - began) / INTERVAL + 1


# Whom it concerns


def test_what_alerts_is_assessed_on_change_or_every_minute() -> None:
    soon = {
        name for name, t in shipped().items() if t.on_change or (t.implemented and t.interval <= 60)
    }
    assert soon == {
        "migration_sequence",
        "rls_coverage",
        "auth_bypass",
        "fk_indexed",
        "primary_keys",
    }
