"""A lease: one token, for how long it is used, and when the next is to be asked for."""

import math
from dataclasses import dataclass, field

from pgvitals.token import Token

SPACING = 5.0
"""Seconds from an answer to the next asking, at least: less than between two heartbeats."""
DEFAULT_LIFETIME = 60.0
"""Seconds for which a token is used that does not tell its end, unless the configuration does."""
SHORTEST_LIFETIME = 10.0
"""Seconds that may be configured: a token that ends sooner is none at the next heartbeat."""
_RENEW_AFTER = 0.75
_RENEW_BEFORE = 30.0
_LAST = 0.1
_LONGEST_LAST = 5.0


@dataclass
class Lease:
    """Seconds are of time.monotonic. `problem` says why the last asking failed; empty after a good one."""

    default_lifetime: float = DEFAULT_LIFETIME
    token: str = field(default="", repr=False)
    problem: str = ""
    ends: float = -math.inf
    renew_at: float = -math.inf
    not_before: float = -math.inf
    answered_at: float = -math.inf

    def usable(self, now: float) -> bool:
        """Whether the token still serves for a login that begins now."""
        return now < self.ends

    def due(self, now: float) -> bool:
        """Whether to ask for the next: well before this one ends, and not too often."""
        return now >= max(self.renew_at, self.not_before)

    @property
    def doubted(self) -> bool:
        """Whether the server refused the token: the next one is worth waiting for."""
        return self.renew_at == -math.inf

    def issued(self, token: Token, now: float) -> None:
        """There is a new one; it is not used in its last moments, because a login takes time."""
        lifetime = self.default_lifetime if token.lifetime is None else token.lifetime
        self.token, self.problem = token.text, ""
        self.ends = now + lifetime - min(lifetime * _LAST, _LONGEST_LAST)
        # So early that of the logins that come every 10 s, two can fail to get the next one.
        self.renew_at = now + max(0.0, min(lifetime * _RENEW_AFTER, lifetime - _RENEW_BEFORE))
        self.answered_at, self.not_before = now, now + SPACING

    def failed(self, problem: str, now: float) -> None:
        """There is none; while the old one serves, there is time to ask again."""
        self.problem = problem
        left = 0.0 if self.doubted else max(0.0, self.ends - now)
        self.answered_at, self.not_before = now, now + max(SPACING, left / 10)

    def refused(self) -> None:
        """The server does not take it, whatever it says of its end."""
        self.renew_at = -math.inf
        self.not_before = min(self.not_before, self.answered_at + SPACING)
