"""The demo: it shows its faults, and leaves nothing, whenever and however it ends."""

import functools
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pgvitals.demo import loopback
from support.daemon import until

RUNNING = "Ctrl-C"
"""What the last line says when everything runs."""
QUERY = "/api/v1/query?query=pg_blocked_sessions"
HOSTILE = {
    "PGHOST": "192.0.2.1",
    "PGOPTIONS": "-c nonsense=1",
    "PGSSLMODE": "verify-full",
    "PGPASSWORD": "wrong",
    "PGDATA": "/nonexistent",
    "PGVITALS_CONFIG_FILE": "/nonexistent",
    "PGVITALS_LOG_LEVEL": "nonsense",
    "DATA_SOURCE_NAME": "postgresql://192.0.2.1/elsewhere",
    "LC_ALL": "xx_YY.nonsense",
    "LANG": "tr_TR",
    "HOME": "/nonexistent",
    "TZ": "Nowhere/Nothing",
    "http_proxy": "http://192.0.2.1:1",
}


class Demo:
    """A running demo, with a TMPDIR of its own, by which whatever it started is recognized."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
    ) -> None:
        self.folder = folder
        self.temporary = folder / "a directory with spaces, and a long name ".ljust(120, "x")
        self.temporary.mkdir()
        self.temporary.chmod(0o777)
        self._before = segments()
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "pgvitals.demo", *arguments],
                env=os.environ | (environment or {}) | {"TMPDIR": str(self.temporary)},
                stdin=stdin,
                stdout=out,
                stderr=err,
                start_new_session=True,
                # Whoever runs the tests may ignore it: nohup does.
                preexec_fn=functools.partial(signal.signal, signal.SIGHUP, signal.SIG_DFL),
            )

    @property
    def out(self) -> str:
        """What it wrote to standard output until now."""
        return self._file("out").read_text()

    @property
    def err(self) -> str:
        """What it complained of."""
        return self._file("err").read_text()

    def wait_for(self, text: str) -> None:
        """Wait until it has said something."""
        until(lambda: text in self.out + self.err or self.process.poll() is not None, 60, "speak")
        assert text in self.out + self.err, self.err

    def end(self, number: signal.Signals) -> int:
        """Send a signal, three times, and give the exit code."""
        for _ in range(3):
            self.process.send_signal(number)  # which does nothing when it has ended
        return self.process.wait(20)

    def processes(self) -> list[str]:
        """The command lines of what it started, and of itself."""
        mark = str(self.temporary).encode()
        return [text for path in Path("/proc").glob("[0-9]*") if (text := _belongs(path, mark))]

    def pid_of(self, program: str) -> int:
        """The process that runs a program, the oldest of them."""
        for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
            command = _belongs(path, str(self.temporary).encode())
            if program in command and int(path.name) != self.process.pid:
                return int(path.name)
        raise AssertionError(f"no {program} among {self.processes()}")

    def assert_nothing_is_left(self) -> None:
        """No process, no file, no shared memory."""
        assert self.processes() == []
        assert list(self.temporary.iterdir()) == []
        self.assert_no_memory_is_left()

    def assert_no_memory_is_left(self) -> None:
        """No segment that was not there before; those of other people's servers come and go."""
        until(lambda: not segments() - self._before, 10, "remove its shared memory")

    def _file(self, name: str) -> Path:
        return self.folder / name


def _belongs(process: Path, mark: bytes) -> str:
    """The command line of a process, if it has to do with a path; else nothing."""
    try:
        command = (process / "cmdline").read_bytes()
        where = os.fsencode((process / "cwd").readlink())
        known = command + where + (process / "environ").read_bytes()
    except OSError:
        return ""  # another user's, or it has ended
    return command.replace(b"\0", b" ").decode() if mark in known else ""


def segments() -> set[str]:
    """Shared memory that nobody is attached to: of System V, and PostgreSQL's in /dev/shm."""
    mapped = "".join(map(_maps, Path("/proc").glob("[0-9]*")))
    table = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return {row[1] for row in table if row[6] == "0"} | {
        path.name for path in Path("/dev/shm").glob("PostgreSQL.*") if path.name not in mapped
    }


