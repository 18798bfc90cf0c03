"""Exposition: pages that every scraper reads."""

import re
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pgvitals import sample
from pgvitals.block import Writer
from pgvitals.exposition import Block, Family, braces, header, page, samples
from unit.material import GAUGE, INT8, TEXT, any_text, query, quick, result, table


def text_of(blocks_of_queries: Sequence[Sequence[Block]]) -> str:
    return b"".join(page(blocks_of_queries)).decode()


def family(name: str, body: str, help_: str = "H.") -> Family:
    return Family(name, header(name, "gauge", help_), body.encode())


@quick
@given(any_text)
@example("")
@example(" \n ")
@example("\\n")
@example('a "quoted" \\ text\nof two lines')
def test_a_help_text_comes_back_as_it_was_but_for_outer_space(help_: str) -> None:
    written = header("pg_x", "gauge", help_).decode() + "pg_x 1\n"
    assert written.count("\n") == 3
    (read,) = text_string_to_metric_families(written)
    assert read.documentation == re.sub(r"\A[^\S\n]+|[^\S\n]+\Z", "", help_)
    assert (read.name, read.type) == ("pg_x", "gauge")


def test_a_sample_without_a_value_has_no_line() -> None:
    assert samples("pg_x", ['{a="1"}', "", '{a="2"}'], ["5", None, "6"]) == (
        b'pg_x{a="1"} 5\npg_x{a="2"} 6\n',
        2,
    )


def test_braces_stand_only_around_something() -> None:
    assert (braces([]), braces(['a="1"']), braces(['a="1"', 'b="2"'])) == (
        *("", '{a="1"}', '{a="1",b="2"}'),
    )


def test_the_databases_of_a_query_share_one_header_per_family() -> None:
    one = (family("pg_a", 'pg_a{d="1"} 1\n'), family("pg_b", 'pg_b{d="1"} 1\n'))
    two = (family("pg_a", 'pg_a{d="2"} 2\n'), family("pg_b", 'pg_b{d="2"} 2\n'))
    assert text_of([[one, two]]) == (
        '# HELP pg_a H.\n# TYPE pg_a gauge\npg_a{d="1"} 1\npg_a{d="2"} 2\n'
        '# HELP pg_b H.\n# TYPE pg_b gauge\npg_b{d="1"} 1\npg_b{d="2"} 2\n'
    )


def test_a_family_without_samples_is_not_on_the_page() -> None:
    assert page([[(family("pg_a", ""),)], [], [()]]) == []


def test_a_family_that_is_empty_in_the_first_database_has_its_header_all_the_same() -> None:
    first, second = (family("pg_a", ""),), (family("pg_a", "pg_a 1\n"),)
    assert text_of([[first, second]]) == "# HELP pg_a H.\n# TYPE pg_a gauge\npg_a 1\n"


def test_a_page_is_made_of_the_blocks_themselves() -> None:
    block = (family("pg_a", "pg_a 1\n"),)
    assert all(b is ours for b, ours in zip(page([[block]]), block[0][1:], strict=True))


clean_text = any_text.map(lambda text: text.replace("\0", ""))
rows = st.dictionaries(clean_text, st.one_of(st.none(), st.integers(-9, 9)), max_size=3)
databases = st.dictionaries(clean_text, rows, max_size=2)
Found = dict[str, dict[str, int | None]]


def block_of(families: list[str], database: str, found: dict[str, int | None]) -> Block:
    """What a collector makes of rows with one label and one value."""
    made = query(metrics=dict.fromkeys(families, GAUGE), labels={"a": "A"})
    content = ((a, None if n is None else str(n)) for a, n in found.items())
    whole = table(made, result({"a": TEXT, "n": INT8}, *content))
    first = sample.label("datname", database)
    labels = [braces([first, sample.label("a", a)]) for a in whole.column("a").cells()]
    return Writer(made).write(whole, labels).block


@quick
@given(st.lists(databases, max_size=2), st.integers(1, 2))
def test_any_page_is_read_whole_and_each_family_stands_in_one_place(
    queries: list[Found], families: int
) -> None:
    names = [[f"pg_{number}_{i}" for i in range(families)] for number in range(len(queries))]
    text = text_of(
        [
            [block_of(of, database, rows) for database, rows in found.items()]
            for of, found in zip(names, queries, strict=True)
        ]
    )
    expected = {
        name: {(d, a): n for d, rows in found.items() for a, n in rows.items() if n is not None}
        for of, found in zip(names, queries, strict=True)
        for name in of
    }
    read = {
        family.name: {(s.labels["datname"], s.labels["a"]): s.value for s in family.samples}
        for family in text_string_to_metric_families(text)
    }
    assert read == {name: found for name, found in expected.items() if found}
    words = [line.split(" ")[:3] for line in text.split("\n") if line.startswith("# ")]
    assert words == [["#", word, name] for name in read for word in ("HELP", "TYPE")]
