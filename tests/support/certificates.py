"""Certificates of the tests, by authorities of their own, and the web configuration files that name them."""

import datetime
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trustme

SERVER, CLIENT = "localhost", "prometheus.test"
_PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """A certificate authority, with all that it signs in `home`."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self._made = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.file = home / "ca.crt"
        self._made.cert_pem.write_to_path(self.file)

    def issue(self, name: str, *identities: str, expired: bool = False) -> tuple[Path, Path]:
        """Files `name`.crt and `name`.key, for these names; their paths."""
        made = self._made.issue_cert(
            *identities,
            not_before=_PAST if expired else None,
            not_after=_PAST + datetime.timedelta(days=1) if expired else None,
            key_type=trustme.KeyType.ECDSA,
        )
        certificate, key = self.home / f"{name}.crt", self.home / f"{name}.key"
        pems = made.cert_chain_pems
        certificate.write_bytes(b"".join(pem.bytes() for pem in pems))
        made.private_key_pem.write_to_path(key)
        return certificate, key

    def trusting(self, *pair: Path) -> ssl.SSLContext:
        """What a client needs that trusts this authority, and shows `pair` if there is one."""
        context = ssl.create_default_context(cafile=self.file)
        if pair:
            context.load_cert_chain(pair[0], pair[1])
        return context


def write(file: Path, config: Mapping[str, Any]) -> Path:
    """Put a web configuration in place, at once; JSON is YAML."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(config, indent=1))
    fresh.replace(file)
    return file


def server_config(authority: Authority, **more: Any) -> dict[str, Any]:
    """A tls_server_config with a certificate for localhost, relative to the authority's home."""
    authority.issue("server", SERVER, "127.0.0.1")
    return {"cert_file": "server.crt", "key_file": "server.key", **more}
