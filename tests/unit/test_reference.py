"""The reference: every page is made, links lead somewhere, and what is stale or left over is told."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.parser import text_string_to_metric_families

from pgvitals import agenda, exposition, measuring, reference, scorecard, target_reference
from pgvitals.cli import command
from pgvitals.config import Config
from pgvitals.target import Target
from pgvitals.verdict import REASONS, Measurement, Row, judge

DOCS = Path(__file__).parents[2] / "docs"
TARGETS = agenda.shipped()
IMPLEMENTED = [target for target in TARGETS.values() if target.implemented]
BY_HAND = ("How it is measured", "What fools it", "How to fix it", "Limits")
MADE = {name: DOCS / name for name in ("metrics.md", "configuration.md", "cli.md")} | {
    name: DOCS / name for name in target_reference.pages(DOCS)
}
MARKDOWN = MarkdownIt("commonmark").enable("table")


def page(target: str) -> str:
    return target_reference.pages(DOCS)[f"targets/{target}.md"]


def headings(text: str) -> list[str]:
    tokens = MARKDOWN.parse(text)
    return [
        inline.content for opening, inline in pairwise(tokens) if opening.type == "heading_open"
    ]


def anchors(text: str) -> set[str]:
    """As GitHub makes them; the second of a name is none that anybody should link to."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings(text)}


