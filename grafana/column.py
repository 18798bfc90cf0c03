"""The columns of a table: which there are, in what order, and how each looks."""

import string
from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from grafana import field
from grafana.board import Column, Table

BLANK = "-"
"""What is shown for a value that a line has not."""
_KEPT = "${datasource:queryparam}&${job:queryparam}&${__url_time_range}"
"""What was chosen, for the next dashboard."""


def arranged(table: Table) -> list[model.DataTransformerConfig]:
    """One line a set of labels, and of it what the table names, in its order and under its titles."""
    names = {_given(table, name): about.title or name for name, about in table.columns.items()}
    steps: Mapping[str, object] = {
        "merge": {},
        "filterFieldsByName": {"include": {"names": list(names)}},
        "organize": {
            "excludeByName": {},
            "indexByName": {name: n for n, name in enumerate(names)},
            "renameByName": names,
        },
    }
    return [model.DataTransformerConfig(id_val=id_, options=o) for id_, o in steps.items()]


def properties(column: Column) -> list[model.DynamicConfigValue]:
    """What a column is shown with."""
    found: Mapping[str, object] = {
        "noValue": BLANK,
        "unit": column.unit,
        "decimals": column.decimals,
        "custom.width": column.width,
        "mappings": [*field.mappings(column.states), field.absent(BLANK, "transparent")],
        "thresholds": field.thresholds(column.colours).build() if column.colours else None,
        "custom.cellOptions": _cell(column),
        "links": [{"title": column.title, "url": _address(column.link)}] if column.link else [],
        **({"min": 0, "max": 1} if column.gauge else {}),
    }
    kept = {key: value for key, value in found.items() if value not in (None, "", [], {})}
    return [model.DynamicConfigValue(id_val=key, value=value) for key, value in kept.items()]


def _given(table: Table, name: str) -> str:
    """What Grafana calls a column before it is renamed: the label, or the value of a query."""
    queries = list(table.queries)
    if name not in queries:
        return name
    only = len(queries) == 1
    return "Value" if only else f"Value #{string.ascii_uppercase[queries.index(name)]}"


def _address(link: str) -> str:
    return f"/d/{link}&{_KEPT}" if link.startswith("pgvitals-") else link


def _cell(column: Column) -> dict[str, str]:
    if column.gauge:
        return {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}
    if column.states:
        return {"type": "color-background", "mode": "basic"}
    return {"type": "color-text"} if column.colours else {}
