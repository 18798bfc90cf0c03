"""Collectors: what they keep of a run, and when the next one is due."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals import collector as collecting
from pgvitals import task
from pgvitals.collector import Collector
from pgvitals.exposition import page
from pgvitals.facts import Facts
from pgvitals.outcome import Outcome
from pgvitals.session import Session
from pgvitals.task import Status
from unit.material import GAUGE, INT8, NUMERIC, TEXT, Clock, Rows, prepared, query, quick, result

FACTS = Facts(160004, in_recovery=False)
SUCCESS, ERROR = Outcome("success"), Outcome("error", "40001")
NOBODY = cast("Session", None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (collecting, task):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def collector(clock: Clock) -> Collector:
    return Collector(query(interval="15s"), "db", due=clock.now)


def run(collector: Collector, *chunks: Rows) -> Outcome:
    return collector.run(prepared(*chunks), FACTS, 5)


def text(collector: Collector) -> str:
    return b"".join(page([[collector.status.block]])).decode()


def numbers(*values: str | None) -> Rows:
    return result({"n": INT8}, *((value,) for value in values))


# What a run leaves behind


def test_a_run_keeps_the_rows_as_text(collector: Collector, clock: Clock) -> None:
    assert run(collector, numbers("5")) == SUCCESS
    assert text(collector) == "# HELP pg_x H.\n# TYPE pg_x gauge\npg_x 5\n"
    status = collector.status
    assert (status.outcome, status.rows, status.series, status.dropped) == (SUCCESS, 1, 1, 0)
    assert (status.success_at, status.success_time) == (clock.now, clock.time())


def test_a_new_result_replaces_the_old_one_whole(clock: Clock) -> None:
    collector = Collector(query(labels={"a": "A"}), "db")
    run(collector, result({"a": TEXT, "n": INT8}, ("x", "1"), ("y", "2")))
    run(collector, result({"a": TEXT, "n": INT8}, ("y", "3")))
    assert text(collector).splitlines()[2:] == ['pg_x{a="y"} 3']


def test_a_failure_leaves_the_last_result_alone(collector: Collector, clock: Clock) -> None:
    run(collector, numbers("5"))
    before = collector.status
    clock.now += 15
    ended = collector.fail(psycopg.errors.UndefinedTable("gone"), clock.now - 2)
    assert ended == Outcome("error", "42P01", "gone")
    assert collector.status == replace(before, outcome=ended, failures=1, duration=2)


def test_a_run_that_breaks_in_the_middle_changes_nothing(collector: Collector) -> None:
    def broken() -> Iterator[Rows]:
        yield numbers("6")
        raise psycopg.errors.QueryCanceled("slow")

    run(collector, numbers("5"))
    before = text(collector)
    with pytest.raises(psycopg.errors.QueryCanceled):
        run(collector, *broken())
    assert text(collector) == before


def test_a_result_without_a_column_is_an_error_and_changes_nothing(collector: Collector) -> None:
    run(collector, numbers("5"))
    ended = run(collector, result({"m": INT8}, ("1",)))
    assert ended == Outcome("error", "columns", "found m in the result; expected also n")
    assert "pg_x 5" in text(collector)


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        ({"role": "standby"}, "role"),
        ({"min_version": 17}, "version"),
        ({"extensions": ["x"]}, "extension"),
        ({"relations": ["s.x"]}, "relation"),
    ],
)
def test_what_cannot_run_here_is_skipped_without_asking_the_server(
    requires: dict[str, Any], reason: str, clock: Clock
) -> None:
    collector = Collector(query(requires=requires), "db", due=clock.now)
    assert collector.run(NOBODY, FACTS, 5) == Outcome("skipped", reason)
    assert collector.due == clock.now + 15


def test_what_is_skipped_shows_nothing_any_more(collector: Collector, clock: Clock) -> None:
    run(collector, numbers("5"))
    collector.fail(psycopg.errors.InsufficientPrivilege("no"), clock.now)
    assert text(collector) == ""
    assert collector.due == clock.now + 15 + 600


def test_the_database_is_a_label_in_scope_database_only(clock: Clock) -> None:
    per_database = Collector(query(scope="database", labels={"a": "A"}), 'd"b')
    run(per_database, result({"a": TEXT, "n": INT8}, ("x", "1")))
    assert text(per_database).splitlines()[2] == 'pg_x{datname="d\\"b",a="x"} 1'
    once = Collector(query(), "db")
    run(once, numbers("1"))
    assert text(once).splitlines()[2] == "pg_x 1"


def test_the_database_alone_is_a_label_too(clock: Clock) -> None:
    collector = Collector(query(scope="database"), "db")
    run(collector, numbers("1"))
    assert text(collector).splitlines()[2] == 'pg_x{datname="db"} 1'


def test_the_server_is_a_label_where_the_query_asks_for_it(clock: Clock) -> None:
    asks = query(scope="database", labels={"a": "A"}, server_label=True)
    collector = Collector(asks, "db", 'h"1:5432')
    run(collector, result({"a": TEXT, "n": INT8}, ("x", "1")))
    line = 'pg_x{datname="db",server="h\\"1:5432",a="x"} 1'
    assert text(collector).splitlines()[2] == line
    alone = Collector(query(), "db", "h:5432")
    run(alone, numbers("1"))
    assert text(alone).splitlines()[2] == "pg_x 1"


def test_rows_with_the_same_labels_are_one_and_counted(clock: Clock) -> None:
    collector = Collector(query(labels={"a": "A"}), "db")
    long = "x" * 2000
    rows = (("a", "1"), ("a", "2"), (None, "3"), ("", "4"), (long, "5"), (long + "y", "6"))
    run(collector, result({"a": TEXT, "n": INT8}, *rows))
    assert [line.rsplit(" ")[-1] for line in text(collector).splitlines()[2:]] == ["1", "3", "5"]
    assert collector.status.duplicates == 3


def test_rows_without_labels_are_duplicates_of_the_first(collector: Collector) -> None:
    run(collector, numbers("1", "2"))
    assert text(collector).splitlines()[2:] == ["pg_x 1"]
    assert collector.status.duplicates == 1


def test_what_is_dropped_is_counted(clock: Clock) -> None:
    collector = Collector(query(labels={"a": "A"}, max_series=2), "db")
    run(collector, result({"a": TEXT, "n": NUMERIC}, ("a", "1e999"), ("b", "1"), ("c", "1")))
    status = collector.status
    assert (status.rows, status.series, status.dropped) == (2, 1, 2)


def test_what_a_success_counted_is_not_added_to_the_next(clock: Clock) -> None:
    collector = Collector(query(max_series=1), "db")
    run(collector, numbers("1", "2", "3"))
    run(collector, numbers("1"))
    assert (collector.status.dropped, collector.status.duplicates) == (0, 0)


def test_families_from_rows_have_no_labels_and_no_duplicates(clock: Clock) -> None:
    source = {"prefix": "pg_s_", "name": "name", "value": "n", "help": "help"}
    collector = Collector(query(metrics=None, families_from=source), "db")
    columns = {"name": TEXT, "n": INT8, "help": TEXT}
    run(collector, result(columns, ("a", "1", "A."), ("b", "2", "B.")))
    assert [line for line in text(collector).splitlines() if line[0] != "#"] == [
        *("pg_s_a 1", "pg_s_b 2"),
    ]
    assert collector.status.duplicates == 0


def test_every_family_of_a_row_has_its_labels(clock: Clock) -> None:
    metrics = {"pg_x": GAUGE, "pg_y": GAUGE}
    collector = Collector(query(labels={"a": "A"}, metrics=metrics), "db")
    for value in ("1", "2"):
        run(collector, result({"a": TEXT, "n": INT8}, ("x", value)))
    assert [line for line in text(collector).splitlines() if line[0] != "#"] == [
        *('pg_x{a="x"} 2', 'pg_y{a="x"} 2'),
    ]


def test_a_status_is_replaced_and_never_changed(collector: Collector) -> None:
    first = collector.status
    run(collector, numbers("5"))
    assert first == Status()


# When the next run is due


def test_a_run_on_time_keeps_the_rate(collector: Collector, clock: Clock) -> None:
    dues = []
    for late in (0, 0.5, 3, 0, 14.9):
        clock.now = collector.due + late
        collector.finish(SUCCESS, clock.now)
        dues.append(collector.due)
    assert dues == [1015, 1030, 1045, 1060, 1075]


def test_a_run_that_is_a_little_early_keeps_the_rate_too(
    collector: Collector, clock: Clock
) -> None:
    clock.now = collector.due - 0.5
    collector.finish(SUCCESS, clock.now)
    assert collector.due == 1015


def test_a_run_that_is_a_turn_late_does_not_catch_up(collector: Collector, clock: Clock) -> None:
    clock.now = collector.due + 47
    collector.finish(SUCCESS, clock.now)
    assert collector.due == clock.now + 15


def test_stretch_multiplies_the_interval(collector: Collector, clock: Clock) -> None:
    collector.stretch = 4
    assert collector.interval == 60
    collector.finish(SUCCESS, clock.now)
    assert collector.due == clock.now + 60


def test_failures_in_a_row_wait_longer_and_a_success_forgets_them(
    collector: Collector, clock: Clock
) -> None:
    waits = []
    for _ in range(7):
        clock.now = collector.due
        collector.finish(ERROR, clock.now)
        waits.append(collector.due - clock.now)
    assert waits == [15, 30, 60, 120, 240, 300, 300]
    clock.now = collector.due
    collector.finish(SUCCESS, clock.now)
    assert (collector.status.failures, collector.due) == (0, clock.now + 15)


def test_a_skip_is_no_failure(collector: Collector, clock: Clock) -> None:
    collector.finish(ERROR, clock.now)
    collector.finish(Outcome("skipped", "role"), clock.now)
    assert collector.status.failures == 0


outcomes = st.sampled_from(
    [
        SUCCESS,
        ERROR,
        Outcome("timeout", "statement_timeout"),
        Outcome("skipped", "role"),
        Outcome("skipped", "privilege"),
    ]
)
runs = st.lists(st.tuples(st.floats(-0.5, 700), st.floats(0, 15), outcomes), min_size=1, max_size=6)


@quick
@given(runs, st.integers(1, 600))
def test_the_next_run_is_in_the_future_and_never_lost(
    ended: list[tuple[float, float, Outcome]], interval: int
) -> None:
    clock = Clock()
    collector = Collector(query(interval=f"{interval}s"), "db", due=clock.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "time", clock)
        for late, duration, outcome in ended:
            started = clock.now = max(clock.now, collector.due + late)
            clock.now += duration
            collector.finish(outcome, started)
            assert clock.now < collector.due
            assert collector.due <= clock.now + 0.5 + max(interval, 600)


@quick
@given(st.lists(st.floats(0, 14.99), min_size=1, max_size=8))
def test_lateness_below_the_interval_never_shifts_the_phase(lates: list[float]) -> None:
    clock = Clock()
    collector = Collector(query(interval="15s"), "db", due=clock.now)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "time", clock)
        for turn, late in enumerate(lates, 1):
            clock.now = collector.due + late
            collector.finish(SUCCESS, clock.now)
            assert collector.due == 1000 + turn * 15


@pytest.mark.parametrize(("late", "failures"), [(10, 0), (14.9, 0), (25, 1), (290, 7)])
def test_after_a_failure_the_wait_is_whole_however_late_the_run_was(
    collector: Collector, clock: Clock, late: float, failures: int
) -> None:
    collector.status = Status(failures=failures)
    clock.now = collector.due + late
    collector.finish(ERROR, clock.now)
    assert collector.due - clock.now >= ERROR.delay(15, failures + 1)


# For how long a result is served


@pytest.mark.parametrize(
    ("interval", "stretch", "lifetime"),
    [("15s", 1, 45), ("1m", 1, 120), ("30s", 1, 90), ("5m", 1, 360), ("15s", 4, 120)],
)
def test_a_result_is_served_for_three_intervals_or_one_and_a_minute(
    interval: str, stretch: int, lifetime: float, clock: Clock
) -> None:
    collector = Collector(query(interval=interval), "db", stretch=stretch)
    assert not collector.fresh(clock.now)
    run(collector, numbers("5"))
    assert collector.fresh(clock.now + lifetime)
    assert not collector.fresh(clock.now + lifetime + 0.001)


def test_a_failure_does_not_prolong_the_life_of_a_result(
    collector: Collector, clock: Clock
) -> None:
    run(collector, numbers("5"))
    clock.now += 30
    collector.finish(ERROR, clock.now)
    assert not collector.fresh(clock.now + 16)


# After trouble


def test_a_retry_makes_due_at_once_what_failed(collector: Collector, clock: Clock) -> None:
    run(collector, numbers("5"))
    for _ in range(5):
        collector.finish(ERROR, clock.now)
    collector.retry(clock.now)
    assert (collector.due, collector.status.failures) == (clock.now, 0)
    assert "pg_x 5" in text(collector)


def test_a_retry_makes_due_at_once_what_has_nothing_to_show(clock: Clock) -> None:
    never = Collector(query(), "db", due=clock.now + 300)
    never.retry(clock.now)
    assert never.due == clock.now


def test_a_retry_makes_due_at_once_what_is_no_longer_fresh(
    collector: Collector, clock: Clock
) -> None:
    run(collector, numbers("5"))
    clock.now += 100
    collector.due = clock.now + 200
    collector.retry(clock.now)
    assert collector.due == clock.now


def test_a_retry_leaves_alone_what_went_well(collector: Collector, clock: Clock) -> None:
    run(collector, numbers("5"))
    collector.retry(clock.now + 1)
    assert collector.due == 1015


pairs = st.tuples(
    st.sampled_from("abc"), st.one_of(st.none(), st.sampled_from(["1", "2", "1e999"]))
)


@quick
@given(
    st.lists(st.lists(pairs, max_size=4), max_size=4),
    st.sampled_from([{}, {"a": "A"}]),
    st.booleans(),
)
def test_whatever_came_before_the_text_is_that_of_the_rows(
    results: list[list[tuple[str, str | None]]], labels: dict[str, str], compat: bool
) -> None:
    metrics = {"pg_n": GAUGE, "pg_zero": {**GAUGE, "column": "zero"}}
    made = query(labels=labels, metrics=metrics, compat=compat)
    lasting = Collector(made, "db")
    for came in results:
        rows = result({"a": TEXT, "n": NUMERIC, "zero": INT8}, *((a, n, "0") for a, n in came))
        fresh = Collector(made, "db")
        run(lasting, rows)
        run(fresh, rows)
        assert text(lasting) == text(fresh)
        ours, theirs = lasting.status, fresh.status
        assert (ours.rows, ours.series, ours.dropped, ours.duplicates) == (
            *(theirs.rows, theirs.series, theirs.dropped, theirs.duplicates),
        )


def test_rows_that_stay_who_they_are_keep_the_text_of_families_that_do_not_change(
    clock: Clock,
) -> None:
    metrics = {"pg_n": GAUGE, "pg_zero": {**GAUGE, "column": "zero"}}
    collector = Collector(query(labels={"a": "A"}, metrics=metrics), "db", due=clock.now)
    shape = {"a": TEXT, "n": INT8, "zero": INT8}
    run(collector, result(shape, ("x", "1", "0"), ("y", "2", "0")))
    _, zeros = collector.status.block
    run(collector, result(shape, ("x", "3", "0"), ("y", "2", "0")))
    assert collector.status.block[1] is zeros
    run(collector, result(shape, ("x", "3", "0"), ("z", "2", "0")))
    assert collector.status.block[1] is not zeros