def _maps(process: Path) -> str:
    try:
        return (process / "maps").read_text()
    except OSError:
        return ""  # it has ended


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that every user may enter, which pytest's are not."""
    path = Path(tempfile.mkdtemp(prefix="pgvitals-test-demo-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


Start = Callable[..., Demo]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts a demo, with the arguments of Demo; a failed test does not leave it running."""
    with ExitStack() as stack:

        def begin(*arguments: str, **more: Any) -> Demo:
            demo = Demo(folder, *arguments, **more)
            stack.callback(demo.end, signal.SIGTERM)
            return demo

        yield begin


def values(page: str) -> dict[str, float]:
    """The samples of a page by family and, where they matter here, labels."""
    found = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            told = [
                sample.labels.get(name) for name in ("datname", "relname", "indexrelname", "state")
            ]
            found[" ".join([sample.name, *filter(None, told)])] = sample.value
    return found


def fetched(demo: Demo, told: str, path: str = "") -> str:
    """The page `told` by its address, or another one of the same server."""
    (port,) = re.findall(rf"http://127.0.0.1:(\d+){told}\b", demo.out)
    page = loopback.get(int(port), path or told)
    assert page is not None
    return page


def check_faults(page: str) -> None:
    found = values(page)
    assert found["pg_up"] == 1
    assert found["pg_table_rls_info shop customers DISABLED"] == 1
    assert found["pg_table_rls_info shop addresses NO POLICIES"] == 1
    assert found["pg_table_rls_info shop reviews FEW"] == 1
    assert found["pg_stat_user_tables_n_live_tup shop orders"] >= 200_000
    assert found["pg_stat_user_tables_seq_tup_read_total shop orders"] >= 200_000
    assert found["pg_stat_user_tables_n_dead_tup shop carts"] >= 20_000
    assert found["pg_stat_user_tables_n_live_tup shop visits"] == 5_000
    assert found["pg_stat_user_tables_table_size_bytes shop visits"] > 20e6
    assert found["pg_index_unused_bytes_estimated shop orders orders_total_idx"] > 1e6
    assert found["pg_blocked_sessions shop"] == 1
    assert found["pg_activity_idle_in_transaction_sessions shop"] == 1


def test_in_a_hostile_environment_it_shows_the_faults_and_goes(start: Start) -> None:
    with ExitStack() as stack:
        with suppress(OSError):  # taken by somebody else does as well
            stack.enter_context(socket.create_server(("127.0.0.1", 9187)))
        demo = start(environment=HOSTILE)
        demo.wait_for(RUNNING)
    assert "because 9187 is taken" in demo.out
    assert f"kill -STOP {demo.pid_of('bin/postgres')}:" in demo.out
    check_faults(fetched(demo, "/metrics"))
    # Whoever breaks the server sees what the page says of it.
    os.kill(demo.pid_of("bin/postgres"), signal.SIGTERM)
    until(lambda: values(fetched(demo, "/metrics"))["pg_up"] == 0, 15, "notice that")
    assert demo.end(signal.SIGINT) == 0, demo.err
    assert "stopped; nothing is left" in demo.out
    assert demo.err == ""
    demo.assert_nothing_is_left()


def unprivileged() -> list[str]:
    """What makes a command one of an ordinary user who can read this Python and the checkout.

    Either another user, or, where those are closed to all but root, root without any privilege:
    in a user namespace that knows no root.
    """
    nobody = pwd.getpwnam("nobody")
    ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    for prefix in (["setpriv", *ids], ["unshare", "--user"]):
        with suppress(OSError):
            # Its child tells: setpriv itself still opens what only root may.
            look = "import os, subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
            tell = "import os, pgvitals.demo.server; print(os.geteuid())"
            done = subprocess.run(
                [*prefix, sys.executable, "-c", look, tell], capture_output=True, text=True, cwd="/"
            )
            if done.returncode == 0 and done.stdout.strip() not in ("", "0"):
                return prefix
    pytest.skip("neither setpriv nor unshare makes an ordinary user who can run this Python")


def test_the_readme_shows_what_a_check_says_of_it(start: Start) -> None:
    demo = start()
    demo.wait_for(RUNNING)
    (command,) = re.findall(r"Check +(.*)", demo.out)
    words = ["-m", "pgvitals", *command.split()[1:]]
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    said = re.sub(r" at .*", " at 127.0.0.1:5432", done.stdout, count=1)
    assert said in (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_an_ordinary_user_gets_one_page(start: Start) -> None:
    prefix = unprivileged() if os.geteuid() == 0 else []
    demo = start("--once", prefix=prefix, environment={"HOME": "/nonexistent"})
    assert demo.process.wait(60) == 0, demo.err
    check_faults(demo.out)
    demo.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("moment", "number", "code"),
    [
        ("making the files", signal.SIGTERM, 143),
        ("starting the server", signal.SIGINT, 130),
        ("orders: 200,000 rows", signal.SIGHUP, 129),
        ("starting the exporter", signal.SIGINT, 130),
    ],
)
def test_a_signal_leaves_nothing(
    start: Start, moment: str, number: signal.Signals, code: int
) -> None:
    demo = start()
    demo.wait_for(moment)
    assert demo.end(number) == code, demo.err
    demo.assert_nothing_is_left()
    assert "nothing is left" in demo.out + demo.err
    assert "Traceback" not in demo.err


def test_a_terminal_that_goes_ends_it_without_a_signal(start: Start) -> None:
    """The one of `ssh -t host make demo`: make gets SIGHUP, and keeps it to itself."""
    ours, its = os.openpty()
    demo = start(stdin=its)
    os.close(its)
    demo.wait_for("making the files")
    os.close(ours)
    assert demo.process.wait(20) == 129
    demo.assert_nothing_is_left()


def test_what_it_started_does_not_outlive_its_violent_death(start: Start) -> None:
    demo = start()
    demo.wait_for(RUNNING)
    assert len(demo.processes()) > 5
    demo.process.kill()
    demo.process.wait()
    until(lambda: not demo.processes(), 10, "end")
    demo.assert_no_memory_is_left()


def test_a_server_that_ends_is_told_with_its_log(start: Start) -> None:
    demo = start("--once")
    demo.wait_for("orders: 200,000 rows")
    os.kill(demo.pid_of("bin/postgres"), signal.SIGINT)
    assert demo.process.wait(20) == 1
    assert "demo: PostgreSQL: " in demo.err
    assert "received fast shutdown request" in demo.err
    assert demo.out == ""
    demo.assert_nothing_is_left()


def test_with_prometheus_and_an_exporter_that_ends(start: Start) -> None:
    if not shutil.which("prometheus"):
        pytest.skip("prometheus is not installed: .ci/run gets it")
    demo = start("--prometheus")
    demo.wait_for(RUNNING)
    assert "Prometheus http://127.0.0.1:" in demo.out
    until(lambda: json.loads(fetched(demo, "/graph", QUERY))["data"]["result"], 20, "scrape")
    os.kill(demo.pid_of("pgvitals run"), signal.SIGTERM)
    assert demo.process.wait(20) == 1
    assert "ended with code 0; the end of its log:" in demo.err
    assert '"event": "stopping"' in demo.err
    demo.assert_nothing_is_left()


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint"),
    [
        (["--prometheus"], {"PATH": "/nonexistent"}, "no program prometheus on the PATH"),
        (["--prometheus", "--once"], {}, "expected one"),
        (["--nonsense"], {}, "No such option"),
    ],
)
def test_a_wrong_command_line_starts_nothing(
    start: Start, arguments: list[str], environment: dict[str, str], complaint: str
) -> None:
    demo = start(*arguments, environment=environment)
    assert demo.process.wait(20) == 2
    assert complaint in demo.err
    assert demo.out == ""
    demo.assert_nothing_is_left()


def test_a_reader_that_leaves_ends_it(folder: Path) -> None:
    """`make demo ARGS=--once | head -1` must clean up too."""
    read, write = os.pipe()
    os.close(read)
    script = f"exec {sys.executable} -m pgvitals.demo >&{write}"
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o755)
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        pass_fds=[write],
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    os.close(write)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert list(temporary.iterdir()) == []
