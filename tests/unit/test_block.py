"""Blocks: the rows of one collector as text."""

from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from pgvitals.block import MOST_BUCKETS, Rendered, Writer
from pgvitals.courtesy import Courtesy
from pgvitals.exposition import page
from pgvitals.session import CHUNK_ROWS
from unit.material import FLOAT8, GAUGE, INT8, NUMERIC, TEXT, Rows, query, result, table

FLOAT8S, INT8S = 1022, 1016
HISTOGRAM = {
    "type": "histogram",
    "help": "Waiting.",
    "bounds": "bounds",
    "buckets": "buckets",
    "sum": "total",
    "count": "count",
}
PARTS = {"bounds": FLOAT8S, "buckets": INT8S, "total": FLOAT8, "count": INT8}
SOURCE = {"prefix": "pg_s_", "name": "name", "value": "value", "help": "help"}
NAMED = {"name": TEXT, "value": NUMERIC, "help": TEXT}


def block(rows: Rows, labels: list[str] | None = None, **changes: Any) -> Rendered:
    made = query(**changes)
    return Writer(made).write(table(made, rows), labels or [""] * rows.size)


def text(rendered: Rendered) -> str:
    return b"".join(page([[rendered.block]])).decode()


def read(rendered: Rendered) -> list[Metric]:
    return list(text_string_to_metric_families(text(rendered)))


def test_each_family_has_help_type_and_a_line_a_row() -> None:
    metrics = {"pg_n": GAUGE, "pg_m_total": {"column": "m", "type": "counter", "help": "M."}}
    rows = result({"n": INT8, "m": INT8}, ("1", "2"), ("3", None))
    made = block(rows, ['{a="x"}', '{a="y"}'], metrics=metrics)
    assert text(made) == (
        '# HELP pg_n H.\n# TYPE pg_n gauge\npg_n{a="x"} 1\npg_n{a="y"} 3\n'
        '# HELP pg_m_total M.\n# TYPE pg_m_total counter\npg_m_total{a="x"} 2\n'
    )
    assert (made.series, made.lost) == (3, 0)


def test_values_that_cannot_be_held_are_counted_over_all_families() -> None:
    metrics = {"pg_n": GAUGE, "pg_m": {**GAUGE, "column": "m"}}
    made = block(result({"n": NUMERIC, "m": TEXT}, ("1e999", "x"), ("1", "y")), metrics=metrics)
    assert (made.series, made.lost) == (1, 3)


@pytest.mark.parametrize("size", [CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 2 * CHUNK_ROWS + 7])
def test_of_many_rows_none_is_lost_where_the_writing_pauses(size: int) -> None:
    values = [None if row % 7 == 3 else str(row) for row in range(size)]
    made = block(
        result({"n": INT8}, *zip(values, strict=True)), [f'{{a="{r}"}}' for r in range(size)]
    )
    shown = [(r, value) for r, value in enumerate(values) if value is not None]
    lines = "".join(f'pg_x{{a="{row}"}} {value}\n' for row, value in shown)
    assert text(made) == f"# HELP pg_x H.\n# TYPE pg_x gauge\n{lines}"
    assert (made.series, made.lost) == (len(shown), 0)


def test_who_writes_much_steps_aside_while_a_scrape_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(Courtesy, "step_aside", lambda _: asked.append(True))
    size = 5 * CHUNK_ROWS
    block(result({"n": INT8}, *[("1",)] * size), [f'{{a="{row}"}}' for row in range(size)])
    assert len(asked) >= 5


def test_without_rows_there_is_no_family_on_the_page() -> None:
    made = block(result({"n": INT8}))
    assert (made.series, made.lost, text(made)) == (0, 0, "")


def histogram(*rows: tuple[str | None, ...], labels: list[str] | None = None) -> Rendered:
    return block(result(PARTS, *rows), labels, metrics={"pg_h": HISTOGRAM})


