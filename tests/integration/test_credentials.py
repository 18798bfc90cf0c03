"""Credentials of every kind: withdrawn and renewed while pgvitals runs, on a server with TLS.

`pytest -s` prints how long it took.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple

import pytest

from support.daemon import Daemon, until
from support.queries import everything
from support.secure import PASSWORD, Authority, Secure, complaints, reasons, replace, settings, up

PATIENCE = 30
"""Seconds until a state must be reached; usually it is there with the next heartbeat, after 10."""
BRIEF = 18
"""Seconds for which a certificate is good that is to expire."""
OLD, NEW = f"{PASSWORD} old", f"{PASSWORD} new"


class Kind(NamedTuple):
    """A kind of credential: its instance, how the server withdraws it, how it is renewed."""

    instance: dict[str, Any]
    withdraw: Callable[[], object]
    renew: Callable[[], object]


def escaped(password: str) -> str:
    """A password as a passfile has it."""
    return password.replace("\\", r"\\").replace(":", r"\:")


def of_passwords(secure: Secure, folder: Path, name: str) -> Kind:
    """A kind whose secret is a password that stands in some file."""
    host, port = secure.server.host, secure.server.port
    file = folder / name
    texts = {
        "passfile": f"{host}:{port}:*:{name}:%s\n",
        "service": f"[main]\nhost={host}\nport={port}\nuser={name}\ndbname=postgres\npassword=%s\n",
    }
    plain = secure.dsn(name)
    instances: dict[str, dict[str, Any]] = {
        "password_file": {"dsn": plain, "password_file": str(file)},
        "passfile": {"dsn": secure.dsn(name, passfile=str(file))},
        "service": {"dsn": "service=main"},
        "command": {
            "dsn": plain,
            "password_command": ["cat", str(file)],
            "password_lifetime": "1h",
        },
    }

    def put(password: str) -> None:
        written = escaped(password) if name == "passfile" else password
        replace(file, texts.get(name, "%s\n") % written)

    secure.role(name, OLD)
    put(OLD)
    return Kind(instances[name], lambda: secure.role(name, NEW), lambda: put(NEW))


def of_client_certificate(secure: Secure, folder: Path) -> Kind:
    certificate, key = folder / "client.crt", folder / "client.key"
    secure.role("certificate", NEW)
    secure.clients.issue(certificate, key, "certificate", BRIEF)
    dsn = secure.dsn("certificate", sslcert=str(certificate), sslkey=str(key), sslmode="require")
    return Kind(
        {"dsn": dsn},
        lambda: None,  # it expires by itself
        lambda: secure.clients.issue(certificate, key, "certificate"),
    )


def of_ca(secure: Secure, folder: Path) -> Kind:
    file = folder / "ca"
    known = [secure.renew()]
    known[0].write(file)
    secure.server.reload()
    secure.role("ca", OLD)
    dsn = secure.dsn("ca", password=OLD, sslrootcert=str(file))

    def withdraw() -> None:
        known.append(secure.renew())
        secure.server.reload()

    return Kind({"dsn": dsn}, withdraw, lambda: known[-1].write(file))


PASSWORDS = ("password_file", "passfile", "service", "command")
KINDS = (*PASSWORDS, "client_certificate", "ca")


class Story:
    """What became of each kind: the reason when it was withdrawn, and the seconds to both changes."""

    def __init__(self, daemon: Daemon, kinds: Mapping[str, Kind]) -> None:
        self.daemon = daemon
        self.began = self._reach(dict.fromkeys(kinds, 1.0), monotonic())
        for kind in kinds.values():
            kind.withdraw()
        self.lost = self._reach(dict.fromkeys(kinds, 0.0), monotonic())
        self.reasons = reasons(daemon)
        for kind in kinds.values():
            kind.renew()
        self.back = self._reach(dict.fromkeys(kinds, 1.0), monotonic())

    def up(self) -> dict[str, float]:
        samples = self.daemon.samples()
        return {s.labels["server"]: s.value for s in samples if s.name == "pg_up"}

    def _reach(self, wanted: Mapping[str, float], since: float) -> dict[str, float]:
        seconds: dict[str, float] = {}

        def all_there() -> bool:
            for name, value in self.up().items():
                if value == wanted[name]:
                    seconds.setdefault(name, monotonic() - since)
            return seconds.keys() == wanted.keys()

        with suppress(AssertionError):  # each kind has a test that says what it lacks
            until(all_there, PATIENCE, "reach it")
        return seconds


@pytest.fixture(scope="module")
def story(secure: Secure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("credentials")
    kinds = {name: of_passwords(secure, folder, name) for name in PASSWORDS}
    kinds |= {"ca": of_ca(secure, folder)}
    kinds |= {"client_certificate": of_client_certificate(secure, folder)}
    config = settings(**{name: kind.instance for name, kind in kinds.items()})
    with Daemon(config, {"PGSERVICEFILE": str(folder / "service")}) as daemon:
        told = Story(daemon, kinds)
        report(told)
        yield told


def report(story: Story) -> None:
    print(f"\n{'credential':20} {'down after':>10} {'reason':16} {'up after':>8}")
    for name in KINDS:
        lost, back = (times.get(name, float("nan")) for times in (story.lost, story.back))
        print(f"{name:20} {lost:8.1f} s {story.reasons.get(name, '-'):16} {back:6.1f} s")


REASONS = dict.fromkeys(PASSWORDS, ("login_refused", "password authentication failed")) | {
    "client_certificate": ("tls", "certificate expired"),
    "ca": ("tls", "certificate verify failed"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_credential_that_was_withdrawn_is_known_to_be(story: Story, name: str) -> None:
    assert name in story.began
    assert name in story.lost
    assert story.reasons[name] == REASONS[name][0]
    assert REASONS[name][1] in complaints(story.daemon, name)[0]


@pytest.mark.parametrize("name", KINDS)
def test_a_credential_that_was_renewed_works_without_a_restart(story: Story, name: str) -> None:
    assert name in story.back


def test_no_password_was_told_to_anyone(story: Story) -> None:
    assert "s3cret" not in everything(story.daemon, *KINDS)
    assert all(story.daemon.events)


def test_what_is_renewed_in_time_is_never_missed(secure: Secure, tmp_path: Path) -> None:
    certificate, key, cas = (tmp_path / name for name in ("client.crt", "client.key", "cas"))
    secure.role("certificate", OLD)
    secure.role("trusting", OLD)
    secure.clients.issue(certificate, key, "certificate", BRIEF)
    old = secure.renew()
    old.write(cas)
    secure.server.reload()
    files = {"sslcert": str(certificate), "sslkey": str(key), "sslmode": "require"}
    config = settings(
        client={"dsn": secure.dsn("certificate", **files)},
        ca={"dsn": secure.dsn("trusting", password=OLD, sslrootcert=str(cas))},
    )
    with Daemon(config) as daemon:
        until(lambda: up(daemon, "client") and up(daemon, "ca"), PATIENCE, "log in")
        new = secure.renew()
        new.write(cas, old)
        secure.clients.issue(certificate, key, "certificate")
        secure.server.reload()
        ends = monotonic() + BRIEF + 10
        while monotonic() < ends:
            assert up(daemon, "client")
            assert up(daemon, "ca")
            sleep(0.5)


# Where a service leads


def test_a_service_of_the_environment_is_named_by_what_it_says(
    secure: Secure, tmp_path: Path
) -> None:
    secure.role("by_environment", OLD)
    server = secure.server
    replace(tmp_path / "services", f"[x]\nhost={server.host}\nport={server.port}\n")
    line = f"{server.host}:{server.port}:postgres:by_environment:{escaped(OLD)}\n"
    replace(tmp_path / "passfile", line)
    environment = {
        "PGSERVICE": "x",
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGPASSFILE": str(tmp_path / "passfile"),
        "PGUSER": "by_environment",
        "PGDATABASE": "postgres",
        "PGHOST": "192.0.2.1",  # a service wins over it
    }
    with Daemon(environment=environment) as daemon:
        daemon.wait_ready()
        assert daemon.value("pg_up") == 1
        labels = {s.labels["server"] for s in daemon.samples() if "server" in s.labels}
        assert labels == {f"{server.host}:{server.port}"}


def test_a_ca_without_a_mode_means_to_verify_the_name_too(secure: Secure, tmp_path: Path) -> None:
    secure.role("verifying", OLD)
    secure.renew().write(tmp_path / "ca")
    Authority().write(tmp_path / "other")
    secure.server.reload()

    def instance(host: str, ca: str, **more: str) -> dict[str, str]:
        place = {"host": host, "hostaddr": "127.0.0.1", "sslrootcert": str(tmp_path / ca)}
        return {"dsn": secure.dsn("verifying", password=OLD, **place, **more)}

    config = settings(
        right=instance("127.0.0.1", "ca"),
        name=instance("other.example", "ca"),
        unnamed=instance("other.example", "ca", sslmode="require"),
        stranger=instance("127.0.0.1", "other", sslmode="require"),
    )
    with Daemon(config) as daemon:
        daemon.wait_ready()
        assert [up(daemon, name) for name in ("right", "unnamed")] == [True, True]
        assert reasons(daemon) == {"name": "tls", "stranger": "tls"}
        assert "does not match host name" in complaints(daemon, "name")[0]
        assert "certificate verify failed" in complaints(daemon, "stranger")[0]
