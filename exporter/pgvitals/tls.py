"""TLS: what the web configuration file says of it, as OpenSSL takes it."""

import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pgvitals.encryption import Encryption
from pgvitals.web_config import IF_GIVEN, NO_CLIENT_CERT, REQUIRED, TlsServer

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_VERIFY = {
    NO_CLIENT_CERT: ssl.CERT_NONE,
    IF_GIVEN: ssl.CERT_OPTIONAL,
    REQUIRED: ssl.CERT_REQUIRED,
}
_REASONS = {
    "KEY_VALUES_MISMATCH": "found a key that is not the certificate's, expected a pair",
    "NO_START_LINE": "found no certificate or no key in PEM, expected both",
    "EE_KEY_TOO_SMALL": "found a key that is too short, expected RSA of 2048 bits, or ECDSA",
    "CA_MD_TOO_WEAK": "found a certificate that is signed by way of SHA-1, expected SHA-256",
}
"""What OpenSSL refuses, in the words of someone who writes files."""


class Unusable(Exception):  # noqa: N818 - it is a certificate, and no error of ours
    """Raised when certificates cannot be used: `key` names the setting, the text says why."""

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        super().__init__(problem)


def encryption(tls: TlsServer, directory: Path) -> Encryption:
    """How connections are encrypted, by files as they are now; raises Unusable."""
    return Encryption(_context(tls, directory), frozenset(tls.client_allowed_sans or ()))


def _context(tls: TlsServer, directory: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = _VERSIONS[tls.min_version]
    made.maximum_version = _VERSIONS[tls.max_version]
    # Nobody comes back within the hour to resume, and a new handshake in mid-connection is for attacks.
    made.options |= ssl.OP_NO_RENEGOTIATION
    made.num_tickets = 0
    made.set_alpn_protocols(["http/1.1"])
    certificate = _read(tls, "cert", directory)
    with _as_file(certificate) as cert, _as_file(_read(tls, "key", directory)) as key:
        _load_pair(made, cert, key)
    made.verify_mode = _VERIFY[tls.client_auth_type]
    if made.verify_mode != ssl.CERT_NONE:
        _load_authorities(made, _read(tls, "client_ca", directory))
    return made


def _read(tls: TlsServer, key: str, directory: Path) -> bytes:
    """The text of what `key` names, or holds; raises Unusable."""
    inline: str | None = getattr(tls, key)
    if inline:
        return inline.encode()
    file = directory / str(getattr(tls, f"{key}_file"))
    try:
        return file.read_bytes()
    except OSError as error:
        raise Unusable(f"{key}_file", f"{file} cannot be read: {error.strerror}") from None


@contextmanager
def _as_file(pem: bytes) -> Iterator[str]:
    """A path under which OpenSSL reads `pem`, for it takes pairs only from files; in memory alone."""
    if sys.platform != "linux":
        raise Unusable("cert_file", "TLS needs Linux: put a reverse proxy before pgvitals")
    with os.fdopen(os.memfd_create("pem"), "wb") as file:
        file.write(pem)
        file.flush()
        yield f"/proc/self/fd/{file.fileno()}"


def _load_pair(made: ssl.SSLContext, certificate: str, key: str) -> None:
    def refuse() -> str:
        # Without this OpenSSL would ask the terminal.
        raise Unusable("key_file", "found a key with a passphrase, expected one without")

    try:
        made.load_cert_chain(certificate, key, password=refuse)
    except ssl.SSLError as error:
        told = _REASONS.get(error.reason, f"found what OpenSSL does not take ({error.reason})")
        raise Unusable("cert_file", told) from None


def _load_authorities(made: ssl.SSLContext, pem: bytes) -> None:
    # An intermediate CA may stand there without its root, as in Go.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        made.load_verify_locations(cadata=pem.decode("ascii", "ignore"))
    except (ssl.SSLError, ValueError):
        problem = "found no certificate, expected those of the CAs of clients, in PEM"
        raise Unusable("client_ca_file", problem) from None
