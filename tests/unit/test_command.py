"""Commands: they run in bounds, leave nothing behind, and what they print is never shown."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pgvitals import command
from pgvitals.outcome import CredentialError
from unit.material import complaint


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def said(script: str, time_limit: float = 10) -> str:
    return complaint(lambda: command.run(shell(script), time_limit), CredentialError)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; who reaps it is not our matter."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "XZ"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_it_prints_is_given_as_it_is() -> None:
    assert command.run(["printf", r"a b\n\377"]) == b"a b\n\xff"


def test_no_shell_reads_its_arguments() -> None:
    assert command.run(["echo", "$HOME", ";", "*"]) == b"$HOME ; *\n"


def test_it_has_our_environment_and_not_our_input() -> None:
    script = "from pgvitals import command; print(command.run(['sh', '-c', 'cat; echo $MARK']))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "MARK": "here"},
        input=b"ours",
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"b'here\\n'\n"


def test_what_it_says_while_it_succeeds_is_not_the_answer() -> None:
    assert command.run(shell("echo warning >&2; echo token")) == b"token\n"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("/nowhere/tool", "tool: No such file or directory"),
        ("/etc/passwd", "passwd: Permission denied"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_a_program_that_cannot_run_is_named(program: str, reason: str) -> None:
    found = complaint(lambda: command.run([program, "s3cret"]), CredentialError)
    assert found.startswith("password_command ")
    assert found.endswith(reason)
    assert "s3cret" not in found


def test_a_failure_has_its_code_and_what_was_said() -> None:
    assert said("echo 'log in: first' >&2; exit 3") == (
        "password_command sh: it ended with 3: log in: first"
    )
    assert said("exit 4") == "password_command sh: it ended with 4"
    assert said("kill -11 $$") == "password_command sh: signal 11 ended it"


def test_of_several_lines_all_are_told_and_of_a_traceback_the_last() -> None:
    assert said("printf 'ERROR: no\\n\\n  run login\\n' >&2; exit 1").endswith(
        ": ERROR: no run login"
    )
    failing = [sys.executable, "-c", "raise SystemError('why')"]
    found = complaint(lambda: command.run(failing), CredentialError)
    assert found.endswith("it ended with 1: SystemError: why")


@pytest.mark.parametrize("printed", ["p4:s5,w0", '{"password": "geheimnis-\\u00e9"}', "s3cret"])
def test_of_one_that_printed_something_nothing_that_it_said_is_shown(printed: str) -> None:
    found = said(
        f"echo '{printed}'; echo 'cannot store p4:s5,w0 or geheimnis-\u00e9 or s3cret' >&2; exit 1"
    )
    reason = "what it said is not shown, for it printed something too"
    assert found == f"password_command sh: it ended with 1: {reason}"


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_one_that_cannot_be_killed_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, _: int) -> None:
        raise PermissionError(pid)

    monkeypatch.setattr(os, "killpg", refuse)
    monkeypatch.setattr(command, "_DYING", 0.1)
    found = said("echo $$ >&2; exec sleep 3", time_limit=0.3)
    assert "did not end within 0.3 s, and could not be killed" in found
    survivor = int(found.rpartition(" ")[2])
    assert not is_gone(survivor)
    os.kill(survivor, signal.SIGKILL)


def test_endless_output_is_cut_off() -> None:
    assert said("yes s3cret") == (
        "password_command sh: it printed more than 65536 bytes, expected a token"
    )


def test_endless_complaints_do_not_hold_it_up() -> None:
    flood = "head -c 3000000 /dev/zero | tr '\\0' x >&2"
    assert command.run(shell(f"{flood}; echo token")) == b"token\n"
    assert len(said(f"{flood}; exit 1")) < 1.1 * command.MOST


def wait_gone(pid: int) -> None:
    until = time.monotonic() + 5
    while not is_gone(pid) and time.monotonic() < until:
        os.sched_yield()
    assert is_gone(pid)


def test_one_that_hangs_is_killed_with_all_that_it_started() -> None:
    found = said("sleep 600 & echo $! >&2; wait", time_limit=0.3)
    told, _, child = found.rpartition(": ")
    assert told == "password_command sh: it did not end within 0.3 s, and was killed"
    wait_gone(int(child))


def test_one_that_closes_its_outputs_and_hangs_is_killed_too() -> None:
    assert "did not end within 0.3 s" in said("exec >&- 2>&-; sleep 600", time_limit=0.3)


def test_a_child_that_it_leaves_behind_holds_nobody_up_and_is_killed() -> None:
    started = time.monotonic()
    child, token = command.run(shell("sleep 600 & echo $! token")).split()
    assert token == b"token"
    assert time.monotonic() - started < 5
    wait_gone(int(child))


AS_PROCESS_1 = """
import ctypes, pathlib
from pgvitals import command
become_subreaper = 36
assert ctypes.CDLL(None).prctl(become_subreaper, 1, 0, 0, 0) == 0
command.run(["/bin/sh", "-c", "sleep 600 & sleep 600 & echo token"])
print(pathlib.Path("/proc/thread-self/children").read_text() or "none")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_orphans_that_fall_to_us_leave_no_zombies() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_PROCESS_1], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "none\n"
