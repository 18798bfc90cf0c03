"""Exemptions: what baseline writes is read again as it was, and what is wrong is refused with its place."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pgvitals import agenda, exemption
from pgvitals.document import Mistakes
from pgvitals.exemption import Exemption, Exemptions
from pgvitals.verdict import Finding
from unit.material import complaint, quick, some_text

TODAY = date(2026, 2, 28)
NAMES = tuple(agenda.shipped())
SPECIAL = """
    null Null ~ true False yes No on OFF y n 1 -1 1.0 1e3 1_000 0x10 0o17 010 .inf -.INF .nan 12:30:45
    2026-01-01 2026-01-01T00:00:00Z = << - -- --- ... ? : , [ ] { } [] {} # & * ! | > ' " % @ `
    !!python/object/apply:os.system &a *a !tag
"""
"""What YAML takes for something else than a text."""
HOSTILE = (
    *SPECIAL.split(),
    "",
    " ",
    " a ",
    "a: b",
    "a #b",
    "- a",
    "a\nb",
    "a\n\n b\n",
    "\n",
    "\t",
    "\r\n",
    "a\u0085b\u2028c\u2029d",
    "\ufeff",
    "\x01\x1b\x7f\x9f",
    '"; drop table x; --',
    "\U0001f418\u202e",
    "word " * 60,
    "x" * 5000,
    "\\n\\x00",
)
names = st.sampled_from(HOSTILE) | some_text
filled = names.filter(bool)
in_files = settings(quick, suppress_health_check=[HealthCheck.function_scoped_fixture])


def finding(datname: str, schemaname: str, object_: str, detail: str) -> Finding:
    return Finding(datname, schemaname, object_, detail, "", "fix", "database-architect")


found = st.tuples(st.sampled_from(NAMES), st.builds(finding, names, names, filled, names))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "exemptions.yaml"


@pytest.fixture
def refusal(file: Path) -> Callable[[str], str]:
    """What is said of a file's text, without its name."""

    def said(text: str) -> str:
        file.write_text(text, "utf-8")
        return complaint(lambda: exemption.load(file), Mistakes).replace(f"{file}:", "")

    return said


# What is written is read


@in_files
@given(found=st.lists(found, max_size=5), reason=filled, today=st.dates())
@example(found=[(NAMES[0], finding(n, n, n or "x", n)) for n in HOSTILE], reason="#", today=TODAY)
def test_a_baseline_excuses_its_findings_and_nothing_else(
    file: Path, found: list[tuple[str, Finding]], reason: str, today: date
) -> None:
    file.write_text(exemption.baseline(found, today, reason, Exemptions()), "utf-8")
    loaded = exemption.load(file)
    places = loaded.by_place()
    expected = {(name, f.datname, f.schemaname, f.object, f.detail) for name, f in found}
    assert {(*place, *key) for place, keys in places.items() for key in keys} == expected
    assert {(one.reason, one.date) for one in loaded.exemptions} <= {(reason, today)}


@in_files
@given(found=st.lists(found, max_size=3), more=st.lists(found, max_size=3))
def test_what_was_exempted_stays_as_it_was(
    file: Path, found: list[tuple[str, Finding]], more: list[tuple[str, Finding]]
) -> None:
    file.write_text(exemption.baseline(found, TODAY, "old", Exemptions()), "utf-8")
    kept = exemption.load(file)
    file.write_text(exemption.baseline(more, date(2027, 1, 1), "new", kept), "utf-8")
    loaded = exemption.load(file)
    assert loaded.exemptions[: len(kept.exemptions)] == kept.exemptions
    assert {one.reason for one in loaded.exemptions[len(kept.exemptions) :]} <= {"new"}


def test_a_baseline_of_nothing_is_a_file_of_nothing(file: Path) -> None:
    file.write_text(exemption.baseline([], TODAY, "x", Exemptions()), "utf-8")
    assert exemption.load(file) == Exemptions()


def test_two_findings_with_one_name_are_one_entry() -> None:
    twice = [(NAMES[0], finding("d", "s", "o", "")), (NAMES[0], finding("d", "s", "o", ""))]
    assert exemption.baseline(twice, TODAY, "x", Exemptions()).count("- target:") == 1


def test_a_baseline_is_for_people() -> None:
    text = exemption.baseline(
        [("fk_indexed", finding("d", "s", "größer", "k"))], TODAY, "why", Exemptions()
    )
    head, _, entries = text.partition("exemptions:\n")
    assert all(line.startswith("# ") for line in head.splitlines())
    assert entries.splitlines() == [
        "- target: fk_indexed",
        "  datname: d",
        "  schemaname: s",
        "  object: größer",
        "  reason: why",
        "  date: 2026-02-28",
        "  detail: k",
    ]


