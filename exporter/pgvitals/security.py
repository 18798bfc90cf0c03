"""Security: what the web configuration file demands of a connection, as it stands when one comes."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import structlog

from pgvitals import web_config
from pgvitals.access import Access
from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.lookout import Lookout
from pgvitals.web_config import NO_CLIENT_CERT, REQUIRED, WebConfig

if TYPE_CHECKING:
    from pgvitals.encryption import Encryption

_RETRY = 1.0
"""Seconds after which what is wrong is read again, though it looks as it did."""

_log = structlog.get_logger()


class Protection(NamedTuple):
    """What holds for one connection: TLS or None, hashes by user, headers to add."""

    encryption: "Encryption | None" = None
    users: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}


class State(NamedTuple):
    """What was read, and how the files looked just before."""

    config: WebConfig = WebConfig()
    protection: Protection = Protection()
    looks: tuple[object, ...] = ()


class Security:
    """Follows the file and those it names; raises Mistakes where they are wrong from the start.

    Later, what is wrong is logged once, and what was right before stays in force.
    """

    def __init__(self, file: Path | None = None) -> None:
        self.access = Access()
        """Shared by all addresses, so that a password is compared once."""
        self._file = file
        self._problem = ""
        self._wrong: tuple[object, ...] = ()
        self._retry = 0.0
        self._state = read(file) if file else State()
        self._lookout = Lookout(lambda: self._look(file)) if file else None

    def current(self) -> Protection:
        """What holds for a connection that comes now."""
        if self._lookout:
            self._lookout.ask()
        return self._state.protection

    def check(self) -> None:
        """Raise Mistakes if what stands in the files now cannot be taken over."""
        if self._file:
            _not_weaker(self._file, self._state.config, read(self._file).config)

    def _look(self, file: Path) -> None:
        """Read again if a file looks otherwise than before it was last read, or if it is time to retry."""
        looks = tuple(map(_look_of, (file, *_named(file, self._state.config))))
        known_wrong = looks == self._wrong and time.monotonic() < self._retry
        if looks == self._state.looks or known_wrong:
            return
        try:
            state = read(file)
            _not_weaker(file, self._state.config, state.config)
        except Exception as problem:  # noqa: BLE001 - whatever it is, what was right before holds
            self._wrong, self._retry = looks, time.monotonic() + _RETRY
            self._note(str(problem) or repr(problem))
            return
        self._state, self._problem, self._wrong = state, "", ()
        _log.info("web configuration read again", file=str(file))

    def _note(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            _log.error("web configuration not taken over", mistakes=problem.splitlines())


def read(file: Path) -> State:
    """Everything as it is now; raises Mistakes."""
    # Looked at before it is read: what changes in between looks otherwise next time.
    look = _look_of(file)
    config, document = web_config.load(file)
    looks = (look, *map(_look_of, _named(file, config)))
    encryption = _encryption(config, document, file.parent)
    return State(config, Protection(encryption, config.users, config.headers), looks)


def _encryption(config: WebConfig, document: Document, directory: Path) -> "Encryption | None":
    if not (server := config.tls_server_config):
        return None
    from pgvitals import tls  # here, for where nobody speaks it Python's ssl would only take memory

    try:
        return tls.encryption(server, directory)
    except tls.Unusable as unusable:
        where = ("tls_server_config", unusable.key)
        raise Mistakes([document.mistake(where, str(unusable))]) from None


def _named(file: Path, config: WebConfig) -> list[Path]:
    server = config.tls_server_config
    return server.files(file.parent) if server else []


def _look_of(file: Path) -> object:
    """How a file looks from outside, wherever links lead; None where there is none."""
    try:
        found = file.stat()
    except (OSError, ValueError):  # the latter for a path with a NUL
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _not_weaker(file: Path, before: WebConfig, after: WebConfig) -> None:
    """Raise Mistakes where something would be asked for no more: half a file must not open the doors."""
    asked, asks = _demands(before), _demands(after)
    if gone := [what for what, was in asked.items() if was and not asks[what]]:
        problem = f"found no {' and no '.join(gone)}, as there was; to do without takes a restart"
        raise Mistakes([Mistake(str(file), 1, "", problem)])


def _demands(config: WebConfig) -> dict[str, bool]:
    server = config.tls_server_config
    return {
        "tls_server_config": bool(server),
        "min_version TLS13": bool(server and server.min_version == "TLS13"),
        "client_auth_type": bool(server and server.client_auth_type != NO_CLIENT_CERT),
        f"client_auth_type {REQUIRED}": bool(server and server.client_auth_type == REQUIRED),
        "client_allowed_sans": bool(server and server.client_allowed_sans),
        "basic_auth_users": bool(config.users),
    }
