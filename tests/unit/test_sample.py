"""From PostgreSQL's text to Prometheus' text: nothing that would cost a scrape, nothing that lies."""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pgvitals.sample import LABEL_LENGTH, Cell, label, numbers, values
from unit.material import BOOL, FLOAT8, INTERVAL, NUMERIC, TEXT, TIMESTAMPTZ, any_text, quick

WRITTEN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]Inf|NaN", re.ASCII)
"""What Prometheus reads as a value: its parser refuses `1_000` and `+NaN`, and the page with them."""

DATE, TIMESTAMP, FLOAT4, XID8 = 1082, 1114, 700, 5069


def one(cell: Cell, oid: int) -> Cell:
    (written,) = values([cell], oid)
    return written


def readable(written: str) -> bool:
    """Whether Prometheus takes it: of its form, and not beyond a float (Go's ErrRange)."""
    return bool(WRITTEN.fullmatch(written)) and ("Inf" in written or not math.isinf(float(written)))


def label_read(pair: str) -> dict[str, str]:
    """The labels of a line with this pair, as a scraper reads them."""
    ((sample,),) = [f.samples for f in text_string_to_metric_families(f"pg_x{{{pair}}} 1\n")]
    return dict(sample.labels)


@quick
@given(any_text)
@example("")
@example('"')
@example("\\")
@example("\\n")
@example('a\\"b\n\\')
@example("},{=,\r\t\u2028\x85")
@example("\U0001f418 größer")
@example("x" * LABEL_LENGTH + "y")
@example("\\" * (LABEL_LENGTH + 1))
def test_a_label_value_comes_back_as_it_was(text: str) -> None:
    assert label_read(label("a", text)) == {"a": text[:LABEL_LENGTH].replace("\0", "")}


def test_a_label_is_cut_before_it_is_escaped() -> None:
    assert label("a", "\\" * 2000) == 'a="' + "\\\\" * LABEL_LENGTH + '"'


def test_a_null_label_is_empty() -> None:
    assert label("a", None) == 'a=""'


def test_a_label_is_one_line_whatever_it_holds() -> None:
    assert "\n" not in label("a", "one\ntwo\n")
    assert "\0" not in label("a", "a\0b")


oids = st.sampled_from([TEXT, FLOAT8, FLOAT4, NUMERIC, TIMESTAMPTZ, INTERVAL, DATE, 0, 99999])


@quick
@given(st.integers(), st.sampled_from([TEXT, NUMERIC]))
@example(10**308, NUMERIC)
@example(10**309, NUMERIC)
@example(-(10**5000), NUMERIC)
def test_a_whole_number_keeps_its_digits_or_is_dropped_beyond_a_float(
    number: int, oid: int
) -> None:
    digits = "1" + "0" * 5000 if number == -(10**5000) else str(number)
    written = one(digits, oid)
    assert written == (digits if abs(number) < 1.7976931348623158e308 else None)


@quick
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_of_any_length_is_readable_and_exact(number: object) -> None:
    digits = f"{number:f}"
    if (written := one(digits, NUMERIC)) is not None:
        assert written == digits
        assert readable(written)
    else:
        assert math.isinf(float(digits))


def test_a_numeric_longer_than_a_float_is_dropped_and_not_infinite() -> None:
    assert values(["1" + "0" * 400, "1", "-1" + "0" * 131_071], NUMERIC) == [None, "1", None]


def test_a_numeric_with_many_decimals_stays() -> None:
    digits = "0." + "0" * 400 + "1"
    assert one(digits, NUMERIC) == digits


@quick
@given(st.floats(), st.sampled_from([FLOAT4, FLOAT8]))
def test_a_float_comes_back_as_it_was(number: float, oid: int) -> None:
    special = {math.inf: "Infinity", -math.inf: "-Infinity"}
    text = "NaN" if math.isnan(number) else special.get(number, repr(number))
    written = one(text, oid)
    assert written is not None
    assert readable(written)
    assert float(written) == number or math.isnan(number)