def test_places_are_targets_and_databases() -> None:
    def one(target: str, datname: str, object_: str) -> Exemption:
        return Exemption(target, datname, "s", object_, "why", TODAY, "k")

    entries = one("a", "x", "o"), one("a", "x", "p"), one("a", "y", "o"), one("b", "", "o")
    assert Exemptions(entries).by_place() == {
        ("a", "x"): {("s", "o", "k"), ("s", "p", "k")},
        ("a", "y"): {("s", "o", "k")},
        ("b", ""): {("s", "o", "k")},
    }


def test_a_file_with_comments_alone_excuses_nothing(file: Path) -> None:
    file.write_text("# none left\n")
    assert exemption.load(file).by_place() == {}


# What is wrong

ENTRY = {
    "target": "fk_indexed",
    "datname": "shop",
    "schemaname": "public",
    "object": "orders",
    "reason": "small",
    "date": "2026-01-31",
}


def text(**changes: str | None) -> str:
    """A file whose first entry is right, and the second changed; None leaves a key out."""
    wrong = [f"{key}: {value}" for key, value in (ENTRY | changes).items() if value is not None]
    right = [f"{key}: {value}" for key, value in ENTRY.items()]
    entries = ["- " + "\n  ".join(lines) for lines in (right, wrong)]
    return "\n".join(["exemptions:", *entries, ""])


def test_the_text_of_these_tests_is_right(refusal: Callable[[str], str]) -> None:
    assert refusal(text()) == ""
    assert refusal(text(datname="''", schemaname="''", detail="''")) == ""


@pytest.mark.parametrize("key", ENTRY)
def test_a_key_that_is_missing_is_named(key: str, refusal: Callable[[str], str]) -> None:
    said = refusal(text(**{key: None}))
    assert said == f"8: exemptions.1: found no key '{key}', expected it"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": "''"}, "12: exemptions.1.reason: found '', expected a text that is not empty"),
        ({"reason": "~"}, "12: exemptions.1.reason: found nothing, expected a text"),
        ({"object": "''"}, "11: exemptions.1.object: found '', expected a text that is not empty"),
        ({"object": "5"}, "11: exemptions.1.object: found 5, expected a text"),
        ({"datname": "off"}, "9: exemptions.1.datname: found False, expected a text"),
        ({"detail": "[a]"}, "14: exemptions.1.detail: found a list, expected a text"),
        (
            {"why": "x"},
            "14: exemptions.1.why: unknown key, expected one of target, datname, schemaname,",
        ),
        ({"date": "2026-02-30"}, "1: not YAML: day is out of range for month"),
        ({"date": "soon"}, "13: exemptions.1.date: found 'soon', expected"),
        ({"date": "20260131"}, "13: exemptions.1.date: found 20260131, expected"),
        ({"date": "'2026-02-30'"}, "13: exemptions.1.date: found '2026-02-30', expected"),
    ],
)
def test_a_wrong_entry_is_refused_with_line_path_found_and_expected(
    change: dict[str, str | None], said: str, refusal: Callable[[str], str]
) -> None:
    assert refusal(text(**change)).startswith(said)


def test_every_target_that_there_is_not_is_named(refusal: Callable[[str], str]) -> None:
    wrong = text(target="fk_index").replace("target: fk_indexed", "target: FK_INDEXED")
    known = f"expected one of {', '.join(NAMES)}"
    assert refusal(wrong).splitlines() == [
        f"2: exemptions.0.target: no target 'FK_INDEXED', {known}",
        f"8: exemptions.1.target: no target 'fk_index', {known}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exemptions: all\n", "1: exemptions: found 'all', expected a list"),
        ("exemption: []\n", "1: exemption: unknown key, expected one of exemptions"),
        ("- target: fk_indexed\n", "1: found a list, expected a mapping"),
        ("exemptions: [\n", "2: not YAML: did not find expected node content"),
    ],
)
def test_a_file_of_another_form_is_refused(
    text: str, said: str, refusal: Callable[[str], str]
) -> None:
    assert refusal(text) == said


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    said = complaint(lambda: exemption.load(file), Mistakes)
    assert said == f"{file}:1: cannot be read: No such file or directory"


def test_a_file_that_is_not_utf8_is_named(file: Path) -> None:
    file.write_bytes(b"exemptions: []\n# gr\xf6\xdfer\n")
    said = complaint(lambda: exemption.load(file), Mistakes)
    assert said == f"{file}:1: cannot be read: it is not UTF-8 text"
