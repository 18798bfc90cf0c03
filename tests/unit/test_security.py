"""Security: files that change while they are in use."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from structlog.testing import capture_logs

from pgvitals import web_config
from pgvitals.document import Document, Mistakes
from pgvitals.lookout import PATIENCE
from pgvitals.security import Protection, Security
from support.certificates import SERVER, Authority, server_config, write

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
ALICE = {"basic_auth_users": {"alice": HASH}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def file(authority: Authority) -> Path:
    return write(authority.home / "web.yml", {"tls_server_config": server_config(authority)})


def test_without_a_file_nothing_is_demanded() -> None:
    assert Security().current() == Protection()


def test_a_file_that_is_wrong_from_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r"web.yml:1: cannot be read: No such file"):
        Security(tmp_path / "web.yml")
    with pytest.raises(Mistakes, match=r"cert_file: .*server.crt cannot be read: No such file"):
        Security(
            write(
                tmp_path / "web.yml",
                {"tls_server_config": {"cert_file": "server.crt", "key_file": "server.key"}},
            )
        )


def test_while_nothing_changes_nothing_is_read_again(file: Path) -> None:
    security = Security(file)
    first = security.current()
    assert first.encryption
    assert security.current() is first


def test_a_new_pair_holds_from_the_next_connection_on(file: Path, authority: Authority) -> None:
    security = Security(file)
    first = security.current()
    authority.issue("server", SERVER)
    with capture_logs() as said:
        assert security.current().encryption is not first.encryption
        security.current()
    assert [event["event"] for event in said] == ["web configuration read again"]


def test_users_come_and_go(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", ALICE)
    security = Security(file)
    assert security.current().users.keys() == {"alice"}
    write(file, {"basic_auth_users": {"bob": HASH, "carol": HASH}})
    assert security.current().users.keys() == {"bob", "carol"}


def broken_pair(authority: Authority) -> None:
    kept = (authority.home / "server.key").read_bytes()
    authority.issue("server", SERVER)
    (authority.home / "server.key").write_bytes(kept)


def half_a_certificate(authority: Authority) -> None:
    certificate = authority.home / "server.crt"
    certificate.write_bytes(certificate.read_bytes()[:200])


def no_certificate(authority: Authority) -> None:
    (authority.home / "server.crt").unlink()


def empty_file(authority: Authority) -> None:
    (authority.home / "web.yml").write_text("")


def no_file(authority: Authority) -> None:
    (authority.home / "web.yml").unlink()


def not_yaml(authority: Authority) -> None:
    (authority.home / "web.yml").write_text("tls_server_config: {")


@pytest.mark.parametrize(
    "break_it",
    [broken_pair, half_a_certificate, no_certificate, empty_file, no_file, not_yaml],
)
def test_what_is_broken_is_told_once_and_what_was_right_holds_until_it_is_mended(
    file: Path, authority: Authority, break_it: Callable[[Authority], None]
) -> None:
    security = Security(file)
    first = security.current()
    break_it(authority)
    with capture_logs() as said:
        for _ in range(5):
            assert security.current() is first
    assert [event["event"] for event in said] == ["web configuration not taken over"]
    assert str(authority.home / "web.yml") in said[0]["mistakes"][0]
    with pytest.raises(Mistakes):
        security.check()
    write(file, {"tls_server_config": server_config(authority)})
    with capture_logs() as said:
        assert security.current() is not first
    assert [event["event"] for event in said] == ["web configuration read again"]
    security.check()


def test_what_is_wrong_is_not_read_again_for_every_client(
    file: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noted(file: Path) -> tuple[web_config.WebConfig, Document]:
        reads.append(file)
        return load(file)

    security, reads, now = Security(file), list[Path](), time.monotonic()
    load = web_config.load
    monkeypatch.setattr(web_config, "load", noted)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    not_yaml(authority)
    for _ in range(5):
        security.current()
    assert len(reads) == 1
    now += 1
    for _ in range(5):
        security.current()
    assert len(reads) == 2


def test_whatever_goes_wrong_what_was_right_before_holds(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise MemoryError

    security = Security(file)
    first = security.current()
    monkeypatch.setattr(web_config, "load", fail)
    file.touch()
    with capture_logs() as said:
        assert security.current() is first
    assert said[0]["mistakes"] == ["MemoryError()"]


def test_a_path_with_a_nul_is_a_mistake(file: Path, authority: Authority) -> None:
    with pytest.raises(Mistakes, match="cannot be read: embedded null byte"):
        Security(Path("web\0.yml"))
    security = Security(file)
    first = security.current()
    write(file, {"tls_server_config": server_config(authority, cert_file="a\0b")})
    with capture_logs() as said:
        assert security.current() is first
    assert "found a path with a NUL" in said[0]["mistakes"][0]


def test_a_file_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", ALICE)
    security = Security(file)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "pipe").replace(file)
    began = time.monotonic()
    for _ in range(100):
        assert security.current().users.keys() == {"alice"}
    assert time.monotonic() - began < 5 * PATIENCE
    file.write_text('{"basic_auth_users": {}}')  # returns as soon as it is read
    write(file, {"basic_auth_users": {"bob": HASH}})
    until = time.monotonic() + 10
    while security.current().users.keys() != {"bob"}:
        assert time.monotonic() < until


def test_a_problem_that_comes_back_is_told_again(file: Path, authority: Authority) -> None:
    security = Security(file)
    with capture_logs() as said:
        for _ in range(2):
            no_certificate(authority)
            security.current()
            authority.issue("server", SERVER)
            security.current()
    assert [event["log_level"] for event in said] == ["error", "info"] * 2


STRICT = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.crt"}
NAMES = {"client_allowed_sans": ["prometheus.test"]}
IF_GIVEN = STRICT | {"client_auth_type": "VerifyClientCertIfGiven"}


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (STRICT, {}, "no client_auth_type and"),
        (STRICT, IF_GIVEN, "no client_auth_type RequireAndVerifyClientCert"),
        (IF_GIVEN, {}, "no client_auth_type"),
        (STRICT | NAMES, STRICT, "no client_allowed_sans"),
        ({"min_version": "TLS13"}, {}, "no min_version TLS13"),
        ({"min_version": "TLS13"}, {"min_version": "TLS12"}, "no min_version TLS13"),
    ],
)
def test_what_was_demanded_of_clients_stays_demanded(
    file: Path,
    authority: Authority,
    before: dict[str, Any],
    after: dict[str, Any],
    gone: str,
) -> None:
    write(file, {"tls_server_config": server_config(authority, **before)})
    security = Security(file)
    first = security.current()
    write(file, {"tls_server_config": server_config(authority, **after)})
    with capture_logs() as said:
        assert security.current() is first
    assert gone in said[0]["mistakes"][0]


@pytest.mark.parametrize("after", ["", "http_server_config: {}\n", "basic_auth_users: {}\n"])
def test_passwords_stay_demanded(tmp_path: Path, after: str) -> None:
    file = write(tmp_path / "web.yml", ALICE)
    security = Security(file)
    file.write_text(after)
    assert security.current().users.keys() == {"alice"}


def test_more_may_be_demanded_at_any_time(file: Path, authority: Authority) -> None:
    security = Security(file)
    write(file, {"tls_server_config": server_config(authority, **STRICT, **NAMES), **ALICE})
    now = security.current()
    assert now.encryption
    assert now.encryption.allowed == {"prometheus.test"}
    assert now.users.keys() == {"alice"}


def test_a_link_that_leads_elsewhere_is_followed(tmp_path: Path) -> None:
    """As Kubernetes does it: everything moves at once, behind ..data."""
    for number in (1, 2):
        Authority(tmp_path / f"..{number}").issue("server", SERVER)
    (tmp_path / "..data").symlink_to("..1")
    for name in ("server.crt", "server.key"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    pair = {"cert_file": "server.crt", "key_file": "server.key"}
    security = Security(write(tmp_path / "web.yml", {"tls_server_config": pair}))
    first = security.current()
    assert security.current() is first
    (tmp_path / "..data_tmp").symlink_to("..2")
    (tmp_path / "..data_tmp").replace(tmp_path / "..data")
    assert security.current() is not first
