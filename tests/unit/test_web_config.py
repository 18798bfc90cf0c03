"""What the web configuration file may say; tests/invalid/web has what it may not."""

import json
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


@pytest.mark.parametrize("key", ["cert_file", "key_file", "client_ca_file"])
def test_a_path_with_a_nul_is_a_mistake(tmp_path: Path, key: str) -> None:
    files = {"cert_file": "a", "key_file": "b", key: "c\0d"}
    problem = f"tls_server_config.{key}: found a path with a NUL, expected one without"
    with pytest.raises(Mistakes, match=problem):
        load(tmp_path, json.dumps({"tls_server_config": files}))


@pytest.mark.parametrize("last", "ABaz/9")
def test_a_salt_that_bcrypt_refuses_is_no_hash(tmp_path: Path, last: str) -> None:
    wrong = HASH.replace("zoubFi", f"zo{last}bFi")
    with pytest.raises(Mistakes, match="found no bcrypt hash"):
        load(tmp_path, f"basic_auth_users: {{alice: {wrong}}}")


@pytest.mark.parametrize(
    "text",
    [
        f"basic_auth_users:\n  alice:{HASH}\n",
        f"basic_auth_users: {{alice:{HASH}: x}}\n",
        f"basic_auth_users: {{alice: {HASH}x}}\n",
        f"basic_auth_users: [{HASH}]\n",
        f"basic_auth_users: {{a: {{b: {HASH}}}}}\n",
        f"basic_auth_users: {{{HASH}: prometheus}}\n",
        f"basic_auth_users: {{alice {HASH}: prometheus}}\n",
        f"basic_auth_users: {{{HASH}: a, {HASH}: b}}\n",
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
