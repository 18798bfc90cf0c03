"""Tarpit: who was refused hears of it later, so that trying again and again costs him more than us."""

import threading
import time
from queue import SimpleQueue

from pgvitals.client import Client

DELAY = 2.0
"""Seconds after which a refusal is sent."""
MOST_HELD = 512
"""Refusals held back at once; whoever comes beyond that is cut, and hears nothing."""
_BETWEEN = 0.005
"""Seconds between two of them."""


class Tarpit:
    """Refusals in the order in which they are due; one thread sends them, and waits for nobody."""

    def __init__(self) -> None:
        self._due: SimpleQueue[tuple[float, Client, bytes]] = SimpleQueue()
        threading.Thread(target=self._keep, name="tarpit", daemon=True).start()

    def hold(self, client: Client, refusal: bytes) -> None:
        """Send `refusal` when its time has come, and hang up."""
        if self._due.qsize() < MOST_HELD:
            self._due.put((time.monotonic() + DELAY, client, refusal))
        else:
            client.close()

    def _keep(self) -> None:
        while True:
            due, client, refusal = self._due.get()
            # Those who came at once are not to come back at once.
            time.sleep(max(_BETWEEN, due - time.monotonic()))
            client.tell(refusal)
            client.close()
