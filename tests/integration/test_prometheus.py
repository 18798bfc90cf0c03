"""What a real Prometheus, and its promtool, make of the page."""

import csv
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgvitals.catalogue import shipped
from pgvitals.query import Query
from support.daemon import Daemon, until
from support.program import found
from support.prometheus import Prometheus
from support.servers import Server

THEIRS = Path(__file__).parents[1] / "golden" / "postgres_exporter.tsv"


def their_families() -> dict[str, dict[str, str]]:
    with THEIRS.open() as file:
        return {row["family"]: row for row in csv.DictReader(file, delimiter="\t")}


@pytest.fixture
def faulty(newest: Server) -> Iterator[str]:
    """A database in which every query has something to say."""
    name = newest.create_database()
    with newest.connect(name) as connection:
        connection.execute(
            "create table customer (id int primary key, name text);"
            " create table invoice (id int primary key, customer int references customer);"
            " create index invoice_never_read on invoice (customer, id);"
            " insert into customer select g, 'x' from generate_series(1, 100) g;"
            " analyze"
        )
    yield newest.dsn(name)
    newest.drop_database(name)


def test_a_real_prometheus_scrapes_it_and_has_every_family(faulty: str) -> None:
    with Daemon(environment={"DATA_SOURCE_NAME": faulty}) as daemon:
        daemon.wait_ready()
        shown = set(re.findall(r"^# TYPE (\S+)", daemon.scrape(), re.MULTILINE))
        target = f"127.0.0.1:{daemon.addresses[0][1]}"
        job = {"job_name": "pgvitals", "scrape_interval": "1s", "scrape_timeout": "1s"}
        with Prometheus([{**job, "static_configs": [{"targets": [target]}]}]) as prometheus:
            until(lambda: prometheus.ask("pg_up == 1"), 30, "be scraped")
            stored = set(prometheus.request("GET", "/api/v1/label/__name__/values")["data"])
            types = prometheus.request("GET", "/api/v1/metadata")["data"]
    silent = {name for name in shown if name.startswith(("pgvitals_", "process_"))}
    assert shown - silent <= stored
    assert {name for name in shown - silent if name not in types} == set()
    wanted = {name for query in shipped().values() for name in query.metrics}
    assert "pg_settings_max_connections" in stored
    assert len(wanted & stored) > 60


def test_promtool_accepts_the_page_but_for_names_that_postgres_exporter_dictates(
    faulty: str,
) -> None:
    with Daemon(environment={"DATA_SOURCE_NAME": faulty}) as daemon:
        page = daemon.wait_ready().scrape()
    done = subprocess.run(
        [found("promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = (done.stdout + done.stderr).splitlines()
    theirs = their_families()
    ours = [c for c in complaints if c.split()[0] not in theirs and "pg_settings_" not in c]
    assert ours == []
    # It does complain of something: the list of exemptions is in use, and not a hole.
    assert any(c.startswith("pg_stat_database_xact_commit ") for c in complaints)


@pytest.mark.parametrize("query", shipped().values(), ids=lambda q: q.name)
def test_families_of_postgres_exporter_keep_type_and_labels(query: Query) -> None:
    theirs = their_families()
    for name, metric in query.metrics.items():
        if row := theirs.get(name):
            assert metric.type == row["type"], name
            expected = {label for label in row["labels"].split(",") if label}
            # pid is in no release of it yet; it reads the indexes of one database only.
            added = {"datname"} if query.name == "statio_user_indexes" else set()
            assert set(query.all_labels) == expected - {"pid"} | added, name
        else:
            assert not query.compat, f"{name} is not theirs"