@pytest.mark.parametrize(
    ("text", "expected"), [("NaN", "NaN"), ("Infinity", "+Inf"), ("-Infinity", "-Inf")]
)
@pytest.mark.parametrize("oid", [FLOAT4, FLOAT8, NUMERIC])
def test_special_numbers_are_spelled_as_prometheus_does(text: str, expected: str, oid: int) -> None:
    assert one(text, oid) == expected


@pytest.mark.parametrize("oid", [20, 21, 23, 26, 28, XID8])
def test_whole_types_are_passed_on_as_they_came(oid: int) -> None:
    column = ["0", "-9223372036854775808", None, "18446744073709551615"]
    assert values(column, oid) is column


@quick
@given(
    st.lists(st.one_of(st.none(), st.text("0123456789.eE+-", max_size=8), any_text), max_size=5),
    oids,
)
@example(["infinity", "-infinity"], NUMERIC)
@example(["inf", "Inf", "-inf", "INFINITY", "1e309", "-1e309"], TEXT)
@example(["0x1p4", "1d", "1,5", "--1", "1e", ".", "", " ", "on"], TEXT)
def test_a_column_keeps_its_length_and_its_nulls(column: list[Cell], oid: int) -> None:
    written = values(column, oid)
    assert len(written) == len(column)
    assert all(w is None for c, w in zip(column, written, strict=True) if c is None)


@quick
@given(st.text("0123456789.eE+-", max_size=8))
@example("inf")
@example("Inf")
@example("1e309")
@example("1e-999")
@example("0x10")
@example("1,5")
def test_text_that_is_a_number_is_readable_and_other_text_is_dropped(text: str) -> None:
    written = one(text, TEXT)
    if written is None:
        assert not readable(text)
    else:
        assert readable(written)
        assert float(written) == float(text)


@pytest.mark.parametrize("text", ["1_000", "+nan", "-nan", "+NaN", "\u0661\u0662", "\uff11"])
def test_text_that_only_python_takes_for_a_number_is_dropped(text: str) -> None:
    assert one(text, TEXT) is None


@quick
@given(any_text, st.sampled_from([TEXT, NUMERIC, 99999]))
def test_no_text_makes_more_than_one_word(text: str, oid: int) -> None:
    written = one(text, oid)
    assert written is None or written.split() == [written]


def test_spaces_around_a_number_are_left_out() -> None:
    assert one(" 12.5\t", TEXT) == "12.5"


def test_true_is_one_and_false_is_zero() -> None:
    assert values(["t", "f", None], BOOL) == ["1", "0", None]


moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
offsets = st.integers(-15 * 3600 - 59 * 60, 15 * 3600 + 59 * 60)


def as_postgres(moment: datetime) -> str:
    """ISO style: the fraction without trailing zeros, the zone as short as it can be."""
    text = moment.strftime("%H:%M:%S")
    text = f"{moment.year:04}-{moment.month:02}-{moment.day:02} {text}"
    return text + (f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else "")


def zone(seconds: int) -> str:
    sign, rest = "-" if seconds < 0 else "+", abs(seconds)
    text = f"{sign}{rest // 3600:02}"
    if rest % 3600:
        text += f":{rest % 3600 // 60:02}"
    return text + (f":{rest % 60:02}" if rest % 60 else "")


@quick
@given(moments, offsets)
@example(datetime(2024, 5, 1, 12, 0, 0, 120_000), 0)
@example(datetime(2024, 5, 1, 12, 0, 0, 123_450), 7200)
@example(datetime(1890, 1, 1), 53 * 60 + 28)
def test_a_moment_with_a_zone_is_its_unix_time(moment: datetime, seconds: int) -> None:
    written = one(as_postgres(moment) + zone(seconds), TIMESTAMPTZ)
    expected = moment.replace(tzinfo=timezone(timedelta(seconds=seconds)))
    assert written is not None
    assert readable(written)
    assert float(written) == pytest.approx(expected.timestamp(), abs=1e-5)


