"""Addresses: where to listen, as people write it."""

import re
import socket

HIGHEST_PORT = 65535
QUEUE = 512
"""Connections that the system keeps for us until we come to them."""
UNREAD = 128 * 1024
"""Bytes that the system keeps of an answer for who does not read; left alone, it keeps megabytes."""

_ADDRESS = re.compile(
    r"(\[(?P<six>[0-9A-Fa-f:.]*:[^\s\[\]]*)\]|(?P<host>[^\s:\[\]]*)):(?P<port>[0-9]{1,5})"
)
_ANY = "0.0.0.0"  # noqa: S104 - an address without a host means all of them, as elsewhere


def parse(address: str) -> tuple[str, int]:
    """Split `host:port`, `[host]:port` or `:port`; raises ValueError."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None or int(parts["port"]) > HIGHEST_PORT:
        raise ValueError(f"found {address!r}, expected host:port, [host]:port or :port")
    return parts["six"] or parts["host"] or "", int(parts["port"])


def listen(address: str) -> socket.socket:
    """Listen there, without a host on all addresses of IPv6 and IPv4; raises OSError."""
    host, port = parse(address)
    both = host in ("", "::") and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
    where = (host or ("::" if both else _ANY), port)
    try:
        made = socket.create_server(where, family=family, backlog=QUEUE, dualstack_ipv6=both)
    except OSError as error:
        raise OSError(error.errno, f"{address}: {error.strerror or error}") from None
    # Connections inherit it.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD)
    return made


def shown(listener: socket.socket) -> str:
    """Where it listens, with the port that the system chose where 0 was asked for."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
