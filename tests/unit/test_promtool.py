"""promtool's notation of series, read and thinned out."""

import pytest

from support import promtool


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("1", ["1"]),
        ("1x3", ["1", "1", "1", "1"]),
        ("0+2x2 _x2 stale", ["0", "2", "4", "_", "_", "stale"]),
        ("10-5x2 _", ["10", "5", "0", "_"]),
        ("1e9+1e8x1", ["1000000000", "1100000000"]),
        ("0.5", ["0.5"]),
    ],
)
def test_series_are_read_as_promtool_reads_them(values: str, expected: list[str]) -> None:
    assert promtool.samples(values) == expected


def test_another_notation_is_refused() -> None:
    with pytest.raises(ValueError, match="found x3, expected a, axN"):
        promtool.samples("x3")


def test_rarer_scrapes_see_every_other_sample_and_every_end() -> None:
    test = {
        "interval": "15s",
        "input_series": [{"series": "up", "values": "0+1x4 stale _x2"}],
        "alert_rule_test": [{"eval_time": "1m", "alertname": "A", "exp_alerts": [{}]}],
        "promql_expr_test": [{"expr": "up", "eval_time": "1m"}],
    }
    [made] = promtool.rarer({"rule_files": ["a.yaml"], "tests": [test]}, 30)["tests"]
    assert made["input_series"] == [{"series": "up", "values": "0 2 4 stale"}]
    assert made["promql_expr_test"] == [promtool.firing("A", 1, "1m")]
