"""A reading: what one statement reads from a server, and where and when it runs at all."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pgvitals.facts import Facts
from pgvitals.strict import Duration

OLDEST_MAJOR = 13
LONGEST_TIMEOUT = 5.0
"""Seconds that a statement may take."""

Text = Annotated[str, Meta(min_length=1)]
RelationName = Annotated[str, Meta(pattern=r"^[^.]+\.[^.]+$")]
Major = Annotated[int, Meta(ge=OLDEST_MAJOR, le=99)]


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """What all models share: immutable, and strict about unknown keys."""


def about(meaning: str) -> Meta:
    """What a key means, for the reference and the JSON Schema."""
    return Meta(description=meaning)


class Requires(Model, frozen=True):
    """What must be true of a server, or a database, for the query to run there; else it is skipped."""

    role: Annotated[
        Literal["any", "primary", "standby"], about("the role that the server must have")
    ] = "any"
    extensions: Annotated[
        tuple[Text, ...],
        about(
            "extensions that must be installed; their schemas follow pg_catalog on the search path"
        ),
    ] = ()
    relations: Annotated[
        tuple[RelationName, ...], about("tables or views that must exist, as schema.name")
    ] = ()
    min_version: Annotated[Major, about("the oldest major version on which it runs")] = OLDEST_MAJOR


class Reading(Model, frozen=True, kw_only=True):
    """What queries and targets have in common."""

    description: Annotated[Text, about("what it measures, in one sentence")]
    scope: Annotated[
        Literal["cluster", "database"],
        about("cluster: once a server; database: in each database, with the label datname added"),
    ]
    interval: Annotated[Duration, about("the time from one run to the next")]
    timeout: Annotated[Duration, about("how long it may take, 5s at most")] = msgspec.field(
        default_factory=lambda: Duration(LONGEST_TIMEOUT)
    )
    requires: Annotated[Requires, about("where it runs at all")] = Requires()
    enabled: Annotated[
        bool, about("false: off until the configuration or a flag switches it on")
    ] = True
    optional: Annotated[
        bool, about("a missing function, relation or column is no error: it is skipped")
    ] = False
    sql: Annotated[
        Text | dict[Major, Text],
        about(
            "the statement, or a map from the oldest major version to the statement from there on"
        ),
    ]

    def statement(self, major: int) -> str | None:
        """The SQL for a major version: that of the highest key not above it; None below the lowest."""
        if isinstance(self.sql, str):
            return self.sql
        fitting = [version for version in self.sql if version <= major]
        return self.sql[max(fitting)] if fitting else None

    def schemas(self, facts: Facts) -> list[str]:
        """The schemas of the extensions that it requires, where `facts` hold."""
        return [facts.schemas[extension] for extension in self.requires.extensions]

    def skip_reason(self, facts: Facts) -> str | None:
        """Why it does not run where `facts` hold; None when it does."""
        wants = self.requires
        if facts.major < wants.min_version or self.statement(facts.major) is None:
            return "version"
        if wants.role != "any" and wants.role != facts.role:
            return "role"
        if not facts.schemas.keys() >= set(wants.extensions):
            return "extension"
        return None if facts.relations >= set(wants.relations) else "relation"
