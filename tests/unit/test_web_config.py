"""What the web configuration file may say; tests/invalid/web has what it may not."""

from pathlib import Path

import pytest

from pgvitals import web_config
from pgvitals.document import Mistakes
from pgvitals.web_config import WebConfig

HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG"
PAIR = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
CLIENTS = f"{PAIR}  client_ca_file: ca.crt\n  client_auth_type: "
SECRETS = ("X0h1g", "zoubFi", "MIIE", "BEGIN")


def load(folder: Path, text: str) -> WebConfig:
    file = folder / "web.yml"
    file.write_text(text)
    return web_config.load(file)[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\n",
        PAIR,
        "tls_server_config: {cert: here, key_file: server.key}",
        "tls_server_config:\n",
        f"{PAIR}  min_version: TLS13\n",
        f"{PAIR}  min_version: TLS12\n  max_version: TLS12\n",
        f"{PAIR}  client_auth_type: NoClientCert\n",
        f"{CLIENTS}VerifyClientCertIfGiven\n",
        f"{CLIENTS}RequireAndVerifyClientCert\n",
        f"{CLIENTS}RequireAndVerifyClientCert\n  client_allowed_sans: [a.example, 10.0.0.1]\n",
        "http_server_config: {http2: false}",
        "http_server_config: {headers: {X-Frame-Options: sameorigin}}",
        "http_server_config: {headers: {X-Content-Type-Options: nosniff}}",
        "http_server_config: {headers: {Strict-Transport-Security: max-age=31536000}}",
        f"basic_auth_users: {{alice: {HASH}, bob: {HASH.replace('$2y$', '$2a$')}}}",
        "basic_auth_users: {}",
        f"{PAIR}basic_auth_users:\n  alice: {HASH}\n",
    ],
)
def test_what_the_toolkit_takes_is_taken(tmp_path: Path, text: str) -> None:
    load(tmp_path, text)


def test_nothing_is_asked_for_where_nothing_is_said(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    assert (config.tls_server_config, config.users, config.headers) == (None, {}, {})


def test_it_says_what_the_file_says(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        f"{CLIENTS}RequireAndVerifyClientCert\n  min_version: TLS13\n"
        f"http_server_config: {{headers: {{X-Frame-Options: deny}}}}\n"
        f"basic_auth_users: {{alice: {HASH}}}\n",
    )
    tls = config.tls_server_config
    assert tls
    assert (tls.cert_file, tls.client_ca_file, tls.min_version) == ("server.crt", "ca.crt", "TLS13")
    assert (config.users, config.headers) == ({"alice": HASH}, {"X-Frame-Options": "deny"})


@pytest.mark.parametrize(
    "text",
    [
        f"basic_auth_users:\n  alice:{HASH}\n",
        f"basic_auth_users: {{alice:{HASH}: x}}\n",
        f"basic_auth_users: {{alice: {HASH}x}}\n",
        f"basic_auth_users: [{HASH}]\n",
        f"basic_auth_users: {{a: {{b: {HASH}}}}}\n",
        f"basic_auth_users: {{alice: {HASH}, alice: {HASH}}}\n",
        f"alice: {HASH}\n",
        f"{HASH}\n",
        f"basic_auth_users:\n  alice: {HASH}\n bob: {HASH}\n",
        "tls_server_config: {cert_file: a, key: [-----BEGIN PRIVATE KEY----- MIIEvQ]}\n",
        "tls_server_config:\n  key:-----BEGIN PRIVATE KEY----- MIIEvQ\n",
        "tls_server_config: {key:-----BEGIN PRIVATE KEY-----: MIIEvQ}\n",
        "tls_server_config: {cert_file: a, key:-----BEGIN PRIVATE KEY----- MIIEvQ}\n",
    ],
)
def test_no_mistake_repeats_a_hash_or_a_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(Mistakes) as raised:
        load(tmp_path, text)
    assert not [secret for secret in SECRETS if secret in str(raised.value)], str(raised.value)
