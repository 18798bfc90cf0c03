"""How a value looks: its unit, colours and words, as Grafana's field configuration."""

import math
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from grafana.board import Colour, Coloured, Colours, Measured, State, states

_Builder = TypeVar("_Builder", stat.Panel, timeseries.Panel, bargauge.Panel, statetimeline.Panel)
PLAIN: Colour = "text"


def measured(made: _Builder, shown: Measured) -> _Builder:
    """Give a panel of numbers what its numbers look like."""
    coloured = shown if isinstance(shown, Coloured) else None
    words: list[model.ValueMapping] = mappings(coloured.states if coloured else "")
    made.unit(shown.unit).mappings([*words, absent(shown.empty, PLAIN)])
    made.thresholds(thresholds(coloured.colours if coloured else {}))
    if shown.decimals is not None:
        made.decimals(shown.decimals)
    if shown.min is not None:
        made.min(shown.min)
    if shown.max is not None:
        made.max(shown.max)
    mode = model.FieldColorModeId
    by = mode.THRESHOLDS if coloured else mode.PALETTE_CLASSIC
    return made.color_scheme(build.FieldColor().mode(by))


def painted(colour: Colour) -> list[model.DynamicConfigValue]:
    """The colour of one line."""
    value = {"mode": "fixed", "fixedColor": colour}
    return [model.DynamicConfigValue(id_val="color", value=value)]


def thresholds(colours: Colours) -> build.ThresholdsConfig:
    """A colour from a value on; without any, everything is plain."""
    first, *others = sorted(colours.items()) or [(-math.inf, PLAIN)]
    steps = [model.Threshold(value=None, color=first[1])]
    steps += [model.Threshold(value=value, color=colour) for value, colour in others]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def mappings(name: str) -> list[model.ValueMapping]:
    """The words and colours of a set of states; none for no name."""
    if not name:
        return []
    shown = {str(value): _result(n, s) for n, (value, s) in enumerate(states()[name].items())}
    return [model.ValueMap(options=shown)]


def absent(text: str, colour: str) -> model.ValueMapping:
    """What a missing value is shown as: else it has the colour of the lowest, which may be green."""
    match = model.SpecialValueMatch.NULL_AND_NAN
    result = model.ValueMappingResult(text=text, color=colour)
    options = model.DashboardSpecialValueMapOptions(match=match, result=result)
    return model.SpecialValueMap(options=options)


def _result(index: int, state: State) -> model.ValueMappingResult:
    return model.ValueMappingResult(text=state.text, color=state.colour, index=index)


_LINE = {
    "custom.lineStyle": {"fill": "dash", "dash": [10, 10]},
    "custom.fillOpacity": 0,
    "custom.showPoints": "never",
    "custom.stacking": {"mode": "none", "group": "threshold"},
}
DASHED = [
    *painted("red"),
    *(model.DynamicConfigValue(id_val=key, value=value) for key, value in _LINE.items()),
]
"""The line of a threshold."""
