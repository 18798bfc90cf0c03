"""An instance that never met its server: what it serves, and what it would poll."""

from dataclasses import replace

from pgvitals.config import Databases, InstanceConfig
from pgvitals.deadline import Deadlines
from pgvitals.exposition import Buffers, Family
from pgvitals.instance import Instance
from pgvitals.outcome import Outcome
from pgvitals.query import Override
from pgvitals.task import Status
from unit.material import CATALOGUE, CONFIG, GAUGE, NOW, query


def shown(name: str, text: str, success_at: float | None) -> Status:
    """A status with this block."""
    block = (Family(name, f"# HELP {name} H.\n# TYPE {name} gauge\n".encode(), text.encode()),)
    return Status(Outcome("success"), success_at=success_at, block=block)


def page(instance: Instance, now: float = NOW) -> Buffers:
    """What is served of results."""
    return instance.edition(now).buffers[:-1]  # the last is the account


def test_a_page_has_what_is_fresh_and_not_what_is_old(instance: Instance) -> None:
    first, second = instance.bound.collectors
    first.status = shown("pg_a", "pg_a 1\n", NOW)
    second.status = shown("pg_b", "pg_b 1\n", NOW - 30)
    assert b"".join(page(instance)).count(b"# TYPE") == 2
    later = b"".join(page(instance, NOW + 30))
    assert (b"pg_a 1" in later, b"pg_b" in later) == (True, False)
    assert page(instance, NOW + 60) == []


def test_an_instance_is_ready_when_all_was_tried_or_it_is_known_why_not(instance: Instance) -> None:
    first, second = instance.bound.collectors
    assert not instance.ready
    first.status = Status(Outcome("skipped", "role"))
    assert not instance.ready
    second.status = Status(Outcome("error", "42P01"))
    assert instance.ready
    first.status = Status()
    instance.heartbeat.refused("tls")
    assert instance.ready


def test_the_lag_is_that_of_the_most_overdue_query(instance: Instance) -> None:
    first, second = instance.bound.collectors
    first.due, second.due = NOW - 5, NOW + 5
    assert (instance.lag(NOW), instance.lag(NOW - 6)) == (5, 0)


def test_another_configuration_keeps_what_did_not_change(instance: Instance) -> None:
    first, second = instance.bound.collectors
    first.status = shown("pg_a", "pg_a 1\n", NOW)
    changed = {"a": CATALOGUE["a"], "b": CATALOGUE["b"].change(Override(max_series=7))}
    instance.adopt(CONFIG, {**changed, "c": query("c", metrics={"pg_c": GAUGE})})
    again, renewed, new = instance.bound.collectors
    assert again is first
    assert renewed is not second
    assert (renewed.query.max_series, new.query.name) == (7, "c")


def test_a_query_that_is_switched_off_leaves_the_page(instance: Instance) -> None:
    instance.bound.collectors[0].status = shown("pg_a", "pg_a 1\n", NOW)
    assert b"pg_a 1\n" in page(instance)
    instance.adopt(CONFIG, {"b": CATALOGUE["b"]})
    assert page(instance) == []


def test_before_databases_are_found_there_is_none_to_visit(instance: Instance) -> None:
    per_database = {"d": query("d", scope="database"), "c": query("c")}
    every = InstanceConfig(dsn=CONFIG.dsn, databases=Databases())
    instance.adopt(every, per_database)
    assert [c.query.name for c in instance.bound.collectors] == ["c"]
    instance.adopt(CONFIG, per_database)
    assert [c.query.name for c in instance.bound.collectors] == ["d", "c"]


def test_a_status_that_is_replaced_does_not_change_a_page_in_hand(instance: Instance) -> None:
    first = instance.bound.collectors[0]
    first.status = shown("pg_a", "pg_a 1\n", NOW)
    before = page(instance)
    first.status = replace(first.status, block=())
    assert b"pg_a 1\n" in before


def test_before_a_server_has_answered_there_is_nothing_to_read() -> None:
    made = Instance("main", CONFIG, CATALOGUE, Deadlines())
    try:
        made.adopt(CONFIG, CATALOGUE)
        assert made.bound.collectors == ()
        assert not made.ready
    finally:
        made.close()
