"""The short form of the trouble table: every fault once, each row against its bars."""

from pathlib import Path

import pytest

from support import trouble
from support.daemon import Daemon, instance
from support.faults import FAULTS
from support.servers import Server


@pytest.fixture(scope="module")
def rows(local_majors: list[int]) -> dict[str, trouble.Row]:
    assert local_majors
    found = {row.name: row for row in trouble.run()}
    print(trouble.table(found.values()))
    return found


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_trouble(rows: dict[str, trouble.Row], name: str) -> None:
    assert rows[name].misses == []


def test_the_table_tells_when_a_bar_is_missed() -> None:
    row = trouble.Row("stop", down=3.0)
    row.demand(False, "p99")
    assert "FAIL: p99" in trouble.table([row])


def test_daemon_stops_in_time_while_its_server_is_silent(victim: Server) -> None:
    with Daemon(instance(victim.dsn())) as daemon:
        daemon.wait_ready()
        victim.freeze()
        daemon.stop()


def test_no_process_and_no_file_is_left(victim: Server) -> None:
    with Daemon(instance(victim.dsn())) as daemon:
        home = daemon.home
    assert not home.exists()
    assert not Path(f"/proc/{daemon.pid}").exists()
