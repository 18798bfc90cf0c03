"""Documents: strict, and clear about what is wrong and where."""

from pathlib import Path
from typing import Literal

import msgspec
import pytest

from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.strict import Duration
from unit.material import complaint

FILE = Path("q.yaml")


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    size: int
    kind: Literal["round", "square"] = "round"


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    inners: dict[str, Inner] = {}
    row: tuple[Inner, ...] = ()
    maybe: Inner | None = None
    wait: Duration = Duration(1)


def wrong(text: str, type_: type = Outer) -> list[str]:
    """What is said about a text, without the name of the file."""
    with pytest.raises(Mistakes) as raised:
        Document(FILE, text).read(type_)
    return [str(mistake).removeprefix("q.yaml:") for mistake in raised.value.mistakes]


def test_a_mistake_reads_as_compilers_write_them() -> None:
    assert str(Mistake("a/b.yaml", 3, "x.y", "found 1, expected 2")) == (
        "a/b.yaml:3: x.y: found 1, expected 2"
    )


def test_a_mistake_in_no_particular_place_has_no_path() -> None:
    assert str(Mistake("b.yaml", 1, "", "found nothing")) == "b.yaml:1: found nothing"


def test_mistakes_are_told_one_a_line_in_file_order() -> None:
    both = [Mistake("a", 1, "x", "one"), Mistake("b", 2, "y", "two")]
    assert str(Mistakes(both)) == "a:1: x: one\nb:2: y: two"
    assert Mistakes(both).mistakes == both


def test_a_document_gives_its_data() -> None:
    document = Document(FILE, "name: x\ninners: {a: {size: 1}}\n")
    assert document.data == {"name": "x", "inners": {"a": {"size": 1}}}
    assert document.read(Outer) == Outer("x", {"a": Inner(1)})


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert Document(FILE, "").read(Outer) == Outer()


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert Document(FILE, "\ufeffname: x\n").data == {"name": "x"}


def test_a_file_that_is_not_there_is_a_mistake_in_that_file(tmp_path: Path) -> None:
    file = tmp_path / "absent.yaml"
    with pytest.raises(Mistakes) as raised:
        Document.open(file)
    assert str(raised.value) == f"{file}:1: cannot be read: No such file or directory"


def test_a_directory_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r":1: cannot be read: Is a directory$"):
        Document.open(tmp_path)


def test_the_key_of_a_mapping_that_is_wrong_is_found_among_right_ones() -> None:
    text = "inners:\n  a: {size: 1}\n  b: {size: 2}\n  c: {size: x}\n  d: {size: 4}\n"
    assert wrong(text) == ["4: inners.c.size: found 'x', expected a whole number"]


def test_the_item_of_a_list_that_is_wrong_has_its_own_line_and_number() -> None:
    text = "row:\n  - size: 1\n  - size: 2\n    kind: oval\n"
    assert wrong(text) == ["4: row.1.kind: found 'oval', expected one of 'round', 'square'"]


def test_a_missing_key_is_told_where_it_should_stand() -> None:
    assert wrong("name: x\ninners:\n  a: {size: 1}\n  b: {kind: round}\n") == [
        "4: inners.b: found no key 'size', expected it"
    ]


def test_a_long_value_is_cut_in_the_message() -> None:
    (said,) = wrong("wait: " + "x" * 5000)
    assert len(said) < 250
    assert said.endswith("expected a duration such as 500ms, 15s, 10m or 1h30m")


def test_every_duplicate_key_is_reported_at_once() -> None:
    assert wrong("name: a\nwait: 1s\nname: b\nwait: 2s\n") == [
        "3: name: found again, it stands in line 1 already; expected once",
        "4: wait: found again, it stands in line 2 already; expected once",
    ]


def test_the_same_key_in_different_mappings_is_no_duplicate() -> None:
    Document(FILE, "inners: {a: {size: 1}, b: {size: 1}}\nname: size\n").read(Outer)


def test_merged_keys_of_yaml_may_be_replaced() -> None:
    document = Document(FILE, "inners:\n  a: &a {size: 1}\n  b: {<<: *a, kind: square}\n")
    assert document.read(Outer).inners["b"] == Inner(1, "square")


def test_a_mistake_below_a_known_key_has_the_line_of_that_key() -> None:
    document = Document(FILE, "name: x\ninners:\n  a: {size: 1}\n")
    assert document.mistake(("inners", "a", "colour"), "found none").line == 3
    assert document.mistake(("nothing",), "found none").line == 1


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a {b: *a}\n", "[" * 2000 + "]" * 2000])
def test_a_document_without_end_is_a_mistake(text: str) -> None:
    # Not by pytest.raises: it would look at all of the endless traceback.
    assert "not YAML" in complaint(lambda: Document(FILE, text), (Mistakes, RecursionError))


@pytest.mark.parametrize("text", ["name: a\x01b\n", "name: a\0b\n"])
def test_a_control_character_is_told_in_one_line_with_its_place(text: str) -> None:
    (said,) = wrong("# first line\n" + text)
    assert said.startswith("2: not YAML: ")
    assert "\n" not in said


def test_a_number_written_in_two_ways_is_a_duplicate() -> None:
    assert wrong("13: a\n0xd: b\n")[0].startswith("2: 13: found again")
