"""Runbooks: one page for each alert, in docs/runbooks/."""

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "docs" / "runbooks"
_MARKDOWN = MarkdownIt("commonmark").enable("table")


class Runbook:
    """A page, parsed."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __repr__(self) -> str:
        return self.file.stem

    @cached_property
    def tokens(self) -> list[Token]:
        """The page as markdown-it has it."""
        return _MARKDOWN.parse(self.file.read_text("utf-8"))

    @property
    def headings(self) -> list[str]:
        """In their order, with the marks of their level: `## Meaning`."""
        return [
            f"{opening.markup} {inline.content}"
            for opening, inline in pairwise(self.tokens)
            if opening.type == "heading_open"
        ]

    def section(self, heading: str) -> list[Token]:
        """What stands between this heading and the next; nothing if there is none."""
        found: list[Token] = []
        current = ""
        for opening, token in pairwise(self.tokens):
            if opening.type == "heading_open":
                current = f"{opening.markup} {token.content}"
            elif current == heading and token.type != "heading_open":
                found.append(token)
        return found

    @property
    def queries(self) -> list[str]:
        """Its blocks of SQL that look and change nothing."""
        return [
            token.content for token in self.tokens if token.type == "fence" and token.info == "sql"
        ]

    @property
    def links(self) -> list[str]:
        """Where it leads."""
        return list(_links(self.tokens))


def _links(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "link_open":
            yield str(token.attrGet("href"))
        yield from _links(token.children or [])


def shipped() -> list[Runbook]:
    """All there are, by name."""
    return [Runbook(file) for file in sorted(DIRECTORY.glob("*.md"))]
