"""A query: one YAML file, one collector's SQL and the families it makes.

The models here are the query format; `pgvitals schema` prints them as JSON Schema.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pgvitals.reading import Model, Reading, Text, about
from pgvitals.strict import Duration

MetricType = Literal["counter", "gauge", "histogram", "untyped"]
FamilyName = Annotated[str, Meta(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
LabelName = Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]
SeriesLimit = Annotated[int, Meta(ge=1, le=10_000_000)]


class Metric(Model, frozen=True):
    """One family: `column` has its values; a histogram has the four other columns instead."""

    type: Annotated[MetricType, about("the family's type")]
    help: Annotated[Text, about("what it measures, and in which unit")]
    column: Annotated[str, about("the result column with the values")] = ""
    bounds: Annotated[str, about("float8[]: the upper bounds of the buckets, without +Inf")] = ""
    buckets: Annotated[str, about("bigint[]: the cumulative counts, one for each bound")] = ""
    sum: Annotated[str, about("the sum of all observations")] = ""
    count: Annotated[str, about("their number")] = ""

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

    prefix: Annotated[FamilyName, about("what their names begin with; no other query may use it")]
    name: Annotated[Text, about("the column with the rest of the name")]
    value: Annotated[Text, about("the column with the value")]
    help: Annotated[Text, about("the column with the help text")]
    type: Annotated[Literal["counter", "gauge", "untyped"], about("the type of all")] = "gauge"


class Keep(Model, frozen=True):
    """Which rows stay when there are more than `max_series` allows."""

    column: Annotated[Text, about("the numeric column that ranks the rows")]
    order: Annotated[Literal["asc", "desc"], about("desc keeps the largest")] = "desc"


class Definition(Reading, frozen=True, kw_only=True):
    """The content of a query file; the file's stem is the query's name."""

    compat: Annotated[
        bool, about("NULL counts as 0, for families whose users know that from postgres_exporter")
    ] = False
    max_series: Annotated[
        SeriesLimit, about("series that it may give; further rows are counted")
    ] = 10_000
    keep: Annotated[Keep | None, about("which rows stay beyond that; by default the first")] = None
    labels: Annotated[
        dict[LabelName, Text], about("label names, which are columns too, and what they mean")
    ] = {}
    server_label: Annotated[
        bool,
        about("add the label server, host:port of the login, where postgres_exporter has it"),
    ] = False
    metrics: Annotated[dict[FamilyName, Metric], about("families by their full name")] = {}
    families_from: Annotated[
        FamiliesFrom | None, about("instead of metrics: families named by the rows")
    ] = None

    @property
    def all_labels(self) -> tuple[str, ...]:
        """The labels of its series: those that pgvitals adds, then its own."""
        datname = ("datname",) if self.scope == "database" else ()
        return (*datname, *(("server",) if self.server_label else ()), *self.labels)


class Override(Model, frozen=True):
    """What the configuration may change of a query, everywhere or for one instance."""

    enabled: Annotated[
        bool | None, about("false: the query does not run; true: also one that is off")
    ] = None
    interval: Annotated[Duration | None, about("another interval")] = None
    timeout: Annotated[Duration | None, about("another timeout, 5s at most")] = None
    max_series: Annotated[SeriesLimit | None, about("another limit")] = None


class Query(Definition, frozen=True, kw_only=True):
    """A definition under its name, the stem of its file; `file` is for messages."""

    name: str
    file: str

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
