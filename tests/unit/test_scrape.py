"""The scrape: the names by which alerts of postgres_exporter know that something is wrong."""

from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pgvitals import scrape
from pgvitals.binding import Bound
from pgvitals.collector import Collector
from pgvitals.instance import Instance
from pgvitals.outcome import Outcome
from pgvitals.task import Status
from unit.material import NOW, query

SUCCESS = "pg_scrape_collector_success"


def read(instance: Instance) -> dict[str, dict[str, float]]:
    """The samples by name and collector."""
    runs = [(c, c.status) for c in instance.bound.collectors if c.status.outcome]
    text = scrape.of_instance(instance, runs, NOW).decode()
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[sample.labels.get("collector", "")] = sample.value
    return found


def ended(instance: Instance, *runs: tuple[str, str, Outcome | None]) -> None:
    """Let the server be up, and the collectors of these queries and databases have ended so."""
    instance.heartbeat.answered(NOW, 0.1)
    instance.bound = Bound(
        tuple(
            Collector(query(name), database, status=Status(outcome, duration=0.5, success_at=NOW))
            for name, database, outcome in runs
        )
    )


def test_before_anything_is_known_only_visits_are_counted(instance: Instance) -> None:
    assert read(instance) == {"pg_exporter_scrapes_total": {"": 0}}


def test_visits_and_the_last_one_s_seconds_are_those_of_the_instance(instance: Instance) -> None:
    ended(instance)
    instance.visits, instance.visit_duration = {"success": 3, "error": 2}, 0.25
    found = read(instance)
    assert found["pg_exporter_scrapes_total"] == {"": 5}
    assert found["pg_exporter_last_scrape_duration_seconds"] == {"": 0.25}
    assert found["pg_exporter_last_scrape_error"] == {"": 0}


def test_a_collector_of_it_is_all_its_queries_in_all_databases(instance: Instance) -> None:
    good, bad = Outcome("success"), Outcome("error", "57014")
    ended(
        instance,
        ("stat_user_tables", "a", good),
        ("stat_user_tables", "b", good),
        ("stat_user_tables_size", "a", bad),
        ("database", "a", good),
        ("rls", "a", good),
        ("wal", "a", None),
    )
    found = read(instance)
    assert found[SUCCESS] == {"stat_user_tables": 0, "database": 1, "rls": 1}
    durations = found["pg_scrape_collector_duration_seconds"]
    assert durations == {"stat_user_tables": 1.5, "database": 0.5, "rls": 0.5}
    assert found["pg_exporter_last_scrape_error"] == {"": 1}


@pytest.mark.parametrize(
    ("outcome", "success", "error"),
    [
        (Outcome("success"), 1, 0),
        (Outcome("skipped", "version"), 1, 0),
        (Outcome("skipped", "role"), 1, 0),
        (Outcome("skipped", "privilege"), 0, 0),
        (Outcome("skipped", "extension"), 0, 0),
        (Outcome("timeout", "lock_timeout"), 0, 1),
        (Outcome("error", "42P01"), 0, 1),
    ],
)
def test_what_is_not_meant_for_a_server_is_no_failure(
    instance: Instance, outcome: Outcome, success: int, error: int
) -> None:
    ended(instance, ("wal", "a", outcome))
    found = read(instance)
    assert found[SUCCESS] == {"wal": success}
    assert found["pg_exporter_last_scrape_error"] == {"": error}


def test_what_succeeded_too_long_ago_to_be_shown_is_no_success(instance: Instance) -> None:
    ended(instance, ("wal", "a", Outcome("success")), ("wal", "b", Outcome("success")))
    late = instance.bound.collectors[1]
    late.status = replace(late.status, success_at=NOW - late.interval - 61)
    assert read(instance)[SUCCESS] == {"wal": 0}
    late.status = replace(late.status, outcome=Outcome("skipped", "version"))
    assert read(instance)[SUCCESS] == {"wal": 1}


def test_while_the_server_is_down_its_collectors_are_not_shown(instance: Instance) -> None:
    ended(instance, ("wal", "a", Outcome("success")))
    instance.heartbeat.refused("refused")
    found = read(instance)
    assert SUCCESS not in found
    assert found["pg_exporter_last_scrape_error"] == {"": 1}


def test_every_family_is_listed_for_the_reference(instance: Instance) -> None:
    ended(instance, ("wal", "a", Outcome("success")))
    instance.visit_duration = 0.1
    assert {family.name for family in scrape.families()} == read(instance).keys()
