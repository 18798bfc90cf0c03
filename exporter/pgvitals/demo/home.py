"""Where the demo keeps its files, and who owns those of the server."""

import os
import pwd
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgvitals.demo.progress import Failure

ACCOUNT = "nobody"
"""Who runs PostgreSQL when root runs the demo: it refuses root."""
ROOM = 500
"""Megabytes that must be free; about 200 are used, and more with time."""
DELETE_WITHIN = 10.0


@dataclass(frozen=True)
class Home:
    """A temporary directory; `account` runs the server, None is whoever runs the demo."""

    path: Path
    account: pwd.struct_passwd | None

    @property
    def identity(self) -> dict[str, Any]:
        """Popen's arguments for the server's programs; nothing of the caller's environment."""
        how: dict[str, Any] = {"cwd": "/", "umask": 0o077}
        how["env"] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        if self.account:
            how |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return how

    def give(self, tree: Path) -> None:
        """Make the server's account the owner of a directory and all that is in it."""
        if self.account:
            for path in [tree, *tree.rglob("*")]:
                os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)


@contextmanager
def temporary() -> Iterator[Home]:
    """Make it, and remove it with everything in it; raises Failure, OSError."""
    account = _account() if os.geteuid() == 0 else None
    path = Path(tempfile.mkdtemp(prefix="pgvitals-demo-", dir=_open_place() if account else None))
    try:
        _check_room(path)
        if account:
            path.chmod(0o711)  # the server's own directories are below it
        yield Home(path, account)
    finally:
        _delete(path)


def _check_room(path: Path) -> None:
    free = shutil.disk_usage(path).free // 1_000_000
    if free < ROOM:
        raise Failure(
            f"found {free} MB free in {path.parent}, expected {ROOM}; free some, or set TMPDIR to"
            " another directory"
        )


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise Failure(
            f"PostgreSQL does not run as root, and there is no user {ACCOUNT} to run it as;"
            " run the demo as an ordinary user"
        ) from None


def _open_place() -> Path:
    """A directory below which another user may run programs: not every TMPDIR is one."""
    places = list(dict.fromkeys(map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp"))))  # noqa: S108
    for place in places:
        if place.is_dir() and _is_open(place.resolve()):
            return place
    raise Failure(
        f"root's demo runs PostgreSQL as {ACCOUNT}, and {ACCOUNT} may not enter"
        f" {', '.join(map(str, places))}, or run programs there; set TMPDIR to another directory"
    )


def _is_open(place: Path) -> bool:
    entered = all(path.stat().st_mode & stat.S_IXOTH for path in (place, *place.parents))
    return entered and not os.statvfs(place).f_flag & getattr(os, "ST_NOEXEC", 0)


def _delete(path: Path) -> None:
    """Delete a tree, however long a dying process goes on writing into it."""
    deadline = time.monotonic() + DELETE_WITHIN
    while path.exists() and time.monotonic() < deadline:
        shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise Failure(f"{path} could not be removed; remove it")