def test_a_histogram_is_written_as_prometheus_defines_it() -> None:
    made = histogram(("{0.1,1}", "{2,5}", "7.5", "9"), labels=['{a="x"}'])
    assert text(made) == (
        "# HELP pg_h Waiting.\n# TYPE pg_h histogram\n"
        'pg_h_bucket{a="x",le="0.1"} 2\npg_h_bucket{a="x",le="1"} 5\n'
        'pg_h_bucket{a="x",le="+Inf"} 9\npg_h_sum{a="x"} 7.5\npg_h_count{a="x"} 9\n'
    )
    assert (made.series, made.lost) == (5, 0)


def test_a_histogram_without_labels_is_read_by_a_scraper() -> None:
    (family,) = read(histogram(("{1}", "{2}", "3", "4")))
    assert family.type == "histogram"
    assert [(s.name, s.labels, s.value) for s in family.samples] == [
        ("pg_h_bucket", {"le": "1"}, 2),
        ("pg_h_bucket", {"le": "+Inf"}, 4),
        ("pg_h_sum", {}, 3),
        ("pg_h_count", {}, 4),
    ]


def test_a_histogram_without_bounds_has_the_last_bucket() -> None:
    assert histogram(("{}", "{}", "0", "0")).series == 3


@pytest.mark.parametrize(
    "row",
    [
        ("{1,2}", "{1}", "1", "1"),
        ("{1,x}", "{1,2}", "1", "1"),
        ("{1,NULL}", "{1,2}", "1", "1"),
        ("{1}", "{1}", "x", "1"),
        ("{1}", "{1}", "", "1"),
        ("{1}", "{1}", "1e999", "1"),
        ("{{1,2},{3,4}}", "{{1,2},{3,4}}", "1", "1"),
    ],
)
def test_a_histogram_whose_parts_do_not_fit_is_lost_alone(row: tuple[str, ...]) -> None:
    good = ("{1}", "{1}", "1", "1")
    made = histogram(row, good, labels=['{a="bad"}', '{a="good"}'])
    assert (made.series, made.lost) == (4, 1)
    assert "bad" not in text(made)


def test_a_histogram_has_a_limit_of_buckets() -> None:
    def row(buckets: int) -> tuple[str, ...]:
        array = "{" + ",".join(map(str, range(buckets))) + "}"
        return (array, array, "1", "1")

    assert histogram(row(MOST_BUCKETS)).series == MOST_BUCKETS + 3
    assert histogram(row(MOST_BUCKETS + 1)) == histogram()._replace(lost=1)


@pytest.mark.parametrize("missing", range(4))
def test_a_histogram_that_is_null_in_any_part_is_no_sample_and_not_lost(missing: int) -> None:
    row: list[str | None] = ["{1}", "{1}", "1", "1"]
    row[missing] = None
    made = histogram(tuple(row))
    assert (made.series, made.lost) == (0, 0)


@pytest.mark.parametrize("bounds", ["{1,Infinity}", "{1,1}", "{NaN,1}", "{2,1}"])
def test_bounds_that_do_not_rise_to_a_finite_end_are_lost(bounds: str) -> None:
    assert histogram((bounds, "{1,2}", "1", "2")).lost == 1


def families(*rows: tuple[str | None, ...]) -> Rendered:
    return block(result(NAMED, *rows), metrics=None, families_from=SOURCE)


def test_each_row_can_be_a_family() -> None:
    made = families(("a_bytes", "1", "A."), ("b", "2.5", "B\nb."))
    assert text(made) == (
        "# HELP pg_s_a_bytes A.\n# TYPE pg_s_a_bytes gauge\npg_s_a_bytes 1\n"
        "# HELP pg_s_b B\\nb.\n# TYPE pg_s_b gauge\npg_s_b 2.5\n"
    )
    assert (made.series, made.lost) == (2, 0)


