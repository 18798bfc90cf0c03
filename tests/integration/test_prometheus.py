"""What a real Prometheus, and its promtool, make of the page."""

import csv
import http.client
import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pgvitals.catalogue import shipped
from pgvitals.query import Query
from support.daemon import Daemon, until
from support.servers import Server

THEIRS = Path(__file__).parents[1] / "golden" / "postgres_exporter.tsv"

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: pgvitals
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: .ci/run gets it")
    return found


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


class Prometheus:
    """A Prometheus of our own on a loopback port, scraping one target."""

    def __init__(self, folder: Path, target_port: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = folder / "prometheus.yml"
        config.write_text(CONFIG.format(port=target_port))
        self._process = subprocess.Popen(
            [
                program("prometheus"),
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, path: str) -> Any:
        """The data of an API call; None while it starts."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", f"/api/v1/{path}")
            return json.loads(connection.getresponse().read())["data"]
        except (OSError, ValueError):
            return None
        finally:
            connection.close()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)


def test_a_real_prometheus_scrapes_it_and_has_every_family(faulty: str, tmp_path: Path) -> None:
    with Daemon(environment={"DATA_SOURCE_NAME": faulty}) as daemon:
        daemon.wait_ready()
        shown = set(re.findall(r"^# TYPE (\S+)", daemon.scrape(), re.MULTILINE))
        prometheus = Prometheus(tmp_path, daemon.addresses[0][1])
        try:
            up = f"query?query={quote('pg_up == 1')}"
            until(lambda: (prometheus.ask(up) or {}).get("result"), 30, "be scraped")
            stored = set(prometheus.ask("label/__name__/values"))
            types = prometheus.ask("metadata")
        finally:
            prometheus.close()
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
        [program("promtool"), "check", "metrics"],
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
