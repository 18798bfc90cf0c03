"""A client: who has connected, what he has said so far, and the handshake before it."""

import re
import selectors
import socket
import time
from contextlib import suppress
from http import HTTPStatus

from pgvitals.security import Protection

HEAD_BYTES = 16 * 1024
"""Of a request's first line and headers together."""

_DISCARDED = 256 * 1024
"""Bytes that are read away at the end without waiting."""
_PART = 64 * 1024

_END = re.compile(rb"\n\r?\n")
_HANDSHAKE = b"\x16"
"""What a client that speaks TLS says first."""


class Client:
    """One connection; `until` is the moment (time.monotonic) by which he has to have said what he wants.

    `said` is the head of his request, `heard` the moment when it was complete, and `plain` that he
    does not speak the TLS that is demanded.
    """

    def __init__(
        self, plug: socket.socket, address: object, protection: Protection, until: float
    ) -> None:
        plug.setblocking(False)
        self.plug, self.address, self.until = plug, address, until
        self.fileno = plug.fileno()
        self.protection = protection
        self.said = bytearray()
        self.heard = 0.0
        self.plain = False
        self._encrypted = self._greeted = False

    def hear(self) -> int:
        """Take what there is; gives what to wait for (selectors.EVENT_READ or WRITE), or 0 at the end.

        Raises OSError where he left, or did not get through the handshake.
        """
        try:
            self._greeted = self._greeted or self._greet()
            while not self._complete():
                if not (part := self.plug.recv(HEAD_BYTES)):
                    raise ConnectionAbortedError("he left before he said what he wanted")
                self.said += part
        except BlockingIOError:
            return selectors.EVENT_READ
        except OSError as error:
            encryption = self.protection.encryption
            if encryption and (awaited := encryption.awaited(error)):
                return awaited
            raise
        self.heard = time.monotonic()
        return 0

    @property
    def excess(self) -> bytes:
        """What to say to a head that is too long; nothing where it is not."""
        if len(self.said) <= HEAD_BYTES:
            return b""
        large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        status = large if b"\n" in self.said else HTTPStatus.REQUEST_URI_TOO_LONG
        rest = "Content-Length: 0\r\nConnection: close\r\n\r\n"
        return f"HTTP/1.1 {status} {status.phrase}\r\n{rest}".encode()

    def tell(self, answer: bytes) -> None:
        """Send as much of this as needs no waiting."""
        with suppress(OSError, ValueError):
            self.plug.setblocking(False)
            self.plug.send(answer)

    def hear_out(self, seconds: float) -> None:
        """Say goodbye, and wait so long for the rest of what he says, which interests nobody."""
        until = time.monotonic() + seconds
        with suppress(OSError, ValueError):
            self._say_goodbye()
            while (left := until - time.monotonic()) > 0:
                self.plug.settimeout(left)
                if not self.plug.recv(_PART):
                    return

    def close(self) -> None:
        """Hang up, with a goodbye as far as that needs no waiting."""
        with suppress(OSError, ValueError), self.plug:
            self._say_goodbye()
            # What is left unread would take back what he was told.
            for _ in range(_DISCARDED // _PART):
                if not self.plug.recv(_PART):
                    return

    def _say_goodbye(self) -> None:
        """Say that nothing more comes; from then on bytes are read as they are, even those of TLS."""
        self.plug.setblocking(False)
        if encryption := self.protection.encryption:
            encryption.say_goodbye(self.plug)
        self.plug.shutdown(socket.SHUT_WR)

    def _greet(self) -> bool:
        """Shake hands, where that is demanded; gives True once it is done."""
        if not (encryption := self.protection.encryption):
            return True
        if not self._encrypted:
            # Only now: who says nothing costs no more than a socket.
            if self.plug.recv(1, socket.MSG_PEEK) not in (_HANDSHAKE, b""):
                self.plain, self.protection = True, Protection()
                return True
            self.plug, self._encrypted = encryption.begin(self.plug), True
        encryption.shake_hands(self.plug)
        return True

    def _complete(self) -> bool:
        """Whether there is a head; what begins with no letter is no request, whatever follows.

        Empty lines before it do not count (RFC 9112, 2.2), and what comes after it is left out.
        """
        empty = len(self.said) - len(self.said.lstrip(b"\r\n"))
        end = _END.search(self.said, empty)
        strange = not (self.said[empty : empty + 1] or b"G").isalpha()
        if end:
            del self.said[end.end() :]
        if end or strange:
            del self.said[:empty]
        return bool(end) or strange or len(self.said) > HEAD_BYTES
