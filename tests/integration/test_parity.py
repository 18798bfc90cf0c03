"""In the place of postgres_exporter: what it has is there, and docs/migrating.md says what is not.

The servers here are such that everything happens that its families tell of.
"""

import csv
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgvitals.catalogue import shipped
from pgvitals.peer import peer
from support import parity, servers
from support.daemon import Daemon, until
from support.parity import Difference, Explanation
from support.servers import Server

MIXIN = Path(__file__).parents[1] / "golden" / "postgres_mixin.tsv"
OFF = {name: query for name, query in shipped().items() if not query.enabled}


@pytest.fixture(scope="module", params=servers.local_majors() or [0])
def eventful(request: pytest.FixtureRequest) -> Iterator[Server]:
    if not request.param:
        servers.no_server()
    with parity.eventful(request.param) as server:
        yield server


def rows(page: parity.Page, family: str) -> list[tuple[dict[str, str], float]]:
    """The series of a family."""
    return [(dict(labels), value) for labels, value in page.series.get(family, {}).items()]


def test_every_difference_is_explained(eventful: Server) -> None:
    if os.environ.get("CI"):
        assert parity.peer_program(), ".ci/run gets it"
    known = parity.explanations()
    differences = list(parity.compare(eventful))
    unexplained = [(r, d) for r, d in differences if not any(e.covers(d, r) for e in known)]
    assert unexplained == []


def test_what_happens_is_told_as_it_does(eventful: Server) -> None:
    began = time.time()
    with Daemon(environment={"DATA_SOURCE_NAME": eventful.dsn()}) as daemon:
        page = parity.parse(daemon.wait_ready().scrape())
        ended = time.time()
    ((slot, active),) = (
        row for row in rows(page, "pg_replication_slots_active") if row[0]["slot_name"] == "logical"
    )
    assert (slot["database"], active) == ("postgres", 0)
    confirmed = rows(page, "pg_replication_slots_slot_confirmed_flush_lsn")
    assert confirmed == [({"slot_name": "standby", "slot_type": "physical"}, 0)], "active ones only"
    states = rows(page, "pg_replication_slots_wal_status")
    assert {(labels["wal_status"], value) for labels, value in states} == {("reserved", 1)}
    ((receiver, behind),) = rows(page, "pg_stat_replication_pg_wal_lsn_diff")
    assert (receiver["slot_name"], receiver["client_addr"]) == ("standby", "127.0.0.1/32")
    assert (receiver["state"], behind >= 0) == ("streaming", True)
    ((vacuumed, blocks),) = rows(page, "pg_stat_progress_vacuum_heap_blks")
    assert (vacuumed, blocks > 100) == ({"datname": "postgres", "relname": "customer"}, True)
    phases = rows(page, "pg_stat_progress_vacuum_phase")
    assert (len(phases), sum(value for _, value in phases)) == (7, 1)
    ((_, archived),) = rows(page, "pg_stat_archiver_archived_count")
    ((_, age),) = rows(page, "pg_stat_archiver_last_archive_age")
    assert archived >= 1
    with eventful.connect() as connection:
        at = connection.execute("select last_archived_time from pg_stat_archiver").fetchone()
    assert at
    assert began < at[0].timestamp() + age < ended
    ((static, one),) = rows(page, "pg_static")
    assert static["server"] == f"127.0.0.1:{eventful.port}"
    assert static["short_version"].startswith(f"{eventful.version.partition(' ')[0]}.")
    assert (static["version"].startswith("PostgreSQL "), one) == (True, 1)


def test_a_vacuum_and_a_receiver_are_where_their_views_say(eventful: Server) -> None:
    blocks = "heap_blks_total, heap_blks_scanned, heap_blks_vacuumed, index_vacuum_count"
    dead = ["max_dead_tuples", "num_dead_tuples"]
    theirs = dead if eventful.major < 17 else ["max_dead_tuple_bytes", "dead_tuple_bytes"]
    with eventful.connect() as connection:

        def agrees(name: str, ours: str, view: str) -> bool:
            rows = f"select {ours} from ({shipped()[name].statement(eventful.major)}) q"
            both = f"{rows} intersect select {view}"
            return connection.execute(both.encode()).fetchone() is not None

        vacuum = f"{blocks}, {', '.join(theirs)} from pg_stat_progress_vacuum"
        ours = f"{blocks}, {', '.join(dead)}"
        replayed = "replay_lsn - '0/0' from pg_stat_replication"
        until(lambda: agrees("stat_progress_vacuum", ours, vacuum), 5, "agree")
        until(lambda: agrees("stat_replication", "lsn - behind", replayed), 5, "agree")


def test_the_families_that_its_alerts_and_dashboard_use_have_the_labels_they_group_by(
    eventful: Server,
) -> None:
    with MIXIN.open() as file:
        wanted = {row["family"]: row["labels"] for row in csv.DictReader(file, delimiter="\t")}
    arguments = [f"--collector.{name}" for name in OFF]
    dsn = {"DATA_SOURCE_NAME": eventful.dsn()}
    with Daemon(environment=dsn, arguments=arguments) as daemon:
        series = parity.parse(daemon.wait_ready().scrape()).series
    assert [name for name in wanted if name not in series] == []
    for name, labels in wanted.items():
        needed = {label for label in labels.split(",") if label}
        assert all(needed <= {label for label, _ in found} for found in series[name]), name


