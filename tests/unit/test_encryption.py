"""Encryption: what a handshake waits for, and the names in a certificate."""

import selectors
import ssl
from typing import Any

import pytest

from pgvitals import encryption
from pgvitals.encryption import Encryption


@pytest.mark.parametrize(
    ("error", "awaited"),
    [
        (ssl.SSLWantReadError(), selectors.EVENT_READ),
        (ssl.SSLWantWriteError(), selectors.EVENT_WRITE),
        (ssl.SSLEOFError(), 0),
        (ConnectionResetError(), 0),
    ],
)
def test_a_handshake_waits_or_has_failed(error: OSError, awaited: int) -> None:
    assert Encryption.awaited(error) == awaited


def test_the_names_in_a_certificate_are_those_of_all_kinds() -> None:
    names = (
        ("DNS", "prometheus.example"),
        ("IP Address", "10.0.0.1"),
        ("IP Address", "2001:DB8:0:0:0:0:0:1\n"),
        ("email", "dba@example.org"),
        ("URI", "spiffe://example/prometheus"),
    )
    assert encryption.names({"subjectAltName": names}) == {
        "prometheus.example",
        "10.0.0.1",
        "2001:db8::1",
        "dba@example.org",
        "spiffe://example/prometheus",
    }


@pytest.mark.parametrize("certificate", [None, {}, {"subject": ((("commonName", "a"),),)}])
def test_without_such_names_there_are_none(certificate: dict[str, Any] | None) -> None:
    assert encryption.names(certificate) == set()
