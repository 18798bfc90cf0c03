"""The formats of `pgvitals check`: their texts to the letter, and any name in all of them."""

import io
import json
import re
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pgvitals.check import Report
from pgvitals.formats import FORMATS, as_markdown, as_text, wording
from pgvitals.outcome import Outcome
from pgvitals.target import Bar
from pgvitals.verdict import STATES, Measurement, judge
from unit.material import quick
from unit.reports import SHOP, TARGETS, any_report, checked, report, tables, whole

GOLDEN = Path(__file__).parent / "formats"
EXTENSIONS = {"text": "txt", "json": "json", "markdown": "md", "junit": "xml"}
COLOURS = re.compile(r"\x1b\[[\d;]*m")


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests' own terminal would have."""
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def text(of: Report) -> str:
    return as_text.render(of, io.StringIO())


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_rendered_to_the_letter(name: str) -> None:
    expected = (GOLDEN / f"shop.{EXTENSIONS[name]}").read_text("utf-8")
    with redirect_stdout(io.StringIO()):  # the text is made for it
        assert FORMATS[name](whole(SHOP)) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_of_nothing_is_rendered(name: str) -> None:
    assert FORMATS[name](report()).endswith("\n")


# Text


def test_what_a_proxy_did_not_find_is_not_called_met() -> None:
    line = next(li for li in text(whole(SHOP)).splitlines() if "sensitive data" in li)
    assert line.startswith("○ no findings ")
    assert "100% of 12 (needs 100%)" in line


@pytest.mark.parametrize(
    ("scope", "violations", "shown"),
    [
        (10_000, 4, "99.9% of 10000 (needs 100%)"),
        (10_000_000, 1, "99.9% of 10000000 (needs 100%)"),
        (10_000, 9_999, "0.01% of 10000 (needs 100%)"),
        (3, 3, "0% of 3 (needs 100%)"),
        (3, 1, "66.6% of 3 (needs 100%)"),
        (42, 0, "100% of 42 (needs 100%)"),
    ],
)
def test_a_share_is_never_rounded_up(scope: int, violations: int, shown: str) -> None:
    seen = checked("primary_keys", Measurement(scope, violations))
    assert wording.value(seen.verdict) == shown


@pytest.mark.parametrize(
    ("violations", "state", "shown"),
    [
        (44, "met", "99.956% of 100000 (needs 99.955% or more)"),
        (46, "unmet", "99.9% of 100000 (needs 99.955% or more)"),
    ],
)
def test_a_share_stands_to_the_threshold_as_the_verdict_says(
    violations: int, state: str, shown: str
) -> None:
    lower = msgspec.structs.replace(TARGETS["primary_keys"], bars={"shop": Bar(threshold=0.99955)})
    verdict = judge(lower, "shop", Measurement(100_000, violations), (), 20)
    assert (verdict.state, wording.value(verdict)) == (state, shown)


def test_times_are_shown_in_the_unit_of_the_threshold() -> None:
    shown = [
        wording.value(judge(TARGETS[name], "shop", Measurement(10**6, value), (), 20))
        for name, value in (("backup_verified", 93_601), ("detection_time", 200))
    ]
    assert shown == ["26 h (needs under 26 h)", "200 s (needs under 300 s)"]


def test_five_findings_are_shown_and_the_others_counted() -> None:
    seen = Measurement(90, 30, tables(*(f"t{n:02}" for n in range(30))))
    shown = text(report(checked("primary_keys", seen)))
    assert re.findall(r"public\.(\w+) has no primary key", shown) == [f"t0{n}" for n in range(5)]
    assert "and 25 more" in shown


def test_violations_are_shown_before_remarks() -> None:
    rows = (*tables(*(f"calm{n}" for n in range(9)), kind="no_policy"), *tables("open"))
    shown = text(report(checked("rls_coverage", Measurement(10, 1, rows))))
    assert shown.index("- public.open is open to the API") < shown.index(
        "note: public.calm0 has row"
    )


def test_exempted_findings_are_told() -> None:
    seen = Measurement(2, 1, tables("old"))
    shown = text(report(checked("primary_keys", seen, exempt=[("public", "old", "")])))
    assert "✓ met" in shown
    assert "not counted: 1 exempted finding\n" in shown


@pytest.mark.parametrize(
    ("said", "statement"),
    [
        ("permission denied for schema private", 'GRANT USAGE ON SCHEMA "private" TO "me";'),
        ('permission denied for schema a"b', 'GRANT USAGE ON SCHEMA "a""b" TO "me";'),
        ("permission denied for table orders", 'GRANT SELECT ON <schema>."orders" TO "me";'),
        ("permission denied for materialized view m", 'GRANT SELECT ON <schema>."m" TO "me";'),
        ("permission denied for function f", ""),
        ("permission denied for schema a\x1bb", ""),
        (f"permission denied for table {'x' * 64}", ""),
        ("keine Berechtigung für Schema privat", ""),
    ],
)
def test_a_refusal_comes_with_the_grant_that_would_change_it(said: str, statement: str) -> None:
    assert wording.grant(said, "me") == statement
    refused = checked("primary_keys", Outcome("skipped", "privilege", said))
    shown = " ".join(text(report(refused, role="me")).split())
    assert "why: the role me may not read what it needs" in shown
    assert f"the server said: {said.replace(chr(27), chr(92) + 'x1b')}" in shown
    assert ("do: GRANT" in shown) == bool(statement)