def test_what_is_off_comes_when_its_flag_says_so(eventful: Server) -> None:
    with eventful.connect() as connection:
        connection.execute("create extension if not exists pg_stat_statements")
        connection.execute("create extension if not exists pg_buffercache")
    arguments = [f"--collector.{name}" for name in OFF]
    dsn = {"DATA_SOURCE_NAME": eventful.dsn(application_name="parity")}
    with Daemon(environment=dsn, arguments=arguments) as daemon:
        page = parity.parse(daemon.wait_ready().scrape())
        off = {
            name
            for name, query in OFF.items()
            if query.requires.min_version <= eventful.major
            # Autovacuum comes when it comes.
            and name != "stat_activity_autovacuum"
        }
        absent = [n for name in off for n in OFF[name].metrics if n not in page.series]
        success = "pg_scrape_collector_success"
        assert absent == []
        assert daemon.values(success, collector="stat_activity_autovacuum") == [1]
    with Daemon(environment=dsn) as daemon:
        page = parity.parse(daemon.wait_ready().scrape())
        assert [n for query in OFF.values() for n in query.metrics if n in page.series] == []


def test_a_collector_that_is_off_takes_its_families_along(eventful: Server) -> None:
    arguments = ["--no-collector.replication_slots", "--disable-default-metrics"]
    with Daemon(environment={"DATA_SOURCE_NAME": eventful.dsn()}, arguments=arguments) as daemon:
        page = parity.parse(daemon.wait_ready().scrape())
    gone = ("pg_replication_slots_", "pg_static", "pg_stat_database_conflicts_")
    assert [name for name in page.series if name.startswith(gone)] == []
    assert "pg_stat_replication_pg_wal_lsn_diff" in page.series


def test_its_scrape_series_tell_of_failures(victim: Server) -> None:
    with victim.connect() as connection:
        connection.execute("create role bare login password 'p'")
    dsn = victim.dsn(user="bare", password="p")
    success, error = "pg_scrape_collector_success", "pg_exporter_last_scrape_error"
    with Daemon(environment={"DATA_SOURCE_NAME": dsn}) as daemon:
        daemon.wait_ready()
        assert daemon.value(success, collector="wal") == 0, "without pg_monitor"
        assert daemon.value(success, collector="stat_database") == 1
        assert daemon.value(error) == 0
        assert (daemon.value("pg_exporter_scrapes_total") or 0) >= 1
        assert (daemon.value("pg_exporter_last_scrape_duration_seconds") or 0) > 0
        assert daemon.value(success, collector="stat_checkpointer") == 1
        victim.stop()
        until(lambda: daemon.value("pg_up") == 0, 20, "be down")
        assert daemon.value(error) == 1
        assert daemon.values(success) == []


# The comparison itself can fail


PAGE = """# TYPE pg_a counter
pg_a{x="1"} 1
pg_a{x="2"} 2
# TYPE pg_b gauge
pg_b 1
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ('pg_a{x="2"} 2\n', "", [("pg_a", "series")]),
        ('pg_a{x="2"} 2', 'pg_a{x="2"} 3', [("pg_a", "value")]),
        ("pg_a counter", "pg_a gauge", [("pg_a", "type")]),
        ("pg_b 1", 'pg_b{x="1"} 1', [("pg_b", "labels")]),
        ("# TYPE pg_b gauge\npg_b 1\n", "", [("pg_b", "missing")]),
    ],
)
def test_differences_of_pages_are_found(
    old: str, new: str, expected: list[tuple[str, str]]
) -> None:
    theirs = parity.parse(PAGE)
    found = parity.against_page(parity.parse(PAGE.replace(old, new)), theirs, theirs)
    assert [(d.family, d.kind) for d in found] == expected


def test_a_value_that_moves_on_their_own_page_is_no_difference() -> None:
    before, after = parity.parse(PAGE), parity.parse(PAGE.replace("pg_b 1", "pg_b 2"))
    assert list(parity.against_page(parity.parse(PAGE), before, after)) == []


def test_what_the_list_has_and_a_page_has_not_is_found() -> None:
    kinds = {d.kind for d in parity.against_list(parity.parse("pg_up 1\n"), 18)}
    wrong = "# TYPE pg_up counter\n" + 'pg_up{server="a"} 1\n'
    up = [d.kind for d in parity.against_list(parity.parse(wrong), 18) if d.family == "pg_up"]
    assert (kinds, up) == ({"missing", "type"}, ["type", "labels"])


def test_an_explanation_covers_its_releases_families_and_kinds_alone() -> None:
    until_19 = Explanation(("pg_a*", "pg_b"), ("labels", "value"), "until 0.19", "Because.")
    assert until_19.covers(Difference("pg_aa", "labels", ""), (0, 11, 1))
    assert until_19.covers(Difference("pg_b", "value", ""), (0, 19))
    assert not until_19.covers(Difference("pg_b", "value", ""), (0, 20))
    assert not until_19.covers(Difference("pg_b", "missing", ""), (0, 19))
    assert not until_19.covers(Difference("pg_bb", "value", ""), (0, 19))
    assert until_19._replace(releases="all").covers(Difference("pg_b", "value", ""), (1, 0))


def test_the_page_on_migrating_has_a_table_with_reasons() -> None:
    rows = parity.explanations()
    assert len(rows) > 5
    assert all(row.patterns and row.kinds and len(row.why) > 10 for row in rows)
    assert all(re.fullmatch(r"all|until 0\.\d+", row.releases) for row in rows)


def test_each_collector_and_flag_of_it_is_known() -> None:
    with parity.FAMILIES.open() as file:
        theirs = {row["collector"] for row in csv.DictReader(file, delimiter="\t")}
    assert theirs - {"self", "legacy-map"} <= peer().collectors.keys()
    of_them = {query for queries in peer().collectors.values() for query in queries}
    switched = {query for flag in peer().flags.values() for query in flag.without}
    assert of_them | switched <= shipped().keys()
    assert all(bool(flag.without) != bool(flag.instead) for flag in peer().flags.values())
