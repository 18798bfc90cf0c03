"""A PostgreSQL data directory and the processes that run on it."""

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.binaries import Binaries

STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
HBA = ["host all all 127.0.0.1/32 scram-sha-256", "host replication all 127.0.0.1/32 scram-sha-256"]
# Nothing of the developer's environment (PGDATA, PGPORT, locale) reaches the server.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class Cluster:
    """One local server's files and processes; removed at exit when nobody did before."""

    def __init__(self, binaries: Binaries) -> None:
        self.binaries = binaries
        self.home = Path(tempfile.mkdtemp(prefix="pgvitals-"))
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)
        _hand_over(self.home)

    def init(self, password: str) -> None:
        """Make the data directory, with the password of its superuser postgres."""
        secret = self.home / "password"
        self._write(secret, password)
        options = ["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
        tool = self.binaries.tool("initdb")
        self.run([tool, "-D", str(self.data), f"--pwfile={secret}", *options])
        secret.unlink()
        self.write_hba(*HBA)

    def run(self, command: list[str]) -> None:
        """Run a program as the server's user; its complaint is the error's text."""
        done = subprocess.run(
            command, env=ENVIRONMENT, capture_output=True, text=True, umask=0o077, **_identity()
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr}")

    def append(self, settings: dict[str, Any]) -> None:
        """Add settings to postgresql.conf; the last one of a name counts."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {_quote(value)}\n" for name, value in settings.items())

    def write_hba(self, *lines: str) -> None:
        """Replace pg_hba.conf."""
        self._write(self.data / "pg_hba.conf", "".join(f"{line}\n" for line in lines))

    def copy(self, primary: str, basebackup: str) -> None:
        """Make the data directory a standby of the primary."""
        options = ["--checkpoint=fast", "--wal-method=stream", "--no-sync"]
        self.run([basebackup, "-d", primary, "-D", str(self.data), *options])
        # Not pg_basebackup -R: that writes options of its own, newer libpq into the file.
        self.append({"primary_conninfo": primary})
        self._write(self.data / "standby.signal", "")

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the postmaster is alive, be it frozen."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it accepts sessions."""
        if not self.port:
            # Chosen as late as can be: a free port is not reserved.
            self.port = free_port()
            self.append({"port": self.port})
        command = [self.binaries.tool("postgres"), "-D", str(self.data)]
        with self.log.open("ab") as log:
            # A session of its own, or Ctrl-C would stop the server under the tests' cleanup.
            self._process = subprocess.Popen(
                command,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
                **_identity(),
            )
        _wait(self._ready, "start")

    def stop(self, mode: str) -> None:
        """Stop in one of PostgreSQL's modes, also when frozen."""
        if self._process is None or not self.running:
            return
        self.signal(signal.SIGCONT, everyone=True)
        self._process.send_signal(STOP_SIGNALS[mode])
        self._process.wait(timeout=60)

    def kill(self) -> None:
        """End every process at once, as a power cut does."""
        if self._process is None or not self.running:
            return
        self.freeze()
        pids = descendants(self.pid)
        for pid in [*pids, self.pid]:
            os.kill(pid, signal.SIGKILL)
        self._process.wait()
        # While one lives, it holds the shared memory and the next start is refused.
        _wait(lambda: all(_is_gone(pid) for pid in pids), "die")
        self._remove_segment()

    def freeze(self) -> None:
        """Stop the postmaster first: then it cannot fork while the others are stopped."""
        self.signal(signal.SIGSTOP)
        self.signal(signal.SIGSTOP, everyone=True)

    def signal(self, number: signal.Signals, everyone: bool = False) -> None:
        """Send a signal to the postmaster, or to it and all its children."""
        for pid in [self.pid, *(descendants(self.pid) if everyone else [])]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue  # a backend may end at any time

    def private_kb(self, pid: int) -> int:
        """Anonymous resident memory of one of its processes."""
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("RssAnon:")[2].split()[0])

    def remove(self) -> None:
        """Stop whatever runs and delete every file."""
        try:
            self.stop("immediate")
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)
        atexit.unregister(self.remove)

    def _ready(self) -> bool:
        """Ask postmaster.pid, as pg_ctl does: no login, so no pg_hba.conf can be in the way."""
        if not self.running:
            raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")
        lines = self._pid_file()
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7] in ("ready", "standby")

    def _pid_file(self) -> list[str]:
        try:
            text = (self.data / "postmaster.pid").read_text()
        except FileNotFoundError:  # not there yet, or being replaced: a crashed server left one
            return []
        return [line.strip() for line in text.splitlines()]

    def _remove_segment(self) -> None:
        """Remove the System V segment that a killed postmaster cannot remove itself."""
        lines = self._pid_file()
        if len(lines) > 6 and len(lines[6].split()) == 2:
            remove_command = 0  # IPC_RMID
            ctypes.CDLL(None).shmctl(int(lines[6].split()[1]), remove_command, None)

    def _write(self, path: Path, text: str) -> None:
        path.touch(mode=0o600)
        path.write_text(text)
        _hand_over(path)


def descendants(pid: int) -> list[int]:
    """All processes below this one, such as backends and their archive commands."""
    parents = {int(path.parent.name): _stat(path)[1] for path in Path("/proc").glob("[0-9]*/stat")}
    found = [pid]
    for parent in found:
        found.extend(child for child, its in parents.items() if its == str(parent))
    return found[1:]


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _stat(path: Path) -> list[str]:
    """State, parent and so on of a process; the name before them may hold spaces."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["X", ""]


def _is_gone(pid: int) -> bool:
    return _stat(Path(f"/proc/{pid}/stat"))[0] in "XZ"


def _wait(done: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Look every 10 ms."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server did not {what} in {seconds:.0f} s")
        time.sleep(0.01)


def _identity() -> dict[str, Any]:
    """Popen arguments for a user PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    nobody = pwd.getpwnam("nobody")
    return {"cwd": "/", "user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _hand_over(path: Path) -> None:
    """Give a file to the server's user."""
    identity = _identity()
    if "user" in identity:
        os.chown(path, identity["user"], identity["group"])


def _quote(value: object) -> str:
    """A value as postgresql.conf takes it."""
    text = {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
