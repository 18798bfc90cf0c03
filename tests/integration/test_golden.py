"""Golden pages: from rows of a real server to the very bytes that Prometheus reads.

`PGVITALS_UPDATE_GOLDEN=1` writes them anew; read the difference before you keep it.
"""

import os
from pathlib import Path

import psycopg
import pytest

from pgvitals import catalogue, exposition
from pgvitals.collector import Collector
from pgvitals.session import Session
from support.servers import Server

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("name", ["every_type", "histogram"])
def test_rows_become_these_bytes_on_every_version(server: Server, name: str) -> None:
    query = catalogue.read(GOLDEN / f"{name}.yaml")
    collector = Collector(query, "postgres")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        session = Session(connection)
        facts = session.read_facts((), 5)
        assert collector.run(session, facts, 5).kind == "success"
    status = collector.status
    page = b"".join(exposition.page([[status.block]])).decode()
    counts = f"# rows {status.rows} series {status.series} dropped {status.dropped}"
    page += f"{counts} duplicates {status.duplicates}\n"
    golden = GOLDEN / f"{name}.prom"
    if os.environ.get("PGVITALS_UPDATE_GOLDEN"):
        golden.write_text(page)
    assert page == golden.read_text()
