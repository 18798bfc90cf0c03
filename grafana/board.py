"""A board: one dashboard as a YAML file of grafana/boards, strictly read. A panel is a few lines of it.

In expressions $server stands for the matchers of the chosen servers, $database for those and the chosen
databases; what belongs to no database passes too. grafana/shorthand.py has what else stands for more.
"""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from grafana.shorthand import written
from pgvitals.document import Document, Mistakes
from pgvitals.reading import Model, Text

BOARDS = Path(__file__).parent / "boards"
STATES = Path(__file__).parent / "states.yaml"
WHOLE = 24
"""Columns of Grafana's grid."""
THRESHOLD = "threshold"
"""The legend of a threshold that a panel draws."""
_EXPORTED = 'min(pgvitals:alert_threshold{$server,alert="%s"})'

Colour = Literal["green", "blue", "yellow", "orange", "red", "purple", "gray", "text"]
Width = Annotated[int, Meta(ge=1, le=24)]
Colours = dict[float, Colour]
"""A colour from a value on; the first one is also for what is below it."""


class State(Model, frozen=True):
    """What a number, or the text of a label, is shown as."""

    text: Text
    colour: Colour


class Panel(Model, frozen=True, kw_only=True, tag_field="kind"):
    """What all panels have. `queries` are expressions by legend, or by column of a table.

    `runbook` is the alert whose runbook is linked, `threshold` the one whose exported threshold is drawn,
    `answers` what the panel shows of the document: a target's id, or an item of workflow 6.1 or 6.2.
    """

    title: Text
    description: Text
    queries: dict[Text, Text]
    runbook: Text
    width: Width
    height: Annotated[int, Meta(ge=2, le=40)] = 8
    threshold: str = ""
    answers: tuple[Text, ...] = ()
    empty: str = "no data"

    @property
    def expressions(self) -> Mapping[str, str]:
        """The expressions as Grafana gets them, that of the threshold among them."""
        own = {THRESHOLD: _EXPORTED % self.threshold} if self.threshold else {}
        return {name: written(expr) for name, expr in (self.queries | own).items()}


class Measured(Panel, frozen=True, kw_only=True):
    """A panel of numbers of one kind; `unit` is Grafana's id of it."""

    unit: Text
    decimals: int | None = None
    min: float | None = None
    max: float | None = None


class Coloured(Measured, frozen=True, kw_only=True):
    """One whose numbers have colours by their size, or are `states`: a name in states.yaml."""

    colours: Colours = {}
    states: str = ""


class Stat(Coloured, frozen=True, kw_only=True, tag="stat"):
    """Now, in large digits; `show: name` tells the legend instead, for facts that are labels."""

    show: Literal["value", "name", "both"] = "value"


class Graph(Measured, frozen=True, kw_only=True, tag="timeseries"):
    """Lines over time; `painted` are colours by legend, where they mean something."""

    min: float | None = 0
    painted: dict[Text, Colour] = {}
    stacked: bool = False


class Bars(Coloured, frozen=True, kw_only=True, tag="bargauge"):
    """A bar for each series, as of now."""


class Timeline(Coloured, frozen=True, kw_only=True, tag="state-timeline"):
    """States over time, one line a series."""


class Column(Model, frozen=True):
    """A column of a table: a label, or the value of a query.

    `link` is what the cell's text leads to: an address, or a dashboard's uid with what is chosen there; data
    source, job and time are kept.
    """

    title: str = ""
    unit: str = ""
    decimals: int | None = None
    width: int | None = None
    colours: Colours = {}
    states: str = ""
    gauge: bool = False
    link: str = ""


class Table(Panel, frozen=True, kw_only=True, tag="table"):
    """A line for each set of labels, as of now; only what `columns` names is shown, in its order."""

    columns: dict[Text, Column]
    sort: str = ""
    """The title to sort by, the largest first; with a - before it, the smallest."""


AnyPanel: TypeAlias = Stat | Graph | Bars | Timeline | Table