@quick
@given(moments)
def test_a_moment_without_a_zone_is_utc(moment: datetime) -> None:
    written = one(as_postgres(moment), TIMESTAMP)
    assert written is not None
    assert float(written) == pytest.approx(moment.replace(tzinfo=UTC).timestamp(), abs=1e-5)


@quick
@given(st.dates())
def test_a_day_begins_at_midnight_utc(day: date) -> None:
    written = one(day.isoformat(), DATE)
    expected = (day - date(1970, 1, 1)).days * 86400
    assert written is not None
    assert float(written) == expected


@pytest.mark.parametrize(
    "text",
    ["0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00", "294276-12-31", "4713-01-01 BC"],
)
def test_a_moment_that_cannot_be_held_is_dropped(text: str) -> None:
    assert one(text, TIMESTAMPTZ) is None


@pytest.mark.parametrize("oid", [DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL])
def test_time_without_end_is_infinite(oid: int) -> None:
    assert values(["infinity", "-infinity"], oid) == ["+Inf", "-Inf"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:00", 0),
        ("00:00:00.000001", 1e-6),
        ("-00:00:01.5", -1.5),
        ("838:59:59", 3_020_399),
        ("1 day", 86400),
        ("1 day 02:03:04", 93784),
        ("-1 days", -86400),
        ("1 mon", 2_592_000),
        ("1 year", 31_557_600),
        ("1 year 2 mons 3 days 04:05:06.789", 31_557_600 + 5_184_000 + 259_200 + 14706.789),
        ("-1 years -2 mons +3 days -04:05:06", -31_557_600 - 5_184_000 + 259_200 - 14706),
        ("1 mon -1 days", 2_505_600),
        ("-1 days +02:03:00", -79_020),
        ("1 year 00:00:01", 31_557_601),
    ],
)
def test_an_interval_is_as_long_as_extract_epoch_says(text: str, seconds: float) -> None:
    written = one(text, INTERVAL)
    assert written is not None
    assert float(written) == pytest.approx(seconds)


months, days = st.integers(-2000, 2000), st.integers(-100_000, 100_000)
microseconds = st.integers(-(10**15), 10**15)


@quick
@given(months, days, microseconds)
def test_every_interval_postgres_writes_is_read(month: int, day: int, clock: int) -> None:
    years, mons = int(math.copysign(abs(month) // 12, month)), int(math.fmod(month, 12))
    words = [(years, "year"), (mons, "mon"), (day, "day")]
    parts, before = [], False
    for number, unit in words:
        if number:
            plus = "+" if before and number > 0 else ""
            parts.append(f"{plus}{number} {unit}{'' if number == 1 else 's'}")
            before = number < 0
    if clock or not parts:
        left = abs(clock)
        sign = "-" if clock < 0 else "+" if before else ""
        seconds = f"{left // 10**6 % 60:02}" + (f".{left % 10**6:06}" if left % 10**6 else "")
        parts.append(f"{sign}{left // 3_600_000_000:02}:{left // 60_000_000 % 60:02}:{seconds}")
    written = one(" ".join(parts), INTERVAL)
    expected = years * 31_557_600 + mons * 2_592_000 + day * 86400 + clock / 10**6
    assert written is not None
    assert readable(written)
    assert float(written) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("text", ["P1Y2M", "1-2 3 4:05:06", "@ 1 year ago", "soon"])
def test_an_interval_in_another_style_is_dropped(text: str) -> None:
    assert one(text, INTERVAL) is None


def test_the_numbers_of_an_array() -> None:
    assert numbers("{0.1,1,2.5e3,-1,Infinity}") == ["0.1", "1", "2.5e3", "-1", "+Inf"]
    assert numbers("{}") == []
    assert numbers("7") == ["7"]


@pytest.mark.parametrize("text", ["{1,NULL}", "{1,x}", "{{1,2},{3,4}}", "{1e999}"])
def test_an_array_with_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        numbers(text)