def test_several_databases_are_told_apart() -> None:
    shown = text(whole({"primary_keys": Measurement(1, 0)}, "shop", "stock"))
    assert "primary, 2 databases, seen as the role pgvitals" in shown
    assert "Integrity in shop\n✓ met" in shown
    assert "Integrity in stock\n✓ met" in shown


def test_a_standby_says_that_targets_are_judged_on_the_primary() -> None:
    shown = text(report(checked("primary_keys", Outcome("skipped", "role")), in_recovery=True))
    assert "standby, database shop" in shown
    assert "why: it is judged on the primary only" in shown


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    plain = text(whole(SHOP))
    assert not COLOURS.search(plain)
    assert "\x1b[31m✗ unmet" in (colourful := as_text.render(whole(SHOP), Terminal()))
    assert COLOURS.sub("", colourful).split() == plain.split()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in as_text.render(whole(SHOP), Terminal())


def test_a_narrow_terminal_has_no_room_for_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = as_text.render(whole(SHOP), Terminal())
    assert "█" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_server_that_says_nothing_but_spaces_is_quoted() -> None:
    shown = text(report(checked("primary_keys", Outcome("error", "XX000", "  "))))
    assert "the server said:" in shown


def test_a_stream_that_is_not_utf_8_gets_what_it_can_show() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    shown = as_text.render(
        report(checked("primary_keys", Measurement(2, 1, tables("größe")))), stream
    )
    assert shown.isascii()
    assert "! unmet" in shown
    assert "#####....." in shown
    assert "public.gr\\xf6\\xdfe has no primary key" in shown


@quick
@given(any_report)
def test_nothing_in_a_text_can_command_a_terminal(given_: Report) -> None:
    plain, colourful = text(given_), as_text.render(given_, Terminal())
    for shown in (plain, COLOURS.sub("", colourful)):
        assert [c for c in shown if not (c.isprintable() or c == "\n")] == []
    assert max(map(len, plain.splitlines())) <= as_text.WIDTH
    assert len(plain) < 1_000 + 6_000 * len(given_.checked)


# JSON


@quick
@given(any_report)
def test_json_says_everything(given_: Report) -> None:
    read = json.loads(FORMATS["json"](given_), parse_constant=pytest.fail)
    assert read["instance"]["server"] == given_.server
    assert read["summary"] == dict.fromkeys(STATES, 0) | given_.summary()
    for target, (verdict, _) in zip(read["targets"], given_.checked, strict=True):
        assert (target["id"], target["state"]) == (verdict.target.id, verdict.state)
        cluster = verdict.target.scope == "cluster"
        assert target["datname"] == (None if cluster else verdict.datname)
        named = [(f["schemaname"], f["object"], f["detail"]) for f in target["findings"]]
        assert named == [tuple(f[1:4]) for f in verdict.findings]


def test_json_has_times_with_their_zone_and_no_infinity() -> None:
    endless = msgspec.structs.replace(TARGETS["auth_bypass"], threshold=float("inf"))
    verdict = judge(endless, "shop", Measurement(1, 0), (), 20)._replace(evaluated_at=0.0)
    [target] = json.loads(
        FORMATS["json"](report(checked("auth_bypass", Measurement(1, 0))._replace(verdict=verdict)))
    )["targets"]
    assert target["threshold"] is None
    assert datetime.fromisoformat(target["evaluated_at"]).timestamp() == 0


# Markdown


def tokens(of: str) -> list[Token]:
    parsed = MarkdownIt("gfm-like", {"linkify": False}).parse(of)
    return [inner for token in parsed for inner in (token, *(token.children or ()))]


@quick
@given(any_report)
def test_a_name_stays_a_name_in_markdown(given_: Report) -> None:
    found = tokens(FORMATS["markdown"](given_))
    kinds = {token.type for token in found}
    assert kinds.isdisjoint({"html_inline", "html_block", "link_open", "image", "em_open"})
    cells = [token.type for token in found].count("td_open")
    assert cells == 5 * len(given_.checked)


def test_github_finds_no_link_in_prose() -> None:
    shown = as_markdown.prose("https://a.example www.b.example @c &lt; <d>\n# e")
    assert shown == r"https\://a.example www\.b.example \@c \&lt; \<d\>\\n# e"


def test_a_section_without_data_is_left_out() -> None:
    shown = FORMATS["markdown"](report(checked("primary_keys", Measurement(1, 0))))
    assert re.findall("^## (.*)$", shown, re.MULTILINE) == [
        "System State Verification",
        "Assessment",
        "Checklist",
    ]


# JUnit


@quick
@given(any_report)
def test_junit_is_xml_and_counts_what_it_has(given_: Report) -> None:
    root = ElementTree.fromstring(FORMATS["junit"](given_).encode())
    counts = given_.summary()
    assert len(root.findall(".//testcase")) == len(given_.checked) == int(root.attrib["tests"])
    assert len(root.findall(".//failure")) == counts["unmet"] == int(root.attrib["failures"])
    skipped = counts["not_evaluated"] + counts["not_applicable"]
    assert len(root.findall(".//skipped")) == skipped == int(root.attrib["skipped"])
    assert all(element.get("message") for element in root.findall(".//skipped"))
