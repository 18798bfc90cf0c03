"""Markup: HTML from templates, into which text comes escaped and as nothing but text."""

import html
from importlib import resources
from string import Template


class Markup(str):
    """Text that is HTML already; any other is escaped where it is filled in."""

    __slots__ = ()


def template(name: str) -> Template:
    """A file of `templates/`: HTML with `$gap` where something is to be filled in."""
    return Template(source(name))


def source(name: str) -> str:
    """The text of a file of `templates/`."""
    return (resources.files("pgvitals") / "templates" / name).read_text("utf-8")


def fill(gaps: Template, **texts: str | int) -> Markup:
    """Fill the gaps of a template; raises KeyError for one without a text."""
    return Markup(gaps.substitute({name: _escaped(text) for name, text in texts.items()}))


def _escaped(text: str | int) -> str:
    return text if isinstance(text, Markup) else html.escape(visible(str(text)))


def visible(text: str) -> str:
    """Write out what would not be seen, or would change how the rest is read, as Python does.

    Control characters, marks that turn the direction, halves of surrogate pairs: `\\u202e`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
