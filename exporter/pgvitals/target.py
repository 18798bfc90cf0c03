"""A target: one of the twenty promises, one YAML file; what it counts, and what is asked of the number.

The models here are the format of a target file. Source: the contract of a target, docs/targets/.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pgvitals.reading import Model, Reading, Requires, Text, about
from pgvitals.strict import Duration

Pillar = Literal["migration", "security", "performance", "integrity", "operational"]
Evidence = Literal["measured", "estimated", "proxy", "proved"]
Decision = Literal["pause", "fix", "delegate", "info"]
SettingName = Annotated[str, Meta(pattern=r"^[a-z][a-z_]*$")]
Setting = str | tuple[str, ...]

STATED_REASONS = (
    "not_configured",
    "not_enabled",
    "uncertain",
    "privilege",
    "version",
    "extension",
)
"""Reasons that a definition may state for not being evaluated."""


class Kind(Model, frozen=True):
    """A kind of finding, where kinds differ in what they mean or ask for."""

    means: Annotated[Text, about("what is wrong with the object, after its name")]
    decision: Annotated[Decision | None, about("other than the target's")] = None
    owner: Annotated[str, about("other than the target's")] = ""
    remedy: Annotated[str, about("other than the target's")] = ""
    remark: Annotated[
        bool, about("a finding that is no violation: neither counted nor in the scope")
    ] = False


class Definition(Reading, frozen=True, kw_only=True):
    """The content of a target file; the file's stem is the target's id."""

    number: Annotated[int, Meta(ge=1, le=20, description="its place in the document's list")]
    document: Annotated[Text, about("what the document says")]
    pillar: Annotated[Pillar, about("the part of the document that promises it")]
    measure: Annotated[
        Literal["ratio", "count", "seconds"],
        about(
            "ratio: the part of the scope that is no violation; count: violations; seconds: a value"
        ),
    ]
    comparison: Annotated[
        Literal[">=", "<=", "<"], about("how the value must stand to the threshold")
    ]
    threshold: Annotated[float, about("in base units: a ratio from 0 to 1, a count, seconds")]
    evidence: Annotated[Evidence, about("how the value is known")]
    decision: Annotated[Decision, about("what the document decides when it is unmet")]
    owner: Annotated[Text, about("whose it is then: a role of the document")]
    means: Annotated[Text, about("what is wrong with an object that is found, after its name")]
    remedy: Annotated[Text, about("what to do, in one sentence")]
    kinds: Annotated[dict[SettingName, Kind], about("kinds of findings, by name")] = {}
    settings: Annotated[
        dict[SettingName, Setting],
        about(
            "texts that its SQL reads as the setting pgvitals.NAME; the configuration may change them"
        ),
    ] = {}
    applies_when: Annotated[
        str, about("an SQL condition without which it is not applicable; empty: always")
    ] = ""
    not_evaluated_when: Annotated[
        dict[Literal[STATED_REASONS], Text],  # type: ignore[valid-type]  # mypy wants them spelled out
        about("reasons for which there is no verdict, each with its SQL condition"),
    ] = {}
    evaluator: Annotated[
        str, about("the module below pgvitals.evaluators that judges rows with evidence")
    ] = ""
    scope: Annotated[
        Literal["cluster", "database"],
        about("cluster: once a server; database: in each database, with the label datname added"),
    ] = "database"
    interval: Annotated[Duration, about("the time from one run to the next")] = msgspec.field(
        default_factory=lambda: Duration(600.0)
    )
    on_change: Annotated[
        bool, about("true: it is also assessed within about a minute of a change of the catalogs")
    ] = False
    requires: Annotated[Requires, about("where it runs at all")] = Requires(role="primary")
    generator: Annotated[
        str,
        about("a statement that gives the text of another, whose rows sql finds under `generated`"),
    ] = ""
    sql: Annotated[str, about("the statement; without one the target is not implemented yet")] = ""


class Bar(Model, frozen=True):
    """What the configuration may change of a target in one database."""

    enabled: Annotated[bool | None, about("false: it is not evaluated there")] = None
    threshold: Annotated[float | None, about("another threshold")] = None


class Change(Model, frozen=True):
    """What the configuration may change of a target, everywhere or for one instance."""

    enabled: Annotated[bool | None, about("false: the target is switched off")] = None
    threshold: Annotated[float | None, about("another threshold")] = None
    interval: Annotated[Duration | None, about("another interval")] = None
    timeout: Annotated[Duration | None, about("another timeout, 5s at most")] = None
    settings: Annotated[
        dict[SettingName, Setting], about("other settings than those of the definition")
    ] = {}
    databases: Annotated[dict[Text, Bar], about("changes for single databases, by name")] = {}


class Target(Definition, frozen=True, kw_only=True):
    """A definition under its id, as an instance has it; `file` is for messages.

    `enforced` ones may alert; `owners` maps roles of the document to teams; `bars` are the
    changes for single databases.
    """

    id: str
    file: str
    enforced: bool = False
    owners: Mapping[str, str] = {}
    bars: Mapping[str, Bar] = {}

    @property
    def implemented(self) -> bool:
        """Whether there is anything that measures it."""
        return bool(self.sql)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The kinds of findings that are no violations."""
        return tuple(name for name, kind in self.kinds.items() if kind.remark)

    def threshold_in(self, database: str) -> float:
        """The threshold in a database."""
        own = self.bars.get(database, Bar()).threshold
        return self.threshold if own is None else own

    def enabled_in(self, database: str) -> bool:
        """Whether it is evaluated in a database."""
        own = self.bars.get(database, Bar()).enabled
        return self.enabled if own is None else own

    def decision_of(self, kind: str) -> Decision:
        """What is to be done about a finding of `kind`."""
        return (self.kinds[kind].decision if kind in self.kinds else None) or self.decision

    def means_of(self, kind: str) -> str:
        """What is wrong with a finding of `kind`."""
        return self.kinds[kind].means if kind in self.kinds else self.means

    def remedy_of(self, kind: str) -> str:
        """What is to be done about a finding of `kind`, in words."""
        return (self.kinds[kind].remedy if kind in self.kinds else "") or self.remedy

    def owner_of(self, kind: str = "") -> str:
        """Who is to do it: a team where the role of the document has one."""
        role = (self.kinds[kind].owner if kind in self.kinds else "") or self.owner
        return self.owners.get(role, role)

    def _bar(self, database: str, given: Bar) -> Bar:
        """What is said of a database now; what is not said stays."""
        before = self.bars.get(database, Bar())
        return Bar(
            before.enabled if given.enabled is None else given.enabled,
            before.threshold if given.threshold is None else given.threshold,
        )

    def change(self, change: Change) -> "Target":
        """The target as the configuration wants it."""
        plain = {
            name: value
            for name in ("enabled", "threshold", "interval", "timeout")
            if (value := getattr(change, name)) is not None
        }
        return msgspec.structs.replace(
            self,
            **plain,
            settings={**self.settings, **change.settings},
            bars={
                **self.bars,
                **{name: self._bar(name, bar) for name, bar in change.databases.items()},
            },
        )
