"""What the README shows is what the program takes."""

import re
from pathlib import Path

from pgvitals.config import Config
from pgvitals.consistency import problems
from pgvitals.document import Document
from pgvitals.query import Definition

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def shown(mark: str) -> Document:
    (block,) = [block for block in BLOCKS if mark in block]
    return Document(Path("README.md"), block)


def test_the_configuration_in_the_readme_is_right() -> None:
    config = shown("# pgvitals.yaml").read(Config)
    assert list(config.instances) == ["shop", "ledger"]
    for instance in config.instances.values():
        assert instance.login().server.endswith(".example:5432")


def test_the_query_in_the_readme_is_right() -> None:
    definition = shown("/orders.yaml").read(Definition)
    assert list(problems(definition)) == []


def test_every_page_that_the_readme_links_to_is_there() -> None:
    root = Path(__file__).parents[2]
    pages = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", README)
    assert pages
    assert [page for page in pages if not (root / page).is_file()] == []
