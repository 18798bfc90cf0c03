"""The demo's exporter: `pgvitals run` with a configuration file, as everyone runs it."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pgvitals.demo import loopback
from pgvitals.demo.child import Child
from pgvitals.demo.home import Home
from pgvitals.demo.progress import Progress
from pgvitals.demo.server import DATABASE, WATCHER, Server

PORT = 9187
# Shorter than in the release, so that what somebody tries out is soon to be seen.
INTERVALS = {
    "activity": "5s",
    "blocked_sessions": "5s",
    "rls": "30s",
    "stat_user_tables": "10s",
    "unused_indexes": "30s",
}


@dataclass(frozen=True)
class Exporter:
    """A running exporter."""

    process: Child
    port: int

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://{loopback.HOST}:{self.port}"

    def page(self) -> str:
        """Its metrics now; empty when it does not answer."""
        return loopback.get(self.port, "/metrics") or ""

    def ready(self) -> bool:
        """Whether it has visited the server."""
        return loopback.get(self.port, "/-/ready") is not None


@contextmanager
def running(home: Home, progress: Progress, server: Server) -> Iterator[Exporter]:
    """An exporter that has visited `server`; raises Failure, Ended, OSError."""
    port = loopback.free_port(PORT)
    why = "" if port == PORT else f", because {PORT} is taken"
    progress.say(f"starting the exporter on {loopback.HOST}:{port}{why}")
    password = home.path / "password"
    password.touch(mode=0o600)
    password.write_text(server.passwords[WATCHER])
    file = home.path / "pgvitals.yaml"
    instance = {"connection": server.address(WATCHER), "password_file": str(password)}
    settings = {
        "instances": {DATABASE: instance},
        "queries": {name: {"interval": interval} for name, interval in INTERVALS.items()},
        "web": {"listen_addresses": [f"{loopback.HOST}:{port}"]},
    }
    file.write_text(json.dumps(settings))  # which is YAML
    command = [sys.executable, "-m", "pgvitals", "run", f"--config.file={file}"]
    with Child(command, home.path / "exporter.log", signal.SIGTERM) as process:
        exporter = Exporter(process, port)
        process.wait(progress, exporter.ready, "the exporter to visit the server")
        yield exporter
