"""The HTTP side: serves pages at an address, bounded in connections and in time."""

from http import HTTPStatus

from pgvitals import address
from pgvitals.acceptor import Acceptor
from pgvitals.client import Client
from pgvitals.deadline import Deadlines
from pgvitals.request import Request
from pgvitals.security import Security
from pgvitals.site import Answer, Notice, Pages
from pgvitals.workers import Workers

_TLS_ONLY = Notice(Answer.plain(HTTPStatus.BAD_REQUEST, "this address speaks TLS: use https"))


class Server:
    """Listens on one address, `host:port`, `[host]:port` or `:port`; raises OSError where it cannot."""

    def __init__(self, where: str, pages: Pages, deadlines: Deadlines, security: Security) -> None:
        listener = address.listen(where)
        self.address = address.shown(listener)
        self._pages, self._access = pages, security.access
        self._acceptor = Acceptor(listener, security, Workers(deadlines, self._answer).serve)

    def run(self) -> None:
        """Serve for ever."""
        self._acceptor.run()

    def _answer(self, client: Client) -> bytes:
        pages = _TLS_ONLY if client.plain else self._pages
        return Request(client, pages, self._access).refusal
