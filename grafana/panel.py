"""A panel of a board as Grafana's builder of that kind."""

import string
from functools import singledispatch
from typing import TypeAlias

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    prometheus,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import common as options
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana import column, field, pace
from grafana.board import THRESHOLD, Bars, Board, Graph, Panel, Stat, Table, Timeline

DATASOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
SCRAPED = 15.0
"""Seconds between two scrapes, as README has it."""
RUNBOOK = "${docs}/runbooks/%s.md"
Builder: TypeAlias = (
    stat.Panel | timeseries.Panel | bargauge.Panel | statetimeline.Panel | tables.Panel
)


def panel(shown: Panel, number: int, board: Board) -> Builder:
    """The builder of a panel of a board; `number` is its id."""
    runbook = build.DashboardLink(f"Runbook {shown.runbook}").url(RUNBOOK % shown.runbook)
    made = kind(shown)
    made.id(number).title(shown.title).description(shown.description)
    made.span(shown.width).height(shown.height)
    made.datasource(DATASOURCE).no_value(shown.empty)
    made.links([runbook.type(model.DashboardLinkType.LINK).target_blank(True)])
    return made.targets(list(_targets(shown, board)))


@singledispatch
def kind(shown: Panel) -> Builder:
    """The builder of its kind, with what that kind alone has."""
    raise NotImplementedError(f"no way to build a {type(shown).__name__}")


@kind.register
def _stat(shown: Stat) -> Builder:
    made = stat.Panel().graph_mode(options.BigValueGraphMode.NONE).reduce_options(_now())
    made.text_mode(_TEXT[shown.show]).color_mode(_background(shown))
    if shown.threshold:
        made.transformations([_red_from(string.ascii_uppercase[len(shown.queries)])])
    return field.measured(made, shown)


@kind.register
def _bars(shown: Bars) -> Builder:
    made = bargauge.Panel().display_mode(options.BarGaugeDisplayMode.BASIC).reduce_options(_now())
    made.orientation(options.VizOrientation.HORIZONTAL).show_unfilled(True)
    return field.measured(made, shown)


@kind.register
def _graph(shown: Graph) -> Builder:
    made = timeseries.Panel().line_width(1).fill_opacity(50 if shown.stacked else 10)
    made.show_points(options.VisibilityMode.AUTO).span_nulls(False)
    tooltip = common.VizTooltipOptions().mode(options.TooltipDisplayMode.MULTI)
    made.tooltip(tooltip.sort(options.SortOrder.DESCENDING))
    legend = common.VizLegendOptions().show_legend(True).placement(options.LegendPlacement.BOTTOM)
    made.legend(legend.display_mode(options.LegendDisplayMode.LIST))
    mode = options.StackingMode.NORMAL if shown.stacked else options.StackingMode.NONE
    made.stacking(common.StackingConfig().mode(mode))
    for line, colour in shown.painted.items():
        made.override_by_name(line, field.painted(colour))
    if shown.threshold:
        made.override_by_name(THRESHOLD, field.DASHED)
    return field.measured(made, shown)


@kind.register
def _timeline(shown: Timeline) -> Builder:
    made = statetimeline.Panel().merge_values(True).show_value(options.VisibilityMode.NEVER)
    return field.measured(made.row_height(0.8).fill_opacity(80), shown)


@kind.register
def _table(shown: Table) -> Builder:
    made = tables.Panel().cell_height(options.TableCellHeight.SM)
    made.transformations(column.arranged(shown))
    for name, about in shown.columns.items():
        made.override_by_name(about.title or name, column.properties(about))
    if shown.sort:
        falling = not shown.sort.startswith("-")
        by = common.TableSortByFieldState().display_name(shown.sort.lstrip("-")).desc(falling)
        made.sort_by([by])
    return made


def _targets(shown: Panel, board: Board) -> list[prometheus.Dataquery]:
    """Its queries, with the letters that Grafana calls them by."""
    return [
        _target(shown, letter, legend, board.chosen(expr))
        for letter, (legend, expr) in zip(
            string.ascii_uppercase, shown.expressions.items(), strict=False
        )
    ]


def _target(shown: Panel, letter: str, legend: str, expr: str) -> prometheus.Dataquery:
    made = prometheus.Dataquery().expr(expr).ref_id(letter).legend_format(legend)
    made.datasource(DATASOURCE)
    if isinstance(shown, Table):
        made.format(PromQueryFormat.TABLE)
    # Grafana makes $__rate_interval four times this: enough polls for a rate, whatever the step.
    if (seldom := pace.interval(expr)) > SCRAPED:
        made.interval(f"{seldom:.0f}s")
    # What is shown as of now is asked as of now: the last of a range may be old.
    return made.range() if isinstance(shown, Graph | Timeline) else made.instant()


def _red_from(letter: str) -> model.DataTransformerConfig:
    """Red from the value of a query on, instead of that value."""
    red = {"fieldName": THRESHOLD, "handlerKey": "threshold1"}
    return model.DataTransformerConfig(
        id_val="configFromData", options={"configRefId": letter, "mappings": [red]}
    )


def _now() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


def _background(shown: Stat) -> options.BigValueColorMode:
    mode = options.BigValueColorMode
    return mode.BACKGROUND if shown.states else mode.VALUE


_TEXT = {
    "value": options.BigValueTextMode.VALUE,
    "name": options.BigValueTextMode.NAME,
    "both": options.BigValueTextMode.VALUE_AND_NAME,
}
