"""Strict types: durations, and what msgspec says in the words of someone who writes YAML."""

import re

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgvitals.strict import Duration, decode, explain
from unit.material import any_text, complaint, quick


class Leaf(msgspec.Struct, forbid_unknown_fields=True):
    size: int = 0
    note: str | None = None


class Tree(msgspec.Struct, forbid_unknown_fields=True):
    leaves: dict[str, Leaf] = {}
    names: tuple[str, ...] = ()
    one: Leaf | str = ""
    maybe: Leaf | None = None


def explained(data: object) -> tuple[tuple[str | int, ...], str]:
    """Where data is wrong, and what is said."""
    try:
        msgspec.convert(data, Tree, dec_hook=decode)
    except msgspec.ValidationError as error:
        return explain(str(error), data, Tree)
    return (), ""


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        ({"leafs": {}}, ("leafs",), "unknown key, expected one of leaves, names, one, maybe"),
        ({"maybe": {"x": 1}}, ("maybe", "x"), "unknown key, expected one of size, note"),
        ({"leaves": []}, ("leaves",), "found a list, expected a mapping"),
        ({"leaves": None}, ("leaves",), "found nothing, expected a mapping"),
        ({"leaves": {1: {}}}, ("leaves", 1), "found the key 1, expected a text"),
        ({"names": "a"}, ("names",), "found 'a', expected a list"),
        ({"names": ["a", 2]}, ("names", 1), "found 2, expected a text"),
        (
            {"leaves": {"a": {}, "b": {"size": "1"}}},
            ("leaves", "b", "size"),
            "found '1', expected a whole number",
        ),
        (
            {"leaves": {"a": {"note": 3}}},
            ("leaves", "a", "note"),
            "found 3, expected a text",
        ),
        ({"leaves": {"a": 3}}, ("leaves", "a"), "found 3, expected a mapping with size, note"),
        ({"maybe": 3}, ("maybe",), "found 3, expected a mapping with size, note"),
    ],
)
def test_a_wrong_type_is_told_in_the_words_of_yaml(
    data: object, where: tuple[str | int, ...], said: str
) -> None:
    assert explained(data) == (where, said)


def test_all_that_may_stand_there_is_listed() -> None:
    assert explained({"one": 3}) == (
        ("one",),
        "found 3, expected a text or a mapping with size, note",
    )


def test_what_is_found_keeps_backticks_out_of_the_message() -> None:
    assert "`" not in explained({"leaves": {"a": {"size": "`"}}})[1]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("15s", 15),
        ("10m", 600),
        ("1h30m", 5400),
        ("1d", 86400),
        ("2h0m1s", 7201),
        ("007s", 7),
        ("0s", 0),
    ],
)
def test_a_duration_is_read_as_prometheus_reads_it(text: str, seconds: float) -> None:
    assert Duration.parse(text) == seconds


parts = st.tuples(st.integers(0, 10_000), st.sampled_from(["ms", "s", "m", "h", "d"]))


@quick
@given(st.lists(parts, min_size=1, max_size=5))
def test_the_parts_of_a_duration_add_up(written: list[tuple[int, str]]) -> None:
    milliseconds = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
    text = "".join(f"{number}{unit}" for number, unit in written)
    total = sum(number * milliseconds[unit] for number, unit in written)
    assert Duration.parse(text) == pytest.approx(total / 1000)


@quick
@given(st.one_of(any_text, st.integers(), st.floats(), st.none(), st.booleans()))
@example("")
@example("15")
@example("-5s")
@example("1.5s")
@example("1w")
@example(" 1s")
@example("1s\n")
@example("1 s")
@example("1S")
def test_what_is_no_duration_is_refused_with_what_was_expected(value: object) -> None:
    if said := complaint(lambda: Duration.parse(value)):
        assert said == "Expected a duration such as 500ms, 15s, 10m or 1h30m"
    else:
        assert re.fullmatch(r"([0-9]+(ms|[smhd]))+", str(value))
        assert Duration.parse(value) >= 0


@pytest.mark.parametrize("text", ["9" * 309 + "s", "9" * 5000 + "s"])
def test_a_duration_beyond_all_numbers_is_refused_like_others(text: str) -> None:
    with pytest.raises(ValueError, match="Expected a duration"):
        Duration.parse(text)


def test_a_duration_has_plain_digits() -> None:
    with pytest.raises(ValueError, match="Expected a duration"):
        Duration.parse("\u0661\u0665s")


def test_only_known_types_are_decoded() -> None:
    with pytest.raises(NotImplementedError, match="no way to read a complex"):
        decode(complex, "1")
