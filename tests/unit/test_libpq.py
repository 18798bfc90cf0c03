"""libpq: where a login leads, with service file, passfile and environment, without going there."""

import os
from pathlib import Path

import pytest

from pgvitals import libpq
from pgvitals.outcome import CredentialError
from unit.material import complaint

SERVICES = """\
[main]
host=db.example
port=6432
dbname=shop
user=reader
password=it's \\ hard
[checked]
host=db.example
sslrootcert=/ca
[lax]
host=db.example
sslrootcert=/ca
sslmode=require
"""


@pytest.fixture(autouse=True)
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service file, and nothing else of the machine's own environment."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "services"
    file.write_text(SERVICES)
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    return file


def settled(**parameters: str) -> dict[str, str]:
    return libpq.settled(parameters)


def test_a_service_says_where() -> None:
    found = settled(service="main")
    named = ("host", "port", "dbname", "user", "password")
    assert [found[name] for name in named] == [
        "db.example", "6432", "shop", "reader", "it's \\ hard"
    ]  # fmt: skip


def test_what_is_written_wins_over_a_service_and_that_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "other.example")
    monkeypatch.setenv("PGPORT", "7432")
    assert settled()["host"] == "other.example"
    assert settled(service="main")["host"] == "db.example"
    assert settled(service="checked")["port"] == "7432"
    assert settled(service="main", host="mine")["host"] == "mine"


def test_a_service_of_the_environment_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICE", "main")
    assert settled()["host"] == "db.example"


def test_a_service_is_read_again(services: Path) -> None:
    assert settled(service="main")["port"] == "6432"
    services.write_text(SERVICES.replace("6432", "6433"))
    assert settled(service="main")["port"] == "6433"


def test_a_service_that_cannot_be_found_is_named_with_the_file(services: Path) -> None:
    said = complaint(lambda: settled(service="nope"), CredentialError)
    assert said.startswith('definition of service "nope" not found; expected it in ')
    assert str(services) in said
    services.write_text("[x]\ns3cret\n")
    said = complaint(lambda: settled(service="x"), CredentialError)
    assert said.startswith(f'syntax error in service file "{services}", line 2')
    assert "s3cret" not in said
    services.unlink()
    said = complaint(lambda: settled(service="main"), CredentialError)
    assert said.startswith(f'service file "{services}" not found')


@pytest.mark.parametrize(
    ("parameters", "mode"),
    [
        ({"sslrootcert": "/ca"}, "verify-full"),
        ({"sslrootcert": "system"}, "verify-full"),
        ({"sslrootcert": "/ca", "sslmode": "prefer"}, "prefer"),
        ({"sslrootcert": "/ca", "sslmode": "require"}, "require"),
        ({"service": "checked"}, "verify-full"),
        ({"service": "lax"}, "require"),
        ({"service": "checked", "sslmode": "verify-ca"}, "verify-ca"),
        ({"service": "main"}, "prefer"),
        ({}, "prefer"),
    ],
)
def test_a_ca_means_to_verify_unless_a_mode_is_set(parameters: dict[str, str], mode: str) -> None:
    assert libpq.settled(parameters)["sslmode"] == mode


def test_ca_and_mode_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", "/ca")
    assert settled()["sslmode"] == "verify-full"
    monkeypatch.setenv("PGSSLMODE", "verify-ca")
    assert settled()["sslmode"] == "verify-ca"
    assert settled(service="lax")["sslmode"] == "require"


def passfile(folder: Path, mode: int = 0o600) -> Path:
    file = folder / "passfile"
    file.write_text("db.example:6432:shop:reader:of the file\n")
    file.chmod(mode)
    return file


def test_a_password_of_a_passfile_is_known_so_that_it_can_be_hidden(tmp_path: Path) -> None:
    place = {"host": "db.example", "port": "6432", "dbname": "shop", "user": "reader"}
    named = str(passfile(tmp_path))
    assert settled(**place, passfile=named)["password"] == "of the file"
    assert settled(**place, passfile=named, password="mine")["password"] == "mine"
    assert settled(host="elsewhere", passfile=named)["password"] == ""


@pytest.mark.parametrize(
    ("mode", "problem"),
    [
        (0o600, ""),
        (0o400, ""),
        (
            0o640,
            "found mode 0640, expected 0600, else libpq ignores it; password_file may have any",
        ),
    ],
)
def test_libpq_takes_no_password_from_a_file_that_others_may_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], mode: int, problem: str
) -> None:
    file = str(passfile(tmp_path, mode))
    assert libpq.passfile_problem(file) == problem
    place = {"host": "db.example", "port": "6432", "dbname": "shop", "user": "reader"}
    found = libpq.settled({**place, "passfile": file})
    assert found["passfile"] == file
    assert bool(found["password"]) == (not problem)
    assert capfd.readouterr().err == ""  # where libpq itself would write its warning


def test_a_passfile_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    assert libpq.passfile_problem(str(tmp_path / "nope")) == "No such file or directory"
    assert libpq.passfile_problem(str(tmp_path)) == "it is no file"
    assert libpq.passfile_problem("") == ""
