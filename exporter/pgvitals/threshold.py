"""Thresholds of alerts: the rules say which alerts have one, and the defaults.

The rules are read only when the configuration names a threshold: the daemon has no other use for them.
"""

import functools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from pgvitals.catalogue import shipped_directory
from pgvitals.document import Document

_RECORD = "pgvitals:alert_threshold"


def rules() -> Path:
    """The rules of this release that give each alert its threshold."""
    return shipped_directory().parent / "alerts" / "rules" / "thresholds.yaml"


@functools.cache
def names() -> tuple[str, ...]:
    """The alerts that have a threshold; raises Mistakes when the rules cannot be read."""
    groups = Document.open(rules()).data["groups"]
    recorded = (
        rule for group in groups for rule in group["rules"] if rule.get("record") == _RECORD
    )
    return tuple(rule["labels"]["alert"] for rule in recorded)


def problems(thresholds: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """What is wrong with thresholds, by the names of their alerts."""
    for name, value in thresholds.items():
        if name not in names():
            expected = f"expected one of {', '.join(names())}"
            yield name, f"no alert of this name has a threshold, {expected}"
        elif not math.isfinite(value):
            yield name, f"found {value:g}, expected a finite number"
