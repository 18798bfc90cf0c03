"""TLS: which certificates can be used, and what is said of those that cannot."""

import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pgvitals import tls
from pgvitals.tls import Unusable
from pgvitals.web_config import TlsServer
from support.certificates import SERVER, Authority

VERIFYING = {"client_auth_type": "RequireAndVerifyClientCert"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("certificates"))
    made.issue("server", SERVER)
    made.issue("other", SERVER)
    return made


def config(**more: Any) -> TlsServer:
    return TlsServer(**{"cert_file": "server.crt", "key_file": "server.key", **more})


def refusal(server: TlsServer, home: Path) -> tuple[str, str]:
    with pytest.raises(Unusable) as raised:
        tls.encryption(server, home)
    return raised.value.key, str(raised.value)


def test_files_are_beside_the_one_that_names_them(authority: Authority) -> None:
    server = config(client_ca_file="ca.crt", key_file="/elsewhere/key")
    assert server.files(authority.home) == [
        authority.home / "server.crt",
        Path("/elsewhere/key"),
        authority.home / "ca.crt",
    ]


def test_without_more_it_speaks_tls_1_2_and_1_3_and_asks_clients_for_nothing(
    authority: Authority,
) -> None:
    made = tls.encryption(config(), authority.home).context
    versions = (made.minimum_version, made.maximum_version)
    assert versions == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    assert made.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("VerifyClientCertIfGiven", ssl.CERT_OPTIONAL),
        ("RequireAndVerifyClientCert", ssl.CERT_REQUIRED),
    ],
)
def test_clients_are_verified_against_the_authority(
    authority: Authority, kind: str, mode: ssl.VerifyMode
) -> None:
    made = tls.encryption(
        config(client_auth_type=kind, client_ca_file="ca.crt"), authority.home
    ).context
    assert made.verify_mode == mode
    assert len(made.get_ca_certs()) == 1


def test_what_stands_inline_is_as_good_as_in_files(authority: Authority) -> None:
    texts: dict[str, Any] = {
        "cert": (authority.home / "server.crt").read_text(),
        "key": (authority.home / "server.key").read_text(),
        "client_ca": f"# \u00fcber uns\n{authority.file.read_text()}",
    }
    made = tls.encryption(TlsServer(**texts | VERIFYING), authority.home).context
    assert len(made.get_ca_certs()) == 1


@pytest.mark.parametrize("key", ["cert_file", "key_file"])
def test_a_file_that_is_not_there_is_named(authority: Authority, key: str) -> None:
    found, said = refusal(config(**{key: "nothing"}), authority.home)
    assert found == key
    assert said == f"{authority.home / 'nothing'} cannot be read: No such file or directory"


def test_a_directory_is_no_certificate(authority: Authority) -> None:
    found, said = refusal(config(cert_file="."), authority.home)
    assert (found, said.endswith("cannot be read: Is a directory")) == ("cert_file", True)


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    found, said = refusal(config(key_file="other.key"), authority.home)
    assert found == "cert_file"
    assert said == "found a key that is not the certificate's, expected a pair"


@pytest.mark.parametrize("text", ["", "junk", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
@pytest.mark.parametrize("key", ["cert_file", "key_file"])
def test_what_is_no_certificate_or_no_key_is_refused(
    authority: Authority, key: str, text: str
) -> None:
    (authority.home / "junk").write_text(text)
    found, said = refusal(config(**{key: "junk"}), authority.home)
    assert found == "cert_file"
    assert said.startswith("found ")


def test_half_a_file_is_refused(authority: Authority) -> None:
    whole = (authority.home / "server.crt").read_text()
    (authority.home / "half").write_text(whole[: len(whole) // 2])
    assert refusal(config(cert_file="half"), authority.home)[0] == "cert_file"


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it(authority: Authority) -> None:
    key, locked = (str(authority.home / name) for name in ("server.key", "locked.key"))
    command = ["openssl", "pkcs8", "-topk8", "-in", key, "-out", locked]
    subprocess.run([*command, "-passout", "pass:secret"], check=True, capture_output=True)
    found, said = refusal(config(key_file="locked.key"), authority.home)
    assert (found, said) == ("key_file", "found a key with a passphrase, expected one without")


@pytest.mark.parametrize("text", ["", "junk", "-----BEGIN CERTIFICATE-----\nAAAA\n", "\u00fc"])
def test_authorities_without_a_certificate_are_refused(authority: Authority, text: str) -> None:
    (authority.home / "none").write_text(text)
    found, said = refusal(config(client_ca_file="none", **VERIFYING), authority.home)
    assert found == "client_ca_file"
    assert said == "found no certificate, expected those of the CAs of clients, in PEM"
