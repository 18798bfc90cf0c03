"""Credentials that cannot be had: each has its reason, and an error that says what to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.daemon import Daemon
from support.queries import everything
from support.secure import PASSWORD, Secure, complaints, reasons, replace, settings


class Broken(NamedTuple):
    """An instance whose credentials cannot be had, and what is said."""

    instance: dict[str, Any]
    said: str
    reason: str = "credentials"


def broken(secure: Secure, folder: Path) -> dict[str, Broken]:
    secure.role("broken", PASSWORD)
    secure.role("certificate", PASSWORD)
    dsn = secure.dsn("broken")
    open_key, certificate = folder / "open.key", folder / "open.crt"
    secure.clients.issue(certificate, open_key, "certificate")
    open_key.chmod(0o644)
    open_pass = folder / "open_passfile"
    open_pass.write_text(f"*:*:*:broken:{PASSWORD}\n")
    open_pass.chmod(0o644)
    replace(folder / "other_passfile", f"*:*:*:somebody:{PASSWORD}\n")

    def command(*words: str) -> dict[str, Any]:
        return {"dsn": dsn, "password_command": list(words)}

    def passfile(name: str) -> dict[str, Any]:
        return {"dsn": secure.dsn("broken", passfile=str(folder / name))}

    def client(certificate: Path, key: Path) -> dict[str, Any]:
        files = {"sslcert": str(certificate), "sslkey": str(key)}
        return {"dsn": secure.dsn("certificate", sslmode="require", **files)}

    return {
        "passfile_open": Broken(passfile("open_passfile"), "found mode 0644, expected 0600"),
        "passfile_absent": Broken(passfile("nowhere"), "nowhere: No such file or directory"),
        "passfile_other": Broken(passfile("other_passfile"), "it has no line for this login"),
        "service_absent": Broken({"dsn": "service=nowhere"}, 'service "nowhere" not found'),
        "command_absent": Broken(command("/nowhere/tool"), "tool: No such file or directory"),
        "command_empty": Broken(command("true"), "true: found nothing, expected a token"),
        "command_fails": Broken(
            command("sh", "-c", "echo why >&2; exit 3"), "sh: it ended with 3: why"
        ),
        "command_chatty": Broken(command("yes", "s3cret"), "yes: it printed more than 65536 bytes"),
        "command_wrong": Broken(
            command("echo", "s3cret"), "password authentication failed", "login_refused"
        ),
        "key_open": Broken(client(certificate, open_key), "has group or world access"),
        "key_absent": Broken(client(certificate, folder / "nokey"), "nokey"),
        "ca_absent": Broken(
            {"dsn": secure.dsn("broken", password=PASSWORD, sslrootcert=str(folder / "noca"))},
            "noca",
        ),
    }


BROKEN = (
    "passfile_open", "passfile_absent", "passfile_other", "service_absent", "command_absent",
    "command_empty", "command_fails", "command_chatty", "command_wrong", "key_open", "key_absent",
    "ca_absent",
)  # fmt: skip


@pytest.fixture(scope="module")
def lamenting(
    secure: Secure, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Daemon, dict[str, Broken]]]:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "services").write_text("[other]\nhost=x\n")
    cases = broken(secure, folder)
    config = settings(**{name: case.instance for name, case in cases.items()})
    with Daemon(config, {"PGSERVICEFILE": str(folder / "services")}) as daemon:
        yield daemon.wait_ready(), cases
        assert "s3cret" not in everything(daemon, *cases)


@pytest.mark.parametrize("name", BROKEN)
def test_a_credential_that_cannot_be_had_has_its_reason(
    lamenting: tuple[Daemon, dict[str, Broken]], name: str
) -> None:
    daemon, cases = lamenting
    assert cases[name].said in complaints(daemon, name)[0]
    assert reasons(daemon)[name] == cases[name].reason
