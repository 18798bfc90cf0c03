"""Issuers: one command for all who log in, asked when it is time, and never waited for in vain."""

import os
import threading
import time
from pathlib import Path

import pytest

from pgvitals.issuer import Issuer
from pgvitals.lease import SPACING
from pgvitals.outcome import CredentialError
from unit.material import Clock, complaint

LONG = 20.0


def counting(folder: Path, script: str) -> Issuer:
    """One whose command also leaves a line in the file `asked`."""
    return Issuer(["/bin/sh", "-c", f"echo >> {folder}/asked; {script}"])


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text())


def test_all_who_log_in_share_one_asking(tmp_path: Path) -> None:
    mine, got = counting(tmp_path, "echo token"), []
    threads = [threading.Thread(target=lambda: got.append(mine.token(LONG))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token"] * 8
    assert mine.token(0) == "token"
    assert asked(tmp_path) == 1


def test_who_waits_for_nothing_is_told_what_is_wrong(tmp_path: Path) -> None:
    mine = counting(tmp_path, "echo no way >&2; exit 1")
    for _ in range(2):  # not asked again at once
        said = complaint(lambda: mine.token(LONG), CredentialError)
        assert said == "password_command sh: it ended with 1: no way"
    assert mine.problem == said
    assert asked(tmp_path) == 1


def test_what_is_no_token_is_told_with_the_name_of_the_command() -> None:
    said = complaint(lambda: Issuer(["echo", "{s3cret"]).token(LONG), CredentialError)
    assert said.startswith("password_command echo: found what begins like JSON")
    assert "s3cret" not in said


def test_nobody_waits_longer_than_a_login_can(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    mine = Issuer(["cat", str(fifo)])
    started = time.monotonic()
    said = complaint(lambda: mine.token(0.05), CredentialError)
    assert said == "password_command cat: no token yet"
    assert time.monotonic() - started < 2
    fifo.write_text("token")
    assert mine.token(LONG) == "token"


def test_a_refused_token_is_replaced_when_it_is_time(tmp_path: Path) -> None:
    clock = Clock()
    command = ["/bin/sh", "-c", f"echo >> {tmp_path}/asked; wc -c < {tmp_path}/asked"]
    mine = Issuer(command, clock=clock.monotonic)
    assert mine.token(LONG) == "1"
    mine.refused()
    assert mine.token(LONG) == "1"  # too soon
    clock.now += SPACING
    assert mine.token(LONG) == "2"
    clock.now += SPACING
    assert mine.token(LONG) == "2"


def test_a_token_that_has_ended_is_not_used_any_more(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "token"
    file.write_text("token")
    mine = Issuer(["cat", str(file)], 60, clock.monotonic)
    assert mine.token(LONG) == "token"
    file.unlink()
    clock.now += 50
    assert mine.token(LONG) == "token"  # and it asked, in vain
    while not mine.problem:
        os.sched_yield()
    clock.now += 50
    with pytest.raises(CredentialError, match="cat: it ended with 1"):
        mine.token(LONG)
