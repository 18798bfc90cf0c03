"""The short form of the trouble table: every fault once, each row against its bars."""

import os
import signal
import time
from pathlib import Path

import pytest

from support import trouble
from support.daemon import Daemon, instance
from support.faults import FAULTS
from support.row import BEYOND_MS, COLUMNS, Row
from support.servers import Server
from support.table import table
from support.watch import watching

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def rows(local_majors: list[int]) -> dict[str, Row]:
    assert local_majors
    found = {row.name: row for row in trouble.run()}
    print(table(COLUMNS, found.values()))
    return found


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_trouble(rows: dict[str, Row], name: str) -> None:
    assert rows[name].misses == []


def test_a_daemon_that_stands_still_now_and_then_misses_its_bar(newest: Server) -> None:
    row = Row("standing still")
    with Daemon(instance(newest.dsn())) as daemon, watching(daemon, ["main"]) as watch:
        for _ in range(5):
            os.kill(daemon.pid, signal.SIGSTOP)
            time.sleep(20 * BEYOND_MS / 1000)
            os.kill(daemon.pid, signal.SIGCONT)
            time.sleep(0.2)
    row.time(watch.ours, watch.bare)
    assert watch.failures == []
    assert row.misses == ["p99"], row


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
