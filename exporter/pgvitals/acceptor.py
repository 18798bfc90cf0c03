"""The acceptor: hears all clients out in one thread, so that who says nothing costs next to nothing."""

import selectors
import socket
import time
from collections.abc import Callable

import structlog

from pgvitals.client import Client
from pgvitals.security import Security

MOST_CLIENTS = 512
"""Clients who may be about to say what they want; for one more, who has kept us waiting longest is cut."""
HEAD_LIMIT = 2.0
"""Seconds for a client to shake hands and to say what he wants."""
_BETWEEN_CUTS = 0.004
"""Seconds: who came at once, and is cut, is not to come back at once."""
_AT_ONCE = 64
_REST = 0.05
"""Seconds to the next try where nobody can be let in."""

_log = structlog.get_logger()


class Acceptor:
    """Lets clients in at `listener`; who has said what he wants is given to `heard`, without waiting."""

    def __init__(
        self, listener: socket.socket, security: Security, heard: Callable[[Client], None]
    ) -> None:
        listener.setblocking(False)
        self._listener, self._security, self._heard = listener, security, heard
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._clients: dict[Client, None] = {}
        """The longest first: all have the same time."""
        self._next_cut = 0.0

    def run(self) -> None:
        """Work for ever."""
        while True:
            try:
                self._turn()
            except Exception:  # noqa: BLE001 - whatever it is, others want to come in
                _log.exception("internal error", loop="acceptor")
                time.sleep(_REST)

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._left()):
            if key.data is None:
                self._let_in()
            elif key.data in self._clients:
                self._hear(key.data, key.events)
        now = time.monotonic()
        if (longest := self._longest()) and now >= max(longest.until, self._next_cut):
            self._dismiss(longest)
            self._next_cut = now + _BETWEEN_CUTS

    def _longest(self) -> Client | None:
        return next(iter(self._clients), None)

    def _left(self) -> float | None:
        """Seconds until somebody is to be cut."""
        longest = self._longest()
        if longest is None:
            return None
        return max(0.0, max(longest.until, self._next_cut) - time.monotonic())

    def _let_in(self) -> None:
        """Let in who waits, but not so many at once that others wait for that."""
        protection = self._security.current()
        for _ in range(_AT_ONCE):
            try:
                plug, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:
                self._make_room()
                return
            if len(self._clients) >= MOST_CLIENTS:
                self._make_room()
            client = Client(plug, address, protection, time.monotonic() + HEAD_LIMIT)
            self._clients[client] = None
            self._hear(client, 0)

    def _make_room(self) -> None:
        """Cut who has kept us waiting longest; where there is none, files are short for other reasons."""
        if longest := self._longest():
            self._dismiss(longest)
        else:
            time.sleep(_REST)

    def _hear(self, client: Client, registered: int) -> None:
        """Hear him on; `registered` is what was waited for."""
        try:
            awaited = client.hear()
        except Exception as error:  # noqa: BLE001 - one client is not to disturb the others
            self._lose(client, error)
            return
        if awaited and not registered:
            self._selector.register(client.fileno, awaited, client)
        elif awaited != registered:
            self._change(client, awaited)
        if not awaited:
            self._part(client)

    def _part(self, client: Client) -> None:
        """Give him to who answers; who said too much stays until his time is over, and harms nobody."""
        if excess := client.excess:
            client.tell(excess)
        else:
            del self._clients[client]
            self._heard(client)

    def _change(self, client: Client, awaited: int) -> None:
        """Wait for something else."""
        if awaited:
            self._selector.modify(client.fileno, awaited, client)
        else:
            self._selector.unregister(client.fileno)

    def _lose(self, client: Client, error: Exception) -> None:
        if isinstance(error, OSError):
            _log.debug("client lost", client=str(client.address), error=str(error))
        else:
            _log.error("internal error", client=str(client.address), exc_info=error)
        self._dismiss(client)

    def _dismiss(self, client: Client) -> None:
        """Hang up."""
        del self._clients[client]
        if client.fileno in self._selector.get_map():
            self._selector.unregister(client.fileno)
        client.close()
