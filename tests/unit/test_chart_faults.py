"""The checks of the chart can fail: each fault in a copy of it is seen, by the check that is there for it."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python
import pytest

from pgvitals.document import Mistakes
from support import chart, chart_cases, chart_checks, chart_links, chart_reads, chart_scrapes

FAULTS: Mapping[str, Mapping[str, Any]] = chart.data("faults")
TABLES = (chart_checks.CHECKS, chart_reads.READS, chart_links.LINKS, chart_scrapes.SCRAPES)
KNOWN = {"schema", "render"}.union(*TABLES)


def problems(folder: Path, alerts: bool) -> Iterator[str]:
    """What the checks say of a chart, rendering after rendering; what takes long is left out."""
    heavy = {"dashboards"} if alerts else {"dashboards", "alerts"}
    for choices in chart_cases.pairs():
        whole = chart_cases.values(choices)
        values = {key: value for key, value in whole.items() if key not in heavy}
        try:
            rendering = chart.render(values, chart=folder)
        except (helm_python.HelmError, Mistakes) as error:
            yield f"render: {error}"
        else:
            yield from chart_checks.problems(rendering)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_seen(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    folder = tmp_path / "pgvitals"
    shutil.copytree(chart.CHART, folder, ignore=shutil.ignore_patterns("dashboards"))
    file = folder / fault["file"]
    text = file.read_text("utf-8")
    assert fault["old"] in text, (
        f"{fault['file']} has no such text any more: mend tests/chart/faults.yaml"
    )
    file.write_text(text.replace(fault["old"], fault["new"]), "utf-8")
    said = next(problems(folder, fault.get("alerts", False)), "nothing")
    assert said.startswith(fault["seen"]), said


def test_every_check_has_a_fault_that_it_sees() -> None:
    seen = {fault["seen"].partition(":")[0] for fault in FAULTS.values()}
    assert KNOWN - seen == {"sizes"}


def test_a_config_map_that_kubernetes_would_not_take_is_seen() -> None:
    item = {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "é" * (1 << 19)}}
    rendering = chart.Rendering("", {}, {}, (item,))
    assert "1048576 bytes" in "".join(chart_checks.CHECKS["sizes"](rendering))
