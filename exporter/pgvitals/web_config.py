"""The web configuration file: exporter-toolkit's format, as far as it is kept here, strictly read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.reading import Model, Text, about
from pgvitals.strict import Where

SECRET = ("basic_auth_users", "tls_server_config")
"""The parts of the file that hold hashes and keys: what is found there is not repeated."""
VERSIONS = ("TLS12", "TLS13")
NO_CLIENT_CERT, IF_GIVEN, REQUIRED = AUTH_TYPES = (
    "NoClientCert",
    "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert",
)
HIGHEST_COST = 14
"""Of a hash: one of this cost takes a second or two."""

_HASH = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")
"""Of the last character of a salt only two bits count; bcrypt refuses one with more."""
_HEADER_VALUE = re.compile(r"[ -~]+")
_HEADERS = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
"""Those that the toolkit lets one add, with the values that it allows; none for any."""
_OPENSSL = "not taken, the choice is OpenSSL's: leave it out, or say min_version: TLS13"
_NOT_TAKEN: dict[Where, str] = {
    ("tls_server_config", "cipher_suites"): _OPENSSL,
    ("tls_server_config", "curve_preferences"): _OPENSSL,
    ("tls_server_config", "prefer_server_cipher_suites"): _OPENSSL,
    ("rate_limit",): (
        "not taken: a scrape here is cheap, and who is limited would be Prometheus; leave it out"
    ),
}
"""Keys of the toolkit that mean nothing here, and what to do instead."""
_UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")


class TlsServer(Model, frozen=True):
    """TLS: a certificate with its key, in files or inline, and what clients have to show."""

    cert_file: Annotated[Text | None, about("file with the certificate and its chain, PEM")] = None
    key_file: Annotated[Text | None, about("file with its key, PEM without a passphrase")] = None
    cert: Annotated[Text | None, about("the certificate itself, instead of cert_file")] = None
    key: Annotated[Text | None, about("the key itself, instead of key_file")] = None
    client_auth_type: Annotated[str, about(f"{', '.join(AUTH_TYPES[:2])} or {REQUIRED}")] = (
        NO_CLIENT_CERT
    )
    client_ca_file: Annotated[Text | None, about("file with the CAs of clients, PEM")] = None
    client_ca: Annotated[Text | None, about("these CAs, instead of client_ca_file")] = None
    client_allowed_sans: Annotated[
        tuple[Text, ...] | None,
        about("names, one of which a client's certificate must have: DNS, IP, e-mail or URI"),
    ] = None
    min_version: Annotated[str, about("TLS12 or TLS13")] = "TLS12"
    max_version: Annotated[str, about("TLS12 or TLS13")] = "TLS13"

    def files(self, directory: Path) -> list[Path]:
        """The files that it names, relative to `directory`."""
        named = (self.cert_file, self.key_file, self.client_ca_file)
        return [directory / name for name in named if name]


class HttpServer(Model, frozen=True):
    """HTTP: what answers say besides."""

    http2: Annotated[bool, about("only false is true here: HTTP/1.1 is spoken")] = False
    headers: Annotated[dict[Text, Text], about(f"headers to add: {', '.join(_HEADERS)}")] = {}


class WebConfig(Model, frozen=True):
    """The web configuration file of exporter-toolkit. Paths in it are relative to its directory."""

    tls_server_config: Annotated[TlsServer | None, about("TLS; without it plain HTTP")] = None
    http_server_config: Annotated[HttpServer | None, about("HTTP")] = None
    basic_auth_users: Annotated[
        dict[Text, Text] | None, about("bcrypt hashes of passwords, by user")
    ] = None

    @property
    def users(self) -> dict[str, str]:
        """Hashes by user; empty where no password is asked for."""
        return self.basic_auth_users or {}

    @property
    def headers(self) -> dict[str, str]:
        """Headers that every answer gets."""
        return self.http_server_config.headers if self.http_server_config else {}


def load(file: Path) -> tuple[WebConfig, Document]:
    """Read the file, without those it names; raises Mistakes."""
    document = Document.open(file)
    refused = [(where, why) for where, why in _NOT_TAKEN.items() if _stands(where, document.data)]
    _raise(document, refused)
    config = document.read(WebConfig, private=SECRET)
    problems = [*_http_problems(config), *_user_problems(config)]
    if tls := config.tls_server_config:
        problems += ((("tls_server_config", *at), problem) for at, problem in _tls_problems(tls))
    _raise(document, problems)
    return config, document


def _raise(document: Document, problems: list[tuple[Where, str]]) -> None:
    mistakes: list[Mistake] = [document.mistake(*problem) for problem in problems]
    if mistakes:
        raise Mistakes(mistakes)


def _stands(where: Where, data: object) -> bool:
    for step in where:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


def _tls_problems(tls: TlsServer) -> Iterator[tuple[Where, str]]:
    for name in ("cert", "key", "client_ca"):
        inline, file = getattr(tls, name), getattr(tls, f"{name}_file")
        if "\0" in (file or ""):
            yield (f"{name}_file",), "found a path with a NUL, expected one without"
        elif inline and file:
            yield (name,), f"found {name} and {name}_file, expected one of them"
        elif not (inline or file or name == "client_ca"):
            yield (), f"found neither {name}_file nor {name}, expected one of them"
    for key in ("min_version", "max_version"):
        yield from _version_problems(key, getattr(tls, key))
    if (tls.min_version, tls.max_version) == ("TLS13", "TLS12"):
        yield ("min_version",), "found TLS13 above max_version TLS12, expected it not above"
    yield from _client_problems(tls)


def _version_problems(key: str, found: str) -> Iterator[tuple[Where, str]]:
    if found in ("TLS10", "TLS11"):
        yield (key,), f"found {found}, which is broken (RFC 8996); expected TLS12 or TLS13"
    elif found not in VERSIONS:
        yield (key,), f"found {found!r:.40}, expected TLS12 or TLS13"


def _client_problems(tls: TlsServer) -> Iterator[tuple[Where, str]]:
    kind, authorities = tls.client_auth_type, bool(tls.client_ca_file or tls.client_ca)
    where = ("client_auth_type",)
    if kind in _UNVERIFIED:
        yield where, f"found {kind}, which lets in any certificate; expected {REQUIRED}"
    elif kind not in AUTH_TYPES:
        yield where, f"found {kind!r:.40}, expected one of {', '.join(AUTH_TYPES)}"
    elif kind == NO_CLIENT_CERT and authorities:
        yield where, f"found client CAs and {kind}, expected {IF_GIVEN} or {REQUIRED}"
    elif kind != NO_CLIENT_CERT and not authorities:
        yield where, f"found {kind} without client CAs, expected client_ca_file"
    if tls.client_allowed_sans is not None and kind != REQUIRED:
        yield (
            ("client_allowed_sans",),
            f"found names to allow, expected client_auth_type {REQUIRED}",
        )
    if tls.client_allowed_sans == ():
        yield ("client_allowed_sans",), "found no name, expected one at least: nobody could come in"


def _http_problems(config: WebConfig) -> Iterator[tuple[Where, str]]:
    if config.http_server_config and config.http_server_config.http2:
        problem = "found true, expected false: HTTP/1.1 is spoken here, which every scraper speaks"
        yield ("http_server_config", "http2"), problem
    for name, value in config.headers.items():
        where = ("http_server_config", "headers", name)
        if name not in _HEADERS:
            yield where, f"no header to be set here, expected one of {', '.join(_HEADERS)}"
        elif _HEADERS[name] and value not in _HEADERS[name]:
            yield where, f"found {value!r:.40}, expected {' or '.join(_HEADERS[name])}"
        elif not _HEADER_VALUE.fullmatch(value):
            yield where, "found a line break or a letter beyond ASCII, expected one line of ASCII"


def _user_problems(config: WebConfig) -> Iterator[tuple[Where, str]]:
    for name, hashed in config.users.items():
        where = ("basic_auth_users", name)
        found = _HASH.fullmatch(hashed)
        if ":" in name:
            yield where, "found a colon in the name, expected none: basic auth cannot say it"
        elif not found:
            yield where, "found no bcrypt hash, expected one, as `htpasswd -nBC 10 NAME` prints it"
        elif not 4 <= int(found["cost"]) <= HIGHEST_COST:
            slow = "a higher one takes too long"
            cost = int(found["cost"])
            yield where, f"found a hash of cost {cost}, expected 4 to {HIGHEST_COST}: {slow}"
