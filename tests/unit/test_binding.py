"""Binding: one task for each target and database; what did not change goes on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals import binding
from pgvitals.agenda import Agenda
from pgvitals.assessment import FINDINGS, Assessment
from pgvitals.binding import ALL_FINDINGS, Bound, Place
from pgvitals.target import Bar, Target
from pgvitals.verdict import Key
from unit.drafts import target
from unit.material import NOW, query, quick

PLACE = Place("shop", ("shop", "bank"), "db.example:5432")
KEY: Key = ("public", "orders", "")
NOTHING_BOUND = Bound()
EVERYWHERE, ONCE = target("a"), target("b", scope="cluster")


def bind(
    *targets: Target, place: Place = PLACE, known: tuple[Assessment, ...] = (), **more: Any
) -> tuple[Assessment, ...]:
    return binding.assessments(Agenda(targets, **more), place, known, NOW)


def where(bound: tuple[Assessment, ...]) -> list[tuple[str, str]]:
    return [(one.query.id, one.database) for one in bound]


def test_a_target_is_assessed_in_each_database_or_once() -> None:
    assert where(bind(EVERYWHERE, ONCE)) == [("a", "shop"), ("a", "bank"), ("b", "shop")]


def test_a_new_task_is_due_at_once_and_knows_its_server() -> None:
    assert {(one.due, one.server) for one in bind(EVERYWHERE, ONCE)} == {(NOW, "db.example:5432")}


def test_what_did_not_change_stays() -> None:
    before = bind(EVERYWHERE, ONCE)
    after = bind(target("a"), target("b", scope="cluster"), known=before)
    assert [a is b for a, b in zip(after, before, strict=True)] == [True] * 3


CHANGES = [
    {"threshold": 0.5},
    {"interval": "5m"},
    {"timeout": "1s"},
    {"settings": {"x": "y"}},
    {"enabled": False},
    {"enforced": True},
    {"owners": {"database-architect": "dba"}},
    {"bars": {"shop": Bar(threshold=0.5)}},
    {"sql": "select 2"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_what_changed_is_new_and_the_others_stay(change: dict[str, Any]) -> None:
    before = bind(EVERYWHERE, ONCE)
    after = bind(target("a", **change), ONCE, known=before)
    assert [one in before for one in after] == [False, False, True]


def test_another_scope_is_a_new_task_for_all() -> None:
    before = bind(EVERYWHERE, ONCE)
    shared = {**before[0].shared, "api_roles": ("web",)}
    assert not any(one in before for one in bind(EVERYWHERE, ONCE, known=before, shared=shared))


def test_a_new_exemption_is_a_new_task_where_it_counts() -> None:
    before = bind(EVERYWHERE, ONCE)
    after = bind(EVERYWHERE, ONCE, known=before, exempt={("a", "bank"): frozenset({KEY})})
    assert [one in before for one in after] == [True, False, True]
    assert [set(one.exempt) for one in after] == [set(), {KEY}, set()]


def test_an_exemption_of_the_whole_instance_has_no_database() -> None:
    exempt = {("b", ""): frozenset({KEY}), ("a", ""): frozenset({KEY})}
    assert [set(one.exempt) for one in bind(EVERYWHERE, ONCE, exempt=exempt)] == [
        set(),
        set(),
        {KEY},
    ]


def test_a_database_that_comes_or_goes_is_alone_in_it() -> None:
    before = bind(EVERYWHERE, ONCE)
    after = bind(EVERYWHERE, ONCE, place=Place("shop", ("shop", "club")), known=before)
    assert where(after) == [("a", "shop"), ("a", "club"), ("b", "shop")]
    assert [one in before for one in after] == [True, False, True]


def test_only_what_runs_in_each_database_is_stretched() -> None:
    stretched = bind(EVERYWHERE, ONCE, place=PLACE._replace(stretch=3))
    assert [one.stretch for one in stretched] == [3, 3, 1]
    assert [one.interval for one in stretched] == [1800, 1800, 600]
    again = bind(EVERYWHERE, ONCE, known=stretched)
    assert [one is other for one, other in zip(again, stretched, strict=True)] == [True] * 3
    assert [one.stretch for one in again] == [1, 1, 1]


def test_queries_are_bound_in_the_same_way() -> None:
    catalogue = {"q": query("q", scope="database"), "once": query("once")}
    bound = binding.collectors(catalogue, PLACE._replace(stretch=3), (), NOW)
    assert [(c.query.name, c.database, c.stretch) for c in bound] == [
        ("q", "shop", 3),
        ("q", "bank", 3),
        ("once", "shop", 1),
    ]
    changed = {**catalogue, "once": query("once", interval="30s")}
    after = binding.collectors(changed, PLACE, bound, NOW)
    assert [one is other for one, other in zip(after, bound, strict=True)] == [True, True, False]


# Changes of the catalogs

SOON = target("soon", on_change=True)


def looks(*targets: Target, place: Place = PLACE, before: Bound = NOTHING_BOUND) -> Bound:
    return binding.bind({}, Agenda(targets), place, before, NOW)


def test_a_database_is_looked_at_once_where_a_target_asks_for_it() -> None:
    bound = looks(EVERYWHERE, SOON, target("also", on_change=True))
    assert [(one.database, one.due, one.server) for one in bound.changes] == [
        ("shop", NOW, "db.example:5432"),
        ("bank", NOW, "db.example:5432"),
    ]
    concerned = [(o.database, [a.query.id for a in o.concerns]) for o in bound.changes]
    assert concerned == [("shop", ["soon", "also"]), ("bank", ["soon", "also"])]
    assert bound.tasks == (*bound.assessments, *bound.changes)


@pytest.mark.parametrize(
    ("off", "databases"),
    [
        ({"on_change": False}, []),
        ({"enabled": False}, []),
        ({"sql": ""}, []),
        ({"bars": {"shop": Bar(enabled=False)}}, ["bank"]),
        ({"scope": "cluster"}, ["shop"]),
    ],
)
def test_nobody_looks_where_nothing_would_run(off: dict[str, Any], databases: list[str]) -> None:
    bound = looks(EVERYWHERE, target("soon", **{"on_change": True, **off}))
    assert [one.database for one in bound.changes] == databases


def test_a_look_goes_on_and_concerns_what_there_is_now() -> None:
    before = looks(SOON)
    changed = target("soon", on_change=True, threshold=0.5)
    after = looks(changed, place=Place("shop", ("shop", "club"), stretch=2), before=before)
    assert [one in before.changes for one in after.changes] == [True, False]
    assert [one.concerns for one in after.changes] == [[one] for one in after.assessments]
    assert [one.stretch for one in after.changes] == [2, 2]


# How many findings are shown


@quick
@given(st.integers(1, 20), st.integers(1, 150))
def test_the_findings_of_an_instance_are_bounded(targets: int, databases: int) -> None:
    place = Place("d0", [f"d{n}" for n in range(databases)])
    bound = bind(*(target(f"t{n}") for n in range(targets)), place=place)
    [most] = {one.most for one in bound}
    assert 1 <= most <= FINDINGS
    assert most == 1 or most * len(bound) <= ALL_FINDINGS
    assert most == FINDINGS or (most + 1) * len(bound) > ALL_FINDINGS


def test_a_small_instance_shows_twenty_of_each() -> None:
    assert {one.most for one in bind(EVERYWHERE, ONCE)} == {20}


def test_where_there_is_nothing_to_assess_nothing_is_bound() -> None:
    assert bind() == ()
    assert bind(EVERYWHERE, place=Place("shop", ())) == ()


def test_more_databases_change_what_is_shown_and_not_what_is_known() -> None:
    before = bind(EVERYWHERE)
    many = Place("shop", ("shop", "bank", *(f"d{n}" for n in range(198))))
    after = bind(EVERYWHERE, place=many, known=before)
    assert [after[0] is before[0], after[1] is before[1]] == [True, True]
    assert {one.most for one in after} == {10}
