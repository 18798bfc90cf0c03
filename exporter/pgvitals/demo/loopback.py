"""Ports and pages on this machine."""

import http.client
import socket
from contextlib import closing, suppress

HOST = "127.0.0.1"


def free_port(*wanted: int) -> int:
    """The first of the ports `wanted` that is free now, else another one; raises OSError."""
    for port in wanted:
        with suppress(OSError):
            return _try(port)
    return _try(0)


def get(port: int, path: str) -> str | None:
    """The page at `path`; None while there is none. No proxy has a say in it."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=10)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return None
    return text if answer.status == http.HTTPStatus.OK else None


def _try(port: int) -> int:
    with socket.create_server((HOST, port)) as listener:
        found: int = listener.getsockname()[1]
        return found
