"""Formats: what `pgvitals check` found, as text for people, JSON, Markdown or JUnit's XML."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module

from pgvitals.check import Report

Render = Callable[[Report], str]


def _render(name: str, report: Report) -> str:
    # Loaded when it is asked for: a daemon that knows the commands has no use for XML.
    render: Render = import_module(f"{__name__}.as_{name}").render
    return render(report)


FORMATS: Mapping[str, Render] = {
    name: partial(_render, name) for name in ("text", "json", "markdown", "junit")
}
"""By name, what makes the whole text of a report in that format; it ends with a newline."""
