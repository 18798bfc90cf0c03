"""What docs/migrating.md shows is what the program takes, and has."""

import re
from pathlib import Path

from pgvitals.catalogue import shipped
from pgvitals.config import Config
from pgvitals.consistency import problems
from pgvitals.document import Document
from pgvitals.peer import peer
from pgvitals.query import Definition

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"
TEXT = PAGE.read_text("utf-8")
OFF = {name for name, query in shipped().items() if not query.enabled}


def shown(mark: str) -> Document:
    """The only example that has `mark`."""
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (block,) = [block for block in blocks if mark in block]
    return Document(PAGE, block)


def test_the_query_that_it_translates_is_right() -> None:
    assert list(problems(shown("pg_orders_waiting").read(Definition))) == []


def test_what_its_rules_ask_for_is_switched_on_by_the_example() -> None:
    queries = shown("wal_position").read(Config).queries
    assert queries.keys() == OFF - set(peer().collectors)
    assert all(change.enabled for change in queries.values())


def test_it_names_the_collectors_that_are_off() -> None:
    (named,) = re.findall(r"\*\*Off here as there\*\*(.*?)\. On here", TEXT, re.DOTALL)
    _, _, names = named.rpartition(":")
    assert set(re.findall(r"`(\w+)`", names)) == OFF & peer().collectors.keys()
