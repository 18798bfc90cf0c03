"""Encryption: how TLS is spoken with a client, from the handshake to the goodbye."""

import ipaddress
import selectors
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast


class Encryption:
    """What `context` demands, of clients whose certificate has one of the names `allowed`; none is any."""

    def __init__(self, context: ssl.SSLContext, allowed: frozenset[str] = frozenset()) -> None:
        self.context, self.allowed = context, allowed

    def begin(self, plug: socket.socket) -> socket.socket:
        """The encrypted end of a connection; hands are not shaken yet."""
        return self.context.wrap_socket(plug, server_side=True, do_handshake_on_connect=False)

    def shake_hands(self, plug: socket.socket) -> None:
        """Go on with the handshake at such an end, without waiting; raises OSError, see `awaited`."""
        encrypted = cast("ssl.SSLSocket", plug)
        encrypted.do_handshake()
        if self.allowed and self.allowed.isdisjoint(names(encrypted.getpeercert())):
            raise ConnectionRefusedError("his certificate has none of the allowed names")

    def say_goodbye(self, plug: socket.socket) -> None:
        """Say that nothing more comes; from then on what he says is read as it is."""
        if isinstance(plug, ssl.SSLSocket):
            with suppress(OSError, ValueError):  # he may have said more, or nothing that is TLS
                plug.unwrap()

    @staticmethod
    def awaited(error: OSError) -> int:
        """What it waits for (selectors.EVENT_READ or WRITE); 0 where it failed."""
        waits: dict[type[OSError], int] = {
            ssl.SSLWantReadError: selectors.EVENT_READ,
            ssl.SSLWantWriteError: selectors.EVENT_WRITE,
        }
        return waits.get(type(error), 0)


def names(certificate: Mapping[str, Any] | None) -> set[str]:
    """The alternative names in a certificate, as ssl shows it; addresses in their short form."""
    found = (certificate or {}).get("subjectAltName", ())
    return {_short(name) if kind == "IP Address" else name for kind, name in found}


def _short(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:  # bytes of a length that no address has
        return address
