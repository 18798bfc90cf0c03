"""The image: built from the Dockerfile as it is, and run by podman and runc, without a registry.

The base cannot be downloaded everywhere, so a Debian of the same release takes its name. That proves
every step of the Dockerfile, and how the program fares in a real container: as process 1 of a numeric
user, without capabilities, on a read-only root. It does not prove the real base. The images are kept in
the user's cache, apart from the engine's own; this machine's CAs are only mounted while building.
"""

import fcntl
import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from support.daemon import until

ROOT = Path(__file__).parents[2]
NAME = "localhost/pgvitals-test"
(BASE,) = re.findall(r"^ARG BASE=(\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
CAS = "/etc/ssl/certs/ca-certificates.crt"

_STAND_IN = [
    "mmdebstrap",
    "--quiet",
    "--variant=minbase",
    "--include=ca-certificates,python3,python3-venv",
    # Like the base: no bytecode, and a pip in /usr/local.
    '--customize-hook=find "$1/usr/lib" -depth -name __pycache__ -exec rm -r {} +',
    '--customize-hook=cd "$1/usr/local"; mkdir -p lib/python3/site-packages/pip lib/python3/ensurepip',
    '--customize-hook=touch "$1/usr/local/bin/pip3"',
    BASE.rpartition("-")[2],
]
# The engine would raise its own, which not every root may do.
_LIMITS = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"]


def lack() -> str:
    """Why no image can be built and run here; empty when it can."""
    missing = [tool for tool in ("podman", "runc", "mmdebstrap") if not shutil.which(tool)]
    if missing:
        return f"no {', '.join(missing)}: apt-get install podman runc mmdebstrap"
    if os.geteuid():
        return "not root: nobody else may make the stand-in for the base"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        return "root may not mount anything here"
    return ""


def provide() -> None:
    """Build it; where that cannot be, nothing is tested, which is no way to pass in CI."""
    if reason := lack():
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(reason)
    build()


def build() -> None:
    """Build NAME; raises AssertionError with what went wrong."""
    with (_storage() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make_stand_in()
        cas = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or CAS
        how = ["--isolation=chroot", "--pull=never", f"--volume={cas}:{CAS}:ro"]
        podman("build", *how, f"--tag={NAME}", str(ROOT))
        podman("image", "prune", "--force", "--filter=until=24h")


def inspect(image: str) -> dict[str, Any]:
    """What the engine knows of an image."""
    (found,) = json.loads(podman("image", "inspect", image))
    return dict(found)


def changes() -> list[tuple[str, str]]:
    """What the image did to its base: A, C or D, and the path."""
    lines = podman("image", "diff", NAME, BASE).splitlines()
    return [(kind, path) for kind, _, path in (line.partition(" ") for line in lines)]


class Layer(NamedTuple):
    """What a step of the Dockerfile added, in MB."""

    size: float
    step: str


def layers() -> list[Layer]:
    """What is on top of the base, from the bottom; a step that only says something has none."""
    steps = json.loads(podman("image", "history", "--format=json", "--no-trunc", NAME))
    ours = steps[: -len(json.loads(podman("image", "history", "--format=json", BASE)))]
    made = [Layer(step["size"] / 1e6, step["CreatedBy"]) for step in ours if step["size"]]
    return made[::-1]


@contextmanager
def unpacked() -> Iterator[Path]:
    """The files of the image, to read."""
    try:
        yield Path(podman("image", "mount", NAME).strip())
    finally:
        podman("image", "unmount", NAME)


def inside(program: str, *arguments: str) -> str:
    """What another program of the image prints; it runs as the image's user."""
    entry = ["--network=none", f"--entrypoint={program}"]
    return podman("run", "--rm", *entry, *_LIMITS, NAME, *arguments)


def documented() -> list[str]:
    """The options of the `docker run` in docs/kubernetes.md, without those that tests replace."""
    page = (ROOT / "docs" / "kubernetes.md").read_text("utf-8").replace("\\\n", "")
    (line,) = re.findall(r"^docker run (.*)$", page, re.MULTILINE)
    words = [word for word in shlex.split(line) if word.startswith("-")]
    return [word for word in words if not word.startswith(("--rm", "--publish"))]


class Container:
    """The program of the image, started as documented, but in the host's network, on loopback.

    `environment` gives the variables that the documented command passes; `options` are the engine's.
    """

    def __init__(
        self, environment: Mapping[str, str], *options: str, address: str = "127.0.0.1:0"
    ) -> None:
        fixed = ["--detach", "--network=host", "--log-driver=k8s-file", *_LIMITS]
        command = ["run", *documented(), *fixed, *options, NAME]
        arguments = [f"--web.listen-address={address}"]
        self.id = podman(*command, *arguments, environment=environment).strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        podman("rm", "--force", "--time=0", self.id)

    @property
    def log(self) -> str:
        """Everything that it said until now."""
        return podman("logs", self.id)

    @property
    def state(self) -> dict[str, Any]:
        """Pid, Running, ExitCode ... of its process."""
        (found,) = json.loads(podman("container", "inspect", self.id))
        return dict(found["State"])

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page, as soon as it serves any."""
        (address,) = until(lambda: re.findall(r'"addresses": \["(.*?)"\]', self.log), 20, "listen")
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def wait_ready(self) -> Self:
        """Wait until every server was visited."""
        until(lambda: self.get("/-/ready")[0] == 200, 30, "get ready")
        return self

    def stop(self) -> int:
        """End it as a kubelet does, within 10 s; gives its exit code."""
        podman("stop", "--time=10", self.id)
        return int(self.state["ExitCode"])


def podman(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What podman prints, on the tests' own storage; raises AssertionError with its complaint."""
    command = [
        "podman",
        f"--root={_storage()}",
        "--runroot=/run/pgvitals-test",  # 50 characters at most, gone after a reboot
        "--tmpdir=/run/pgvitals-test/libpod",
        "--runtime=runc",
        "--cgroup-manager=cgroupfs",
        "--log-level=error",
        *arguments,
    ]
    own = os.environ | (environment or {})
    done = subprocess.run(
        command, env=own, capture_output=True, text=True, timeout=300, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, (
        f"podman {arguments[0]} ended with {done.returncode}: {said[-3000:]}"
    )
    return said if arguments[0] == "logs" else done.stdout


def _storage() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    storage = cache / "pgvitals" / "images"
    storage.mkdir(parents=True, exist_ok=True)
    return storage


def _make_stand_in() -> None:
    """Name a Debian like the base; made once for each way of making it."""
    name = f"localhost/stand-in:{zlib.crc32(repr(_STAND_IN).encode()):x}"
    if name not in podman("image", "ls", "--format={{.Repository}}:{{.Tag}}").splitlines():
        tar = _storage() / "stand-in.tar"
        done = subprocess.run([*_STAND_IN, str(tar)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"no stand-in for {BASE}: {done.stderr[-3000:]}"
        podman("import", str(tar), name)
        tar.unlink()
    podman("tag", name, BASE)
