"""The account: what a page says of the runs of queries."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pgvitals import account
from pgvitals.account import Run
from pgvitals.collector import Collector
from pgvitals.outcome import Outcome
from pgvitals.task import Status
from unit.material import NOW, query, read

FULL = Status(
    Outcome("timeout", "lock_timeout", "secret message"),
    duration=2,
    success_at=NOW - 90,
    success_time=1_700_000_000,
    rows=5,
    series=4,
    dropped=3,
    duplicates=2,
    failures=6,
)


@pytest.fixture
def collector() -> Collector:
    return Collector(query("a"), 'd"b')


def test_a_run_tells_how_it_ended(collector: Collector) -> None:
    text = account.of_runs([(collector, FULL)])
    found = read(text)
    key = ("a", 'd"b')
    assert found.pop("pgvitals_collector_outcome") == {(*key, "timeout", "lock_timeout"): 1}
    assert found == {
        f"pgvitals_collector_{name}": {key: value}
        for name, value in {
            "duration_seconds": 2.0,
            "last_success_timestamp_seconds": 1_700_000_000.0,
            "backoff_failures": 6.0,
            "rows": 5.0,
            "series": 4.0,
            "dropped": 3.0,
            "duplicates": 2.0,
        }.items()
    }
    assert b"secret message" not in text


def test_age_is_computed_when_the_page_is_written(collector: Collector) -> None:
    runs = [(collector, FULL)]
    key = ("a", 'd"b')
    assert read(account.ages(runs, NOW)) == {"pgvitals_collector_age_seconds": {key: 90}}
    assert read(account.ages(runs, NOW + 1)) == {"pgvitals_collector_age_seconds": {key: 91}}


def test_what_never_succeeded_has_neither_age_nor_time(collector: Collector) -> None:
    runs: list[Run] = [(collector, Status(Outcome("error", "42P01")))]
    assert account.ages(runs, NOW) == b""
    assert b"timestamp" not in account.of_runs(runs)


def test_every_family_of_an_account_is_listed_for_the_reference(collector: Collector) -> None:
    runs = [(collector, FULL)]
    text = (account.of_runs(runs) + account.ages(runs, NOW)).decode()
    found = [(f.name, f.type, f.documentation) for f in text_string_to_metric_families(text)]
    assert sorted(found) == sorted(account.families())


def test_without_runs_there_are_no_empty_families() -> None:
    assert (account.of_runs([]), account.ages([], NOW)) == (b"", b"")
