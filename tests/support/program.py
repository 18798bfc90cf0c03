"""A program of Prometheus' family, on a loopback port and in a directory of its own."""

import http.client
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from support.cluster import free_port
from support.daemon import until


def found(name: str) -> str:
    """Where a program is; skips where it is not installed, and fails in CI."""
    path = shutil.which(name)
    if path is None:
        assert not os.environ.get("CI"), f"{name} is not installed, and .ci/run should have got it"
        pytest.skip(f"{name} is not installed: .ci/run gets it")
    return path


class Program:
    """One that runs with a configuration; ended, and its files removed, with the `with` block."""

    name: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]]
    """Its own, with {home} for its directory."""

    def __init__(self, config: str) -> None:
        self._home = tempfile.TemporaryDirectory(prefix=f"pgvitals-{self.name}-")
        self.home = Path(self._home.name)
        self.port = free_port()
        self.config_file = self.home / "config.yml"
        self.config_file.write_text(config)

    def __enter__(self) -> Self:
        own = [argument.format(home=self.home) for argument in self.arguments]
        address = f"--web.listen-address=127.0.0.1:{self.port}"
        command = [found(self.name), f"--config.file={self.config_file}", address, *own]
        with (self.home / "log").open("wb") as log:
            # A session of its own: Ctrl-C is for the tests, which end it.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            until(self._ready, 30, f"{self.name} to get ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._home.cleanup()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """What it answers, as data; raises OSError, and AssertionError for a refusal."""
        text = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, text, headers)
            answer = connection.getresponse()
            said = answer.read().decode()
        assert answer.status == 200, f"{self.name}: {path}: {answer.status} {said[:500]}"
        return json.loads(said) if said.startswith(("{", "[")) else said

    def _ready(self) -> bool:
        if self._process.poll() is not None:
            said = (self.home / "log").read_text()[-2000:]
            raise RuntimeError(f"{self.name} ended with {self._process.returncode}: {said}")
        try:
            return bool(self.request("GET", "/-/ready"))
        except (OSError, AssertionError):  # not yet
            return False
