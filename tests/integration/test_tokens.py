"""Passwords that a command prints: renewed in time, kept while they serve, and never waited for in vain."""

import os
import sys
from itertools import pairwise
from pathlib import Path
from time import monotonic, time

from support.daemon import Daemon, until
from support.queries import everything
from support.secure import PASSWORD, Secure, reasons, replace, settings, up

PATIENCE = 30
OLD, NEW = f"{PASSWORD} old", f"{PASSWORD} new"

ISSUE = """
import json, os, pathlib, sys, time
home = pathlib.Path(sys.argv[1])
mode, token = (home / "mode").read_text(), (home / "token").read_text()
with (home / "asked").open("a") as file: file.write(f"{mode} {time.time()}\\n")
(home / "pid").write_text(str(os.getpid()))
if mode == "fail":
    sys.exit("no token for you: " + token)
if mode == "hang":
    time.sleep(600)
print(json.dumps({"accessToken": token, "expires_on": time.time() + float(sys.argv[2])}))
"""


class Issuing:
    """A command that issues tokens, as its `mode` says: ok, fail or hang."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "issue.py").write_text(ISSUE)

    def command(self, seconds: float) -> list[str]:
        return [sys.executable, str(self.home / "issue.py"), str(self.home), str(seconds)]

    def mode(self, mode: str, token: str = "") -> None:
        if token:
            replace(self.home / "token", token)
        replace(self.home / "mode", mode)

    def asked(self, mode: str) -> list[float]:
        lines = (self.home / "asked").read_text().splitlines()
        return [float(at) for name, at in map(str.split, lines) if name == mode]


def test_a_token_is_renewed_before_it_expires_and_used_to_its_end(
    secure: Secure, tmp_path: Path
) -> None:
    issuing = Issuing(tmp_path)
    issuing.mode("ok", OLD)
    secure.role("token", OLD)
    config = settings(
        token={"dsn": secure.dsn("token"), "password_command": issuing.command(30)},
        beside={"dsn": secure.server.dsn()},
    )
    with Daemon(config) as daemon:
        until(lambda: up(daemon, "token") and up(daemon, "beside"), PATIENCE, "log in")

        until(lambda: len(issuing.asked("ok")) == 2, PATIENCE, "renew the token")
        first, second = issuing.asked("ok")
        assert second - first < 30
        assert up(daemon, "token")

        issuing.mode("fail")
        until(lambda: "credential not renewed" in daemon.log, PATIENCE, "ask in vain")
        assert up(daemon, "token")
        until(lambda: reasons(daemon).get("token") == "credentials", PATIENCE, "see it expired")
        assert second + 26 < time() < second + 30 + 12

        issuing.mode("hang")
        until(lambda: issuing.asked("hang"), PATIENCE, "ask again")
        assert up(daemon, "beside")

        issuing.mode("ok")
        os.killpg(int((tmp_path / "pid").read_text()), 9)
        until(lambda: up(daemon, "token"), PATIENCE, "log in again")
        asked = sorted(at for mode in ("ok", "fail", "hang") for at in issuing.asked(mode))
        assert min(b - a for a, b in pairwise(asked)) > 5
        assert "s3cret" not in everything(daemon, "token", "beside")
        assert "no token for you" in daemon.log


def test_a_token_that_is_revoked_is_replaced_by_the_next_login(
    secure: Secure, tmp_path: Path
) -> None:
    issuing = Issuing(tmp_path)
    issuing.mode("ok", OLD)
    secure.role("revoked", OLD)
    config = settings(
        revoked={"dsn": secure.dsn("revoked"), "password_command": issuing.command(3600)},
        beside={"dsn": secure.server.dsn()},
    )
    with Daemon(config) as daemon:
        until(lambda: up(daemon, "revoked"), PATIENCE, "log in")
        issuing.mode("ok", NEW)
        secure.role("revoked", NEW)
        rotated = monotonic()
        until(lambda: reasons(daemon).get("revoked") == "login_refused", PATIENCE, "be refused")
        until(lambda: up(daemon, "revoked"), PATIENCE, "log in again")
        print(f"\na token that is revoked: up again after {monotonic() - rotated:.1f} s")


def is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_end_does_not_wait_for_a_command_that_hangs_and_leaves_none(
    secure: Secure, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    hanging = ["sh", "-c", f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 600"]
    config = settings(hanging={"dsn": secure.dsn("nobody"), "password_command": hanging})
    with Daemon(config):  # ends in time, or the block raises
        until(pid.is_file, PATIENCE, "start the command")
        group = int(pid.read_text())
        assert is_there(group)
    until(lambda: not is_there(group), PATIENCE, "kill the command")
