"""A query: one YAML file, one collector's SQL and the families it makes.

The models here are the query format; `pgvitals schema` prints them as JSON Schema.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from pgvitals.facts import Facts
from pgvitals.strict import Duration

OLDEST_MAJOR = 13
LONGEST_TIMEOUT = 5.0
"""Seconds that a query may take."""

MetricType = Literal["counter", "gauge", "histogram", "untyped"]
FamilyName = Annotated[str, Meta(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
LabelName = Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
Text = Annotated[str, Meta(min_length=1)]
RelationName = Annotated[str, Meta(pattern=r"^[^.]+\.[^.]+$")]
SeriesLimit = Annotated[int, Meta(ge=1, le=10_000_000)]
Major = Annotated[int, Meta(ge=OLDEST_MAJOR, le=99)]


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """What all models share: immutable, and strict about unknown keys."""


def _about(meaning: str) -> Meta:
    return Meta(description=meaning)


class Requires(Model, frozen=True):
    """What must be true of a server, or a database, for the query to run there; else it is skipped."""

    role: Annotated[
        Literal["any", "primary", "standby"], _about("the role that the server must have")
    ] = "any"
    extensions: Annotated[
        tuple[Text, ...],
        _about(
            "extensions that must be installed; their schemas follow pg_catalog on the search path"
        ),
    ] = ()
    relations: Annotated[
        tuple[RelationName, ...], _about("tables or views that must exist, as schema.name")
    ] = ()
    min_version: Annotated[Major, _about("the oldest major version on which it runs")] = (
        OLDEST_MAJOR
    )


class Metric(Model, frozen=True):
    """One family: `column` has its values; a histogram has the four other columns instead."""

    type: Annotated[MetricType, _about("the family's type")]
    help: Annotated[Text, _about("what it measures, and in which unit")]
    column: Annotated[str, _about("the result column with the values")] = ""
    bounds: Annotated[str, _about("float8[]: the upper bounds of the buckets, without +Inf")] = ""
    buckets: Annotated[str, _about("bigint[]: the cumulative counts, one for each bound")] = ""
    sum: Annotated[str, _about("the sum of all observations")] = ""
    count: Annotated[str, _about("their number")] = ""

    def series(self, name: str) -> tuple[str, ...]:
        """The names that the family `name` has in a page, its own first."""
        parts = ("_bucket", "_sum", "_count") if self.type == "histogram" else ()
        return (name, *(name + part for part in parts))

    @property
    def columns(self) -> tuple[str, ...]:
        """The result columns that the family reads."""
        names = (self.column, self.bounds, self.buckets, self.sum, self.count)
        return tuple(name for name in names if name)


class FamiliesFrom(Model, frozen=True):
    """Families whose names come from the rows, one family a row."""

    prefix: Annotated[FamilyName, _about("what their names begin with; no other query may use it")]
    name: Annotated[Text, _about("the column with the rest of the name")]
    value: Annotated[Text, _about("the column with the value")]
    help: Annotated[Text, _about("the column with the help text")]
    type: Annotated[Literal["counter", "gauge", "untyped"], _about("the type of all")] = "gauge"


class Keep(Model, frozen=True):
    """Which rows stay when there are more than `max_series` allows."""

    column: Annotated[Text, _about("the numeric column that ranks the rows")]
    order: Annotated[Literal["asc", "desc"], _about("desc keeps the largest")] = "desc"


class Definition(Model, frozen=True, kw_only=True):
    """The content of a query file; the file's stem is the query's name."""

    description: Annotated[Text, _about("what it measures, in one sentence")]
    scope: Annotated[
        Literal["cluster", "database"],
        _about("cluster: once a server; database: in each database, with the label datname added"),
    ]
    interval: Annotated[Duration, _about("the time from one run to the next")]
    timeout: Annotated[Duration, _about("how long it may take, 5s at most")] = msgspec.field(
        default_factory=lambda: Duration(LONGEST_TIMEOUT)
    )
    requires: Annotated[Requires, _about("where it runs at all")] = Requires()
    enabled: Annotated[
        bool, _about("false: off until the configuration or a flag switches it on")
    ] = True
    optional: Annotated[
        bool, _about("a missing function, relation or column is no error: the query is skipped")
    ] = False
    compat: Annotated[
        bool, _about("NULL counts as 0, for families whose users know that from postgres_exporter")
    ] = False
    max_series: Annotated[
        SeriesLimit, _about("series that it may give; further rows are counted")
    ] = 10_000
    keep: Annotated[Keep | None, _about("which rows stay beyond that; by default the first")] = None
    sql: Annotated[
        Text | dict[Major, Text],
        _about(
            "the statement, or a map from the oldest major version to the statement from there on"
        ),
    ]
    labels: Annotated[
        dict[LabelName, Text], _about("label names, which are columns too, and what they mean")
    ] = {}
    server_label: Annotated[
        bool,
        _about("add the label server, host:port of the login, where postgres_exporter has it"),
    ] = False
    metrics: Annotated[dict[FamilyName, Metric], _about("families by their full name")] = {}
    families_from: Annotated[
        FamiliesFrom | None, _about("instead of metrics: families named by the rows")
    ] = None

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The labels of its series: those that pgvitals adds, then its own."""
        datname = ("datname",) if self.scope == "database" else ()
        return (*datname, *(("server",) if self.server_label else ()), *self.labels)


class Override(Model, frozen=True):
    """What the configuration may change of a query, everywhere or for one instance."""

    enabled: Annotated[
        bool | None, _about("false: the query does not run; true: also one that is off")
    ] = None
    interval: Annotated[Duration | None, _about("another interval")] = None
    timeout: Annotated[Duration | None, _about("another timeout, 5s at most")] = None
    max_series: Annotated[SeriesLimit | None, _about("another limit")] = None


class Query(Definition, frozen=True, kw_only=True):
    """A definition under its name, the stem of its file; `file` is for messages."""

    name: str
    file: str

    def statement(self, major: int) -> str | None:
        """The SQL for a major version: that of the highest key not above it; None below the lowest."""
        if isinstance(self.sql, str):
            return self.sql
        fitting = [version for version in self.sql if version <= major]
        return self.sql[max(fitting)] if fitting else None

    def schemas(self, facts: Facts) -> list[str]:
        """The schemas of the extensions that the query requires, where `facts` hold."""
        return [facts.schemas[extension] for extension in self.requires.extensions]

    def skip_reason(self, facts: Facts) -> str | None:
        """Why the query does not run where `facts` hold; None when it does."""
        wants = self.requires
        if facts.major < wants.min_version or self.statement(facts.major) is None:
            return "version"
        if wants.role != "any" and wants.role != facts.role:
            return "role"
        if not facts.schemas.keys() >= set(wants.extensions):
            return "extension"
        return None if facts.relations >= set(wants.relations) else "relation"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every result column the query declares."""
        source = self.families_from
        named = (source.name, source.value, source.help) if source else ()
        measured = (column for metric in self.metrics.values() for column in metric.columns)
        kept = (self.keep.column,) if self.keep else ()
        return tuple(dict.fromkeys((*self.labels, *named, *measured, *kept)))

    @property
    def max_rows(self) -> int:
        """How many rows fit into `max_series`; at least one."""
        return max(1, self.max_series // max(1, len(self.metrics)))

    def change(self, override: Override) -> "Query":
        """The query as the configuration wants it."""
        given = {k: v for k, v in msgspec.structs.asdict(override).items() if v is not None}
        return msgspec.structs.replace(self, **given)