def links(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "link_open":
            yield str(token.attrGet("href"))
        yield from links(token.children or [])


def blocks(text: str, language: str) -> list[str]:
    tokens = MARKDOWN.parse(text)
    return [t.content for t in tokens if t.type == "fence" and t.info == language]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A directory that holds the whole reference."""
    reference.write(tmp_path, command, check=False)
    return tmp_path


def stale(directory: Path) -> list[str]:
    return reference.write(directory, command, check=True)


def test_the_reference_is_what_the_code_says() -> None:
    assert stale(DOCS) == []


def test_a_check_writes_nothing_and_names_every_page(tmp_path: Path) -> None:
    assert set(stale(tmp_path)) == set(MADE)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_not_stale(written: Path) -> None:
    assert stale(written) == []


def test_a_changed_page_of_a_target_is_stale_and_written_anew(written: Path) -> None:
    file = written / "targets" / "fk_indexed.md"
    right = file.read_text("utf-8")
    file.write_text(right + "More.\n", "utf-8")
    assert stale(written) == ["targets/fk_indexed.md"]
    assert reference.write(written, command, check=False) == ["targets/fk_indexed.md"]
    assert file.read_text("utf-8") == right


def test_a_changed_part_makes_its_page_stale(written: Path) -> None:
    part = written / "targets" / "parts" / "primary_keys.md"
    part.parent.mkdir()
    part.write_text("## Limits\n\nNone.\n", "utf-8")
    assert stale(written) == ["targets/primary_keys.md"]


def test_a_page_of_a_target_that_is_no_more_is_left_over_and_removed(written: Path) -> None:
    file = written / "targets" / "no_more.md"
    file.write_text((written / "targets" / "fk_indexed.md").read_text("utf-8"), "utf-8")
    assert stale(written) == ["targets/no_more.md"]
    assert file.is_file()
    reference.write(written, command, check=False)
    assert not file.exists()
    assert stale(written) == []


def test_a_page_that_somebody_else_wrote_is_left_alone(written: Path) -> None:
    file = written / "targets" / "ours.md"
    file.write_text("# Ours\n", "utf-8")
    assert stale(written) == []
    reference.write(written, command, check=False)
    assert file.is_file()


def test_every_target_has_a_page_and_a_row_in_the_overview() -> None:
    assert len(TARGETS) == 20
    overview = MARKDOWN.parse(page("README"))
    assert [f"{name}.md" for name in TARGETS if f"{name}.md" not in links(overview)] == []
    rows = re.findall(r"^\| (\d+) \| \[(\w+)\].*\| (yes|no) \| (yes|no) \|$", page("README"), re.M)
    yes = {True: "yes", False: "no"}
    enforced = Config().enforce
    assert rows == [
        (str(t.number), t.id, yes[t.id in enforced], yes[t.implemented]) for t in TARGETS.values()
    ]


def test_the_overview_explains_every_reason() -> None:
    assert [reason for reason in REASONS if f"| `{reason}` |" not in page("README")] == []


@pytest.mark.parametrize("target", IMPLEMENTED, ids=lambda target: target.id)
def test_an_implemented_target_has_a_part_written_by_hand(target: Target) -> None:
    file = DOCS / "targets" / "parts" / f"{target.id}.md"
    part = file.read_text("utf-8")
    assert tuple(title for title in headings(part) if title in BY_HAND) == BY_HAND
    assert part in page(target.id)


def test_no_part_is_left_over() -> None:
    parts = {file.stem for file in (DOCS / "targets" / "parts").iterdir()}
    assert parts == {target.id for target in IMPLEMENTED}


@pytest.mark.parametrize("target", IMPLEMENTED, ids=lambda target: target.id)
def test_the_page_of_an_implemented_target_has_all_of_its_definition(target: Target) -> None:
    text = page(target.id)
    assert f"{target.sql.rstrip()}\n" in blocks(text, "sql")
    told = [target.document, target.description, target.means, target.remedy, target.evidence]
    for name, kind in target.kinds.items():
        told += [f"`{name}`", kind.means, target.remedy_of(name)]
    told += [*target.settings, *target.not_evaluated_when.values(), target.applies_when]
    assert [one for one in told if one not in text] == []


def test_each_lint_of_auth_bypass_has_a_paragraph_with_a_remedy() -> None:
    parts = page("auth_bypass").split("\n### ")[1:]
    assert [part.partition("\n")[0] for part in parts] == list(TARGETS["auth_bypass"].kinds)
    assert [part for part in parts if "*Remedy*" not in part] == []


@pytest.mark.parametrize("target", IMPLEMENTED, ids=lambda target: target.id)
def test_every_setting_that_a_statement_reads_is_set_by_hand(target: Target) -> None:
    read = set(re.findall(r"current_setting\('(pgvitals\.\w+)'", measuring.statement(target)))
    setting = blocks(page(target.id), "sql")[-1]
    assert read <= set(re.findall(r"set local (pgvitals\.\w+) = ", setting))
    assert "pgvitals.api_roles = '{}'" in setting  # an array, as the statement casts it to one


def test_a_target_that_is_not_implemented_says_so_and_what_it_will_measure() -> None:
    for target in TARGETS.values():
        if not target.implemented:
            text = page(target.id)
            assert "**Not implemented yet.** What it will measure:" in text
            assert target.description in text
            assert blocks(text, "sql") == []


@pytest.mark.parametrize("name", MADE)
def test_links_resolve(name: str) -> None:
    text = MADE[name].read_text("utf-8")
    for link in set(links(MARKDOWN.parse(text))):
        path, _, anchor = link.partition("#")
        there = MADE[name].parent / path if path else MADE[name]
        assert there.is_file(), link
        assert not anchor or anchor in anchors(there.read_text("utf-8")), link


def test_the_configuration_has_every_model_once() -> None:
    found = headings((DOCS / "configuration.md").read_text("utf-8"))
    models = ("Config", "Scope", "Change", "Bar", "Kind", "Exemptions", "Exemption", "Requires")
    assert {name: found.count(name) for name in models} == dict.fromkeys(models, 1)


def test_the_families_of_targets_have_the_labels_that_the_page_names() -> None:
    row = Row("public", "orders", kind="owner")
    target = TARGETS["rls_coverage"]
    verdicts = [
        judge(target, "shop", seen, (), 20)._replace(evaluated_at=1.0)
        for seen in (Measurement(1, 1, (row,)), Measurement(0, 0))
    ]
    text = b"".join(exposition.page([[*map(scorecard.block, verdicts)]])).decode()
    labels = {
        family.name: set(family.samples[0].labels) - {"target", "datname"}
        for family in text_string_to_metric_families(text)
        if family.samples
    }
    assert labels.keys() == {described.name for described in scorecard.families()}
    page = (DOCS / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(pgvitals_(?:target|finding)_\w+)` \| gauge \| (.*?) \| ", page, re.M)
    assert {name: set(re.findall(r"`(\w+)`", cell)) for name, cell in rows} == labels


@pytest.mark.parametrize("of", reference.WRITTEN)
def test_a_schema_knows_every_key_of_a_file(of: str) -> None:
    schema = json.loads(json.dumps(reference.schema(of)))
    keys = {field.encode_name for field in msgspec.structs.fields(reference.WRITTEN[of])}
    assert schema["$defs"]["Definition"]["properties"].keys() == keys
    assert schema["$defs"]["Definition"]["additionalProperties"] is False
