"""What panels say where it would be easy to say something else: tests/dashboards/truth.yaml, in promtool."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.dashboard import Target, dashboards, interpolated
from support.program import found

CASES = yaml.safe_load((Path(__file__).parents[1] / "dashboards" / "truth.yaml").read_text())
CHOSEN = {"job": ".*", "datname": ".*", "__range": "15m", "__rate_interval": "4m"}
ASKED = "20m"


def target(board: str, query: str) -> Target:
    """A query by the panel's title, and the legend or the title of the column."""
    (own,) = [one for one in dashboards() if one.uid == board]
    title, _, legend = query.partition(", ")
    (panel,) = [panel for panel in own.panels if panel.title == title]
    (one,) = [target for target in panel.targets if target.legend == legend]
    return one


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_panel_tells_the_truth(case: Mapping[str, Any], tmp_path: Path) -> None:
    expr = target(case["board"], case["query"]).expr
    chosen = "db" if 'instance="$instance"' in expr else ".*"
    document = {
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in case["series"].items()
                ],
                "promql_expr_test": [
                    {
                        "expr": interpolated(expr, CHOSEN | {"instance": chosen}),
                        "eval_time": ASKED,
                        "exp_samples": [
                            {"labels": labels, "value": value}
                            for labels, value in case["gives"].items()
                        ],
                    }
                ],
            }
        ]
    }
    file = tmp_path / "case.yaml"
    file.write_text(json.dumps(document))  # which is YAML
    done = subprocess.run(
        [found("promtool"), "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
