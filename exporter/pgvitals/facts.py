"""Facts: what we learned about a server and about one of its databases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Identity(NamedTuple):
    """Who answers: when it changes, everything learned before is void.

    `system_identifier` and `timeline` are empty where the server does not tell them
    (pg_control_system() and pg_control_checkpoint() are denied on some managed services).
    """

    version: int
    in_recovery: bool
    system_identifier: str = ""
    timeline: str = ""


@dataclass(frozen=True)
class Facts:
    """One database of one server, as a query needs to know it.

    `schemas` maps each extension installed there to its schema (pg_extension, pg_namespace),
    `relations` are those of the asked-for relations that exist (to_regclass).
    """

    version: int
    in_recovery: bool
    schemas: Mapping[str, str] = field(default_factory=dict)
    relations: frozenset[str] = frozenset()

    @property
    def major(self) -> int:
        """The major version, e.g. 16 of 160004 (server_version_num)."""
        return self.version // 10_000

    @property
    def role(self) -> str:
        """`standby` while the server is in recovery (pg_is_in_recovery), else `primary`."""
        return "standby" if self.in_recovery else "primary"
