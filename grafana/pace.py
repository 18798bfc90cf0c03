"""How often what an expression reads is polled: no graph has a finer step than that."""

import functools
import re
from collections.abc import Mapping

from pgvitals import catalogue

_NAME = re.compile(r"\bpg\w+")


def interval(expr: str) -> float:
    """Seconds between polls of the slowest family that an expression names; 0 without any."""
    return max((_polled().get(name, 0.0) for name in _NAME.findall(expr)), default=0.0)


@functools.cache
def _polled() -> Mapping[str, float]:
    queries = catalogue.shipped().values()
    return {name: query.interval for query in queries for name in query.metrics}