class Row(Model, frozen=True, kw_only=True):
    """Panels under a heading; they fill lines of 24 columns.

    With `each` they are there once for each of these words, which stand for $each in their texts.
    """

    title: Text
    each: tuple[Text, ...] = ()
    panels: tuple[AnyPanel, ...]

    @property
    def shown(self) -> list[AnyPanel]:
        """The panels, with the words put in."""
        text = msgspec.json.encode(self.panels)
        words = [word.encode() for word in self.each] or [b""]
        made = (text.replace(b"$each", word) for word in words)
        return [panel for one in made for panel in msgspec.json.decode(one, type=list[AnyPanel])]


class Board(Model, frozen=True, kw_only=True):
    """A dashboard. `instances` says how many are shown at once, `databases` whether they can be chosen.

    `exporters`: pgvitals itself is among what can be chosen, where it serves a page of several servers.
    `place`: its place on the page about them.
    """

    uid: Annotated[str, Meta(pattern=r"^pgvitals-[a-z]+$")]
    title: Text
    description: Text
    instances: Literal["one", "many"]
    databases: bool = False
    exporters: bool = False
    window: Text = "now-3h"
    place: int
    rows: tuple[Row, ...]

    @property
    def jobs(self) -> str:
        """The selector of what has a job to choose; of many servers, also what is long dead."""
        names = "pg_up" if self.instances == "one" else "pg_up|pgvitals:up"
        only = "" if self.exporters else ',server=""'
        return f'{{__name__=~"{names}"{only}}}'

    @property
    def servers(self) -> str:
        """The selector of what can be chosen as an instance."""
        return self.jobs.replace("}", ',job=~"$job"}')

    def chosen(self, expr: str) -> str:
        """An expression for what is chosen: Grafana makes no pattern of a name that stands alone."""
        return expr.replace("instance=~", "instance=") if self.instances == "one" else expr

    @property
    def panels(self) -> list[Panel]:
        """Those of all rows."""
        return [panel for row in self.rows for panel in row.shown]


class _States(Model, frozen=True):
    sets: dict[str, dict[str | int, State]]


@functools.cache
def states() -> Mapping[str, Mapping[str | int, State]]:
    """What values are shown as, by the name of the set; raises Mistakes."""
    return Document.open(STATES).read(_States).sets


@functools.cache
def every_board() -> tuple[Board, ...]:
    """All boards, by the names of their files; raises Mistakes."""
    return tuple(open_board(file) for file in sorted(BOARDS.glob("*.yaml")))


def open_board(file: Path) -> Board:
    """The board of a file; raises Mistakes with what is wrong in it."""
    document = Document.open(file)
    found = document.read(Board)
    wrong = [
        document.mistake(("rows", n, "panels"), problem)
        for n, row in enumerate(found.rows)
        for problem in (*_uneven(row), *_unknown(row))
    ]
    if wrong:
        raise Mistakes(wrong)
    return found


def _uneven(row: Row) -> Iterator[str]:
    """What keeps panels from filling lines without a gap."""
    used, height = 0, 0
    for panel in row.panels:
        used, height = (0, panel.height) if used >= WHOLE else (used, height or panel.height)
        if panel.height != height:
            yield f"found {panel.title!r} {panel.height} high beside {height}, expected the same"
        used += panel.width
        if used > WHOLE:
            yield f"found {panel.title!r} beyond column {WHOLE}, expected lines of {WHOLE} columns"
    if used < WHOLE:
        yield f"found a last line of {used} columns, expected {WHOLE}"


def _unknown(row: Row) -> Iterator[str]:
    """Sets of states that are not there."""
    for panel in row.panels:
        looks = panel.columns.values() if isinstance(panel, Table) else [panel]
        for name in {getattr(look, "states", "") for look in looks} - {"", *states()}:
            yield f"found the states {name!r} in {panel.title!r}, expected one of {', '.join(states())}"
