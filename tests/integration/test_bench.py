"""The short form of `make bench`: one contest at 300 tables, with bars that a factor of three misses."""

import os
from collections.abc import Iterator
from functools import partial

import pytest

from bench import entry, growth, page
from bench.bar import Bar
from bench.contest import Pace, Result, contest
from bench.ground import PREFERRED, ground
from bench.run import Findings
from bench.runner import Turns
from support.parity import peer_program

pytestmark = pytest.mark.alone

TABLES = 300
PACE = Pace(refreshes=3, often=1, slow=1, idle=5, crowd=2.0)


@pytest.fixture(scope="module")
def result(local_majors: list[int]) -> Iterator[Result]:
    if not peer_program():
        assert not os.environ.get("CI"), ".ci/run gets postgres_exporter"
        pytest.skip("no postgres_exporter: apt-get install prometheus-postgres-exporter")
    with ground(TABLES) as there:
        yield contest(there, entry.as_released(), PACE)


def test_beside_the_peer_as_released_we_are_no_burden(result: Result) -> None:
    theirs, ours = result.theirs, result.ours
    cpu = ours.refresh.cpu / theirs.refresh.cpu
    database = ours.refresh.database / theirs.refresh.database
    reached = [
        Bar("CPU of a refresh", cpu, 0.6),
        Bar("database time of a refresh", database, 0.8),
        Bar("backends' memory", ours.backend / theirs.backend, 2.0),
        Bar("RSS, MB", ours.rss, 75.0),
        Bar("connections", ours.connections, 2),
        Bar("a scrape among four", ours.crowds[True].p50 / theirs.crowds[True].p50, 0.25),
    ]
    print(f"\n{page.bars(reached)}")
    assert [bar for bar in reached if not bar.held] == []


def test_both_show_as_much(result: Result) -> None:
    """And what is measured is not nothing."""
    theirs, ours = result.theirs, result.ours
    assert ours.samples > TABLES * 30
    assert 0.95 < ours.samples / theirs.samples < 1.2
    assert ours.packed < ours.size / 5
    assert ours.refresh.cpu > 1
    assert min(theirs.refresh.database, ours.refresh.database) > 5
    assert min(times.scrapes for times in ours.crowds.values()) > 8


def test_the_page_says_what_was_found_and_what_was_not_looked_for(result: Result) -> None:
    found = Findings("15.18 (somewhere)", [result, result._replace(tables=2 * TABLES)], load=[1.0])
    text = page.page(found)
    assert "PostgreSQL 15.18, " in text
    assert f" {result.ours.samples:,} |" in text
    assert text.count("Not part of this run.") == 7
    assert "$" not in text


def test_growth_is_told_from_sizes_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "EVERY", 3.0)
    monkeypatch.setattr(growth, "Turns", partial(Turns, idle=2))
    (grown,) = growth.growth([entry.same_sql(PREFERRED)], [100, 400], 2)
    (step,) = grown.steps()
    assert (step.small, step.large) == (100, 400)
    assert min(step.database, *(spent.refresh.cpu for spent in grown.sizes.values())) > 1
    assert max(spent.rss for spent in grown.sizes.values()) < 75


def test_a_bar_that_is_missed_is_marked() -> None:
    text = page.bars([Bar("low", 1, 2), Bar("high", 3, 2)])
    assert [line.endswith("| missed |") for line in text.splitlines()[2:]] == [False, True]