@pytest.mark.parametrize("name", ["a-b", "a b", "a\n", "ä", "a{x}", "a.b"])
def test_a_name_that_prometheus_does_not_allow_is_lost_alone(name: str) -> None:
    made = families((name, "1", "A."), ("good", "1", "G."))
    assert [family.name for family in made.block] == ["pg_s_good"]
    assert (made.series, made.lost) == (1, 1)


def test_of_two_rows_of_one_name_the_first_stays() -> None:
    made = families(("a", "1", "A."), ("a", "2", "B."))
    assert [family.body for family in made.block] == [b"pg_s_a 1\n"]
    assert made.lost == 1


def test_a_row_without_a_usable_value_is_lost() -> None:
    made = families(("a", "x", "A."), ("b", "1", None))
    assert [family.name for family in made.block] == ["pg_s_b"]
    assert made.lost == 1


def test_a_null_value_of_a_row_is_no_sample_and_not_lost() -> None:
    assert families(("a", None, "A.")).lost == 0


# What is written again


def written(*contents: list[tuple[str | None, str | None]], **changes: Any) -> list[Rendered]:
    """What one writer makes of one result after the other; the rows stay who they are."""
    metrics = {"pg_n": GAUGE, "pg_m": {**GAUGE, "column": "m"}}
    made = query(**{"metrics": metrics, **changes})
    writer, labels = Writer(made), ['{a="x"}', '{a="y"}']
    tables = (table(made, result({"n": NUMERIC, "m": NUMERIC}, *rows)) for rows in contents)
    return [writer.write(each, labels) for each in tables]


def test_a_family_whose_values_are_the_same_is_the_same_text() -> None:
    first, second = written([("1", "2"), ("3", None)], [("1", "2"), ("4", None)])
    assert second.block[1] is first.block[1]
    assert text(second) == text(first).replace('pg_n{a="y"} 3', 'pg_n{a="y"} 4')
    assert (second.series, second.lost) == (3, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([("1", "2"), (None, "3")], [(None, "2"), ("1", "3")]),
        ([("1", "0"), ("23", "0")], [("12", "0"), ("3", "0")]),
        ([(None, "0"), (None, "0")], [("1", "0"), (None, "0")]),
        ([("1e999", "0"), ("1", "0")], [(None, "0"), ("1", "0")]),
    ],
)
def test_other_values_are_other_text(
    before: list[tuple[str | None, str | None]], after: list[tuple[str | None, str | None]]
) -> None:
    _, second = written(before, after)
    (alone,) = written(after)
    assert (text(second), second.series, second.lost) == (text(alone), alone.series, alone.lost)


def test_what_is_lost_is_counted_anew_where_the_text_stays() -> None:
    first, second = written([("1", "1e999"), ("2", None)], [("1", None), ("2", None)])
    assert (first.lost, second.lost) == (1, 0)
    assert second.block[1] is first.block[1]


def test_other_labels_are_other_text() -> None:
    made = query()
    writer, whole = Writer(made), table(made, result({"n": INT8}, ("1",)))
    assert "x" in text(writer.write(whole, ['{a="x"}']))
    assert "y" in text(writer.write(whole, ['{a="y"}']))


def test_histograms_are_written_anew() -> None:
    made = query(metrics={"pg_h": HISTOGRAM})
    writer, labels = Writer(made), [""]
    for count in ("3", "5"):
        rows = result(PARTS, ("{1}", "{2}", "4", count))
        assert f"pg_h_count {count}" in text(writer.write(table(made, rows), labels))


def test_rows_that_stay_as_they_are_stay_written() -> None:
    made = query(metrics=None, families_from=SOURCE)
    writer = Writer(made)

    def written(*rows: tuple[str | None, ...]) -> Rendered:
        return writer.write(table(made, result(NAMED, *rows)), [])

    first = written(("a", "1", "A."), ("b", "x", "B."))
    assert written(("a", "1", "A."), ("b", "x", "B.")) is first
    for changed in (("a", "2", "A."), ("a", "1", "B."), ("c", "1", "A.")):
        assert text(written(changed)) == text(families(changed))
