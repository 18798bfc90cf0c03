"""A row of the trouble table: what one fault did, and which bars were missed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.scrapes import times

BEYOND_MS = 50.0
"""What the daemon may take at p99 beyond what the bare server takes; and what that may take."""
_P99 = "p99"
COLUMNS = (
    "trouble",
    "pg_up 0 after s",
    "pg_up 1 after s",
    "all fresh after s",
    "p50 ms",
    "p99 ms",
    "bare p99 ms",
    "connections",
    "verdict",
)


@dataclass
class Row:
    """What one fault did. Seconds are None where there was nothing to measure."""

    name: str
    down: float | None = None
    back: float | None = None
    fresh: float | None = None
    p50: float = 0.0
    p99: float = 0.0
    bare: float = 0.0
    connections: int = 0
    misses: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        """The row as text."""
        seconds = ["-" if s is None else f"{s:.1f}" for s in (self.down, self.back, self.fresh)]
        milliseconds = [f"{ms:.1f}" for ms in (self.p50, self.p99, self.bare)]
        verdict = "FAIL: " + "; ".join(self.misses) if self.misses else "ok"
        return [self.name, *seconds, *milliseconds, str(self.connections), verdict]

    def demand(self, kept: bool, otherwise: str) -> None:
        """Note a bar that was missed."""
        if not kept:
            self.misses.append(otherwise)

    def time(self, ours: Sequence[float], bare: Sequence[float]) -> None:
        """Judge the milliseconds of scrapes by those that a bare server took at the same time."""
        self.p50, self.p99, _ = times(ours)
        self.bare = times(bare).p99
        self.demand(self.p99 - self.bare <= BEYOND_MS, _P99)

    @property
    def untold(self) -> bool:
        """Whether the machine was too slow to tell p99, and nothing else was missed."""
        slow = min(self.p99, self.bare) > BEYOND_MS  # a daemon that is quick is so on any machine
        return slow and not set(self.misses) - {_P99}
