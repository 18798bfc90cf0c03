"""A Prometheus for the demo, where one is installed."""

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgvitals.demo import loopback
from pgvitals.demo.child import Child
from pgvitals.demo.exporter import Exporter
from pgvitals.demo.home import Home
from pgvitals.demo.progress import Progress

PORT = 9090
SCRAPE_EVERY = "5s"


def program() -> str | None:
    """Where the program is; None where it is not installed."""
    return shutil.which("prometheus")


@contextmanager
def running(
    program: str, home: Home, progress: Progress, exporter: Exporter
) -> Iterator[tuple[Child, str]]:
    """A Prometheus that scrapes `exporter`, and its address; raises Failure, Ended, OSError."""
    port = loopback.free_port(PORT)
    progress.say(f"starting Prometheus on {loopback.HOST}:{port}")
    file = home.path / "prometheus.yml"
    file.write_text(_configuration(exporter))
    command: list[str | Path] = [
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={home.path / 'prometheus'}",
        f"--web.listen-address={loopback.HOST}:{port}",
    ]
    with Child(command, home.path / "prometheus.log", signal.SIGTERM) as process:
        process.wait(progress, lambda: loopback.get(port, "/-/ready"), "Prometheus to get ready")
        yield process, f"http://{loopback.HOST}:{port}"


def _configuration(exporter: Exporter) -> str:
    target = f"{loopback.HOST}:{exporter.port}"
    job = {"job_name": "pgvitals", "static_configs": [{"targets": [target]}]}
    timing = {"scrape_interval": SCRAPE_EVERY, "scrape_timeout": SCRAPE_EVERY}
    return json.dumps({"global": timing, "scrape_configs": [job]})  # which is YAML
