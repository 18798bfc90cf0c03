"""Logging: structlog to standard error, JSON or for people, the same trouble said once in a while."""

import logging
import sys
import time
from collections.abc import Callable

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from pgvitals.config import Log

REPEAT_AFTER = 600.0
"""Seconds for which a repeated message is only counted."""
_REMEMBERED = 10_000
_IDENTIFYING = ("event", "instance", "collector", "database", "reason", "since")

_RENDERERS: dict[str, Callable[[], Processor]] = {
    "json": structlog.processors.JSONRenderer,
    "logfmt": lambda: structlog.processors.LogfmtRenderer(
        key_order=("timestamp", "level", "event")
    ),
    "console": lambda: structlog.dev.ConsoleRenderer(colors=False),
}


class Repeats:
    """Drops what was said less than REPEAT_AFTER ago; said again, `repeated` counts the silence."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[tuple[object, ...], tuple[float, int]] = {}

    def __call__(self, _: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Pass `event` on, or drop it; only warnings and errors can be too many.

        What answers somebody's reload, with its `mistakes`, is always said.
        """
        if method not in ("warning", "error") or "mistakes" in event:
            return event
        key = tuple(event.get(name) for name in _IDENTIFYING)
        at, dropped = self._said.get(key, (float("-inf"), 0))
        now = self._clock()
        if now - at < REPEAT_AFTER:
            self._said[key] = (at, dropped + 1)
            raise structlog.DropEvent
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[key] = (now, 0)
        return {**event, "repeated": dropped} if dropped else event


def configure(settings: Log) -> None:
    """Set up structlog, and keep the libraries' own loggers quiet: what they say may hold a secret."""
    structlog.configure(
        processors=[
            Repeats(),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _RENDERERS[settings.format](),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    logging.getLogger("psycopg").propagate = False
