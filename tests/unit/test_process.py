"""The process: the same as prometheus_client says, and nothing where the system does not tell."""

import os
import resource
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pgvitals import process

CLOSE = {"process_cpu_seconds_total": 0.5, "process_start_time_seconds": 2.0}
"""Theirs are of whole ticks, and of a start of the machine in whole seconds."""
MEMORY = 64 * 1024 * 1024


class OldProc(type(Path())):  # type: ignore[misc]  # Path itself has no subclasses before Python 3.12
    """A directory of a kernel before 6.2: no size is told."""

    def stat(self, **_: object) -> os.stat_result:
        return os.stat_result((0,) * 10)


def read(text: bytes) -> dict[str, tuple[str, float]]:
    """Type and value of each sample."""
    families = text_string_to_metric_families(text.decode())
    return {s.name: (family.type, s.value) for family in families for s in family.samples}


def test_all_that_prometheus_client_says_is_said_alike() -> None:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    ours, theirs = read(process.text()), read(generate_latest(registry))
    assert len(theirs) == 6
    assert ours.keys() - theirs.keys() == {"process_virtual_memory_max_bytes"}
    for name, (type_, value) in theirs.items():
        near = CLOSE.get(name, MEMORY if name.endswith("_memory_bytes") else 1)
        assert ours[name][0] == type_, name
        assert ours[name][1] == pytest.approx(value, rel=0, abs=near), name


def test_a_limit_is_told_and_none_is_what_the_go_client_says() -> None:
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    expected = 2**64 - 1 if most == resource.RLIM_INFINITY else most
    assert read(process.text())["process_virtual_memory_max_bytes"] == ("gauge", expected)


def test_a_file_more_is_a_file_more(tmp_path: Path) -> None:
    _, before = read(process.text())["process_open_fds"]
    with (tmp_path / "file").open("w"):
        assert read(process.text())["process_open_fds"] == ("gauge", before + 1)


def test_files_are_counted_where_the_system_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    _, told = read(process.text())["process_open_fds"]
    monkeypatch.setattr(process, "_FILES", OldProc("/proc/self/fd"))
    assert read(process.text())["process_open_fds"] == ("gauge", told)


def test_the_start_stays_as_it_is() -> None:
    first, second = (read(process.text())["process_start_time_seconds"] for _ in range(2))
    assert first == second


def test_where_there_is_no_proc_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_STAT", tmp_path / "absent")
    assert process.text() == b""
