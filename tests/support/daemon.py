"""The daemon under test: `python -m pgvitals run` as a process of its own, and what its pages say."""

import atexit
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

T = TypeVar("T")

STOP_WITHIN = 5.0
"""Seconds from SIGTERM to the end of the process."""
_LISTENING = re.compile(r'"addresses": (\[.*?"\])')
# Nothing of the developer's environment says what to watch.
_FOREIGN = ("PG", "DATA_SOURCE_")


class Response(NamedTuple):
    """An answer; `seconds` are from the connection to the last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The body, unpacked."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


class Daemon:
    """A running exporter. `config` is that of the file, as data; without it there is only the environment.

    Stopped at the end of the `with` block: it must then end by itself, in time and without an error.
    """

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        address: str = "127.0.0.1:0",
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="pgvitals-daemon-"))
        self.config_file = self.home / "pgvitals.yaml"
        self._log = self.home / "log"
        command = [sys.executable, "-m", "pgvitals", "run", *arguments]
        if address:
            command.append(f"--web.listen-address={address}")
        if config is not None:
            self.write(config)
            command.append(f"--config.file={self.config_file}")
        own = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=own | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        atexit.register(self.kill)
        self.addresses: list[tuple[str, int]] = []

    def __enter__(self) -> Self:
        self.wait_listening()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()

    # Its life

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def log(self) -> str:
        """Everything that it said until now."""
        return self._log.read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.splitlines()]

    def wait_listening(self, seconds: float = 20) -> None:
        """Wait until it serves pages, of whatever is known by then."""
        found = until(self._listening, seconds, "listen")
        for address in json.loads(found.group(1)):
            host, _, port = address.rpartition(":")
            self.addresses.append((host.strip("[]"), int(port)))

    def wait_ready(self, seconds: float = 30) -> Self:
        """Wait until every server was visited, or is known to be down."""
        until(lambda: self.get("/-/ready").status == 200, seconds, "get ready")
        return self

    def write(self, config: Mapping[str, Any]) -> None:
        """Replace the configuration file; JSON is YAML."""
        self.config_file.write_text(json.dumps(config, indent=1))

    def reload(self) -> None:
        """Ask it to read the configuration again, and wait until it did."""
        before = self.log.count("configuration ")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.log.count("configuration ") > before, 10, "reload")

    def stop(self) -> None:
        """End it as a supervisor would."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=STOP_WITHIN)
        assert code == 0, f"exit code {code}: {self.log[-2000:]}"

    def kill(self) -> None:
        """End it, if it still runs, and forget its files."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
        atexit.unregister(self.kill)

    def rss_kb(self) -> int:
        """Its resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    # Its pages

    def get(
        self, path: str, *, gzip: bool = False, method: str = "GET", timeout: float = 30
    ) -> Response:
        """One request on a connection of its own."""
        host, port = self.addresses[0]
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
        started = time.monotonic()
        try:
            connection.request(method, path, headers={"Accept-Encoding": "gzip"} if gzip else {})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, body, time.monotonic() - started)

    def scrape(self, path: str = "/metrics", *, gzip: bool = False) -> str:
        """A page's text."""
        answer = self.get(path, gzip=gzip)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text[:200]}"
        return answer.text

    def samples(self, path: str = "/metrics") -> list[Sample]:
        """A page's samples, as Prometheus' own parser reads them."""
        families = text_string_to_metric_families(self.scrape(path))
        return [sample for family in families for sample in family.samples]

    def values(self, name: str, path: str = "/metrics", **labels: str) -> list[float]:
        """The values of the series that have at least these labels."""
        return [
            sample.value
            for sample in self.samples(path)
            if sample.name == name and labels.items() <= sample.labels.items()
        ]

    def value(self, name: str, path: str = "/metrics", **labels: str) -> float | None:
        """The value of the one series that has these labels; None without such a series."""
        found = self.values(name, path, **labels)
        assert len(found) < 2, f"{name}{labels} stands there {len(found)} times"
        return found[0] if found else None

    def outcome(self, collector: str, path: str = "/metrics") -> tuple[str, str] | None:
        """How the last run of a query ended, and why."""
        for sample in self.samples(path):
            of_it = sample.labels.get("collector") == collector
            if of_it and sample.name == "pgvitals_collector_outcome":
                return sample.labels["outcome"], sample.labels["reason"]
        return None

    def _listening(self) -> re.Match[str] | None:
        if self.process.poll() is not None:
            raise RuntimeError(f"it ended with {self.process.returncode}: {self.log[-2000:]}")
        return _LISTENING.search(self.log)


def instance(dsn: str, **more: Any) -> dict[str, Any]:
    """A configuration with one instance."""
    return {"instances": {"main": {"dsn": dsn, **more}}}


def until(look: Callable[[], T | None], seconds: float, what: str, every: float = 0.05) -> T:
    """Look until something is found."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not {what} in {seconds:g} s")
        time.sleep(every)
    return found
