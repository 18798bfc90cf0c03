"""Assessments: what they say before, between and after their runs."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import pytest

from pgvitals import assessment, task
from pgvitals.assessment import FINDINGS, Assessment
from pgvitals.exposition import Block, page
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.session import Session
from pgvitals.target import Bar
from pgvitals.task import Status
from unit.drafts import target
from unit.material import TEXT, Clock, Rows, read, result

PRIMARY, STANDBY = Facts(160_004, in_recovery=False), Facts(160_004, in_recovery=True)
COLUMNS = dict.fromkeys(("reason", "scope", "violations", "found", "rows"), TEXT)
MINUTE = 60


@dataclass(frozen=True)
class Counted:
    """A server on which `violations` of ten things are wrong."""

    violations: int = 0
    reason: str = ""

    def read(self, *asked: Any) -> Iterator[Rows]:
        number = str(self.violations)
        listed = [{"schemaname": "public", "object": f"t{i:02}"} for i in range(self.violations)]
        yield result(COLUMNS, (self.reason, "10", number, number, json.dumps(listed)))


@dataclass(frozen=True)
class Unreached:
    """A server that must not be asked."""

    def read(self, *asked: Any) -> Iterable[Rows]:
        raise AssertionError("it was asked")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (assessment, task):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def made(clock: Clock) -> Assessment:
    return make(clock)


def make(clock: Clock, **changes: Any) -> Assessment:
    return Assessment(target(**{"interval": "10m", **changes}), "shop", due=clock.now)


def run(of: Assessment, violations: int = 0, facts: Facts = PRIMARY, reason: str = "") -> Outcome:
    return of.run(cast("Session", Counted(violations, reason)), facts, 5)


def said(of: Assessment, clock: Clock) -> tuple[str, str]:
    found = of.verdict(of.status, clock.now)
    return found.state, found.reason


def shown(of: Assessment, clock: Clock) -> Block:
    return of.shown(of.status, clock.now)


def state(block: Block) -> str:
    """The state that a scraper reads."""
    states = read(b"".join(page([[block]])))["pgvitals_target_state"]
    [found] = [labels[-1] for labels, value in states.items() if value]
    return found


# Over its life


def test_before_the_first_run_it_is_warming_up(made: Assessment, clock: Clock) -> None:
    assert said(made, clock) == ("not_evaluated", "warming_up")
    clock.now += 10 * 3600
    assert said(made, clock) == ("not_evaluated", "warming_up")


def test_a_first_run_that_fails_says_why_at_once(made: Assessment, clock: Clock) -> None:
    made.fail(psycopg.errors.QueryCanceled("slow"), clock.now)
    assert said(made, clock) == ("not_evaluated", "timeout")


@pytest.mark.parametrize(("violations", "state"), [(0, "met"), (1, "unmet")])
def test_after_a_run_there_is_a_verdict_with_its_time(
    made: Assessment, clock: Clock, violations: int, state: str
) -> None:
    assert run(made, violations) == Outcome("success")
    found = made.verdict(made.status, clock.now)
    assert (found.state, found.value) == (state, 1 - violations / 10)
    assert found.evaluated_at == clock.time()
    assert made.status.rows == 10


def test_a_verdict_lasts_until_it_is_stale(made: Assessment, clock: Clock) -> None:
    run(made)
    clock.now += 11 * MINUTE
    assert clock.now == made.lasts(made.status)
    assert said(made, clock) == ("met", "")
    clock.now += 0.001
    assert said(made, clock) == ("not_evaluated", "stale")


def test_a_short_interval_lasts_three_times(clock: Clock) -> None:
    made = make(clock, interval="10s")
    run(made)
    assert made.lasts(made.status) == clock.now + 30


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (psycopg.errors.QueryCanceled("slow"), "timeout"),
        (psycopg.errors.LockNotAvailable("locked"), "timeout"),
        (psycopg.errors.UndefinedTable("gone"), "error"),
        (psycopg.OperationalError("lost"), "error"),
        (ValueError("ours"), "error"),
    ],
)
def test_a_failure_keeps_the_verdict_until_it_is_stale_and_is_the_reason_then(
    made: Assessment, clock: Clock, error: Exception, reason: str
) -> None:
    run(made, 1)
    before = made.verdict(made.status, clock.now)
    clock.now += 10 * MINUTE
    made.fail(error, clock.now)
    assert made.verdict(made.status, clock.now) == before
    clock.now += MINUTE + 1
    after = made.verdict(made.status, clock.now)
    assert (after.state, after.reason, after.kind_of_reason) == ("not_evaluated", reason, "lost")
    assert (after.value, after.evaluated_at) == (None, None)


def test_a_run_after_a_failure_is_a_verdict_again(made: Assessment, clock: Clock) -> None:
    made.fail(psycopg.OperationalError("lost"), clock.now)
    run(made)
    assert said(made, clock) == ("met", "")


def test_a_reason_of_the_server_replaces_the_verdict(made: Assessment, clock: Clock) -> None:
    run(made)
    run(made, reason="not_configured")
    assert said(made, clock) == ("not_evaluated", "not_configured")


def test_what_the_server_refuses_is_no_verdict_of_before(made: Assessment, clock: Clock) -> None:
    run(made)
    made.fail(psycopg.errors.InsufficientPrivilege("no"), clock.now)
    assert said(made, clock) == ("not_evaluated", "privilege")


# Where it does not run


@pytest.mark.parametrize(
    ("changes", "facts", "expected"),
    [
        ({}, STANDBY, ("not_applicable", "")),
        ({"requires": {"role": "any", "min_version": 17}}, PRIMARY, ("not_evaluated", "version")),
        ({"requires": {"extensions": ["x"]}}, PRIMARY, ("not_evaluated", "extension")),
        ({"requires": {"relations": ["a.b"]}}, PRIMARY, ("not_evaluated", "extension")),
    ],
)
def test_where_it_cannot_run_nobody_is_asked(
    changes: dict[str, Any], facts: Facts, expected: tuple[str, str], clock: Clock
) -> None:
    made = make(clock, **changes)
    ended = made.run(cast("Session", Unreached()), facts, 5)
    assert ended.kind == "skipped"
    assert said(made, clock) == expected


def test_a_server_that_became_a_standby_keeps_no_verdict(made: Assessment, clock: Clock) -> None:
    run(made)
    run(made, facts=STANDBY)
    assert said(made, clock) == ("not_applicable", "")
    assert state(shown(made, clock)) == "not_applicable"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"enabled": False}, "not_enabled"),
        ({"sql": ""}, "not_implemented"),
        ({"sql": "", "enabled": False}, "not_implemented"),
        ({"bars": {"shop": Bar(enabled=False)}}, "not_enabled"),
    ],
)
def test_what_is_off_or_not_there_is_never_run_and_says_so(
    changes: dict[str, Any], reason: str, clock: Clock
) -> None:
    made = make(clock, **changes)
    assert made.idle
    assert made.due == math.inf
    made.retry(clock.now)
    assert made.idle
    clock.now += 10 * 3600
    assert said(made, clock) == ("not_evaluated", reason)


def test_what_is_off_elsewhere_runs_here(clock: Clock) -> None:
    assert not make(clock, bars={"bank": Bar(enabled=False)}).idle
    assert not make(clock, enabled=False, bars={"shop": Bar(enabled=True)}).idle


# What is shown


def test_while_nothing_changes_the_block_is_the_same_object(made: Assessment, clock: Clock) -> None:
    for prepare in (lambda: None, lambda: run(made), lambda: run(made, 1)):
        prepare()
        first = shown(made, clock)
        clock.now += 1
        assert shown(made, clock) is first


def test_a_new_run_is_a_new_block(made: Assessment, clock: Clock) -> None:
    seen = [shown(made, clock)]
    for violations in (0, 1):
        run(made, violations)
        seen.append(shown(made, clock))
    assert [state(block) for block in seen] == ["not_evaluated", "met", "unmet"]


def test_a_stale_verdict_is_shown_no_more(made: Assessment, clock: Clock) -> None:
    run(made)
    fresh = shown(made, clock)
    clock.now += 12 * MINUTE
    stale = shown(made, clock)
    assert (state(fresh), state(stale)) == ("met", "not_evaluated")
    assert shown(made, clock) is stale


def test_a_failure_between_changes_nothing_that_is_read(made: Assessment, clock: Clock) -> None:
    run(made, 1)
    before = shown(made, clock)
    made.fail(psycopg.OperationalError("lost"), clock.now)
    assert shown(made, clock) == before


def named(of: Assessment, clock: Clock) -> list[str]:
    return [finding.object for finding in of.verdict(of.status, clock.now).findings]


def test_another_bound_of_findings_is_shown_at_once(made: Assessment, clock: Clock) -> None:
    made.most = 2
    run(made, 3)
    before = shown(made, clock)
    assert named(made, clock) == ["t00", "t01"]
    made.most = FINDINGS
    assert shown(made, clock) != before
    assert named(made, clock) == ["t00", "t01", "t02"]


def test_who_wants_more_findings_than_are_shown_asks_before_it_runs(
    made: Assessment, clock: Clock
) -> None:
    made.most = FINDINGS + 5
    run(made, FINDINGS + 10)
    assert len(named(made, clock)) == FINDINGS + 5


def test_of_many_findings_only_those_stay_that_may_be_shown(made: Assessment) -> None:
    run(made, 1000)
    assert made.status.verdict is not None
    assert (made.status.verdict.found, len(made.status.verdict.findings)) == (1000, FINDINGS)


def test_what_is_shown_is_of_the_status_that_is_asked_for(made: Assessment, clock: Clock) -> None:
    run(made)
    assert state(made.shown(Status(), clock.now)) == "not_evaluated"
    assert state(shown(made, clock)) == "met"


def test_exempted_findings_do_not_count(clock: Clock) -> None:
    key = ("public", "orders", "")
    made = Assessment(target(), "shop", exempt=frozenset({key}))
    rows = '[{"schemaname": "public", "object": "orders"}]'

    class Server:
        def read(self, *asked: Any) -> Iterator[Rows]:
            yield result(COLUMNS, ("", "10", "1", "1", rows))

    made.run(cast("Session", Server()), PRIMARY, 5)
    found = made.verdict(made.status, clock.now)
    assert (found.state, found.denominator, found.exempted) == ("met", 9, 1)


def test_its_name_tells_it_from_queries_and_all_share_a_part(made: Assessment) -> None:
    assert (made.name, made.part) == ("target_t", "targets")
