"""Markdown: what the reference pages have in common."""

from collections.abc import Iterable

MADE = "<!-- Made by `make docs`; a test fails when it is stale. -->"
"""Told from it, a page that was made may be made again, or removed."""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lines of a table, and an empty one."""
    body = [" | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in row) for row in rows]
    lines = (" | ".join(head), " | ".join("---" for _ in head), *body)
    return [*(f"| {line} |" for line in lines), ""]


def fenced(language: str, text: str) -> list[str]:
    """Lines of a text in a language, and an empty one."""
    return [f"```{language}", text.rstrip(), "```", ""]
