"""Tarpit: who was refused hears of it later, so that trying again and again costs him more than us."""

import threading
import time
from heapq import heappop, heappush
from itertools import count

from pgvitals.client import Client

DELAY = 2.0
"""Seconds from the request after which a refusal is sent: what it took to find out does not show."""
MOST_HELD = 512
"""Refusals held back at once; whoever comes beyond that is cut, and hears nothing."""
_BETWEEN = 0.005
"""Seconds between two of them."""


class Tarpit:
    """Refusals in the order in which they are due; one thread sends them, and waits for nobody."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: list[tuple[float, int, Client, bytes]] = []
        self._numbers = count()
        threading.Thread(target=self._keep, name="tarpit", daemon=True).start()

    def hold(self, client: Client, refusal: bytes) -> None:
        """Send `refusal` when its time has come, and hang up."""
        with self._changed:
            if room := len(self._held) < MOST_HELD:
                due = client.heard + DELAY
                heappush(self._held, (due, next(self._numbers), client, refusal))
                self._changed.notify()
        if not room:
            client.close()

    def _keep(self) -> None:
        while True:
            client, refusal = self._next()
            client.tell(refusal)
            client.close()
            # Those who came at once are not to come back at once.
            time.sleep(_BETWEEN)

    def _next(self) -> tuple[Client, bytes]:
        """Who is due, as soon as somebody is."""
        with self._changed:
            while (left := self._left()) is None or left > 0:
                self._changed.wait(left)
            _, _, client, refusal = heappop(self._held)
            return client, refusal

    def _left(self) -> float | None:
        """Seconds until the first is due."""
        return self._held[0][0] - time.monotonic() if self._held else None
