"""Four faults and three minutes of peace: whether the pager rings in time, and only then."""

import pytest

from support import detection
from support.incident import Incident
from support.incidents import ConnectionsTaken, ExporterKilled, RlsOff, ServerStopped
from support.pager import Pager
from support.paging import BY_NAME
from support.table import table

KINDS: list[type[Incident]] = [ServerStopped, RlsOff, ConnectionsTaken, ExporterKilled]
SOAK = 180.0

Findings = tuple[dict[str, detection.Row], detection.Soak]


@pytest.fixture(scope="module")
def findings(local_majors: list[int]) -> Findings:
    assert local_majors
    rows, soak = detection.run(KINDS, SOAK)
    print(f"{table(detection.COLUMNS, rows)}\n\n{soak.line()}")
    return {row.name: row for row in rows}, soak


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_whom_it_concerns_is_told_in_time_and_told_when_it_is_over(
    findings: Findings, name: str
) -> None:
    assert findings[0][name].misses == []


def test_nothing_is_said_of_a_healthy_server(findings: Findings) -> None:
    assert findings[1].misses == []


def test_the_table_tells_when_nobody_was_told_or_too_late() -> None:
    rule = BY_NAME["PgDown"]
    assert detection.Row("a", rule).misses == ["webhook", "resolved"]
    assert detection.Row("a", rule, 91, 1).misses == ["webhook"]
    assert detection.Row("a", rule, 1, 1, flapped=True).misses == ["flapped"]
    assert "FAIL: webhook" in table(detection.COLUMNS, [detection.Row("a", rule)])


def test_a_soak_fails_for_what_fired() -> None:
    assert detection.Soak(180, {"PgDown pending on healthy"}).misses == []
    assert "FAIL" in detection.Soak(180, {"PgDown firing on healthy"}).line()


def test_the_pager_notes_who_was_told_of_what() -> None:
    labels = {"alertname": "PgDown", "instance": "shop"}
    told = {"receiver": "orchestrator", "alerts": [{"status": "firing", "labels": labels}]}
    with Pager() as pager:
        pager.take(told)
        assert [n.receiver for n in pager.about("PgDown", "shop", 0)] == ["orchestrator"]
        assert pager.about("PgDown", "ledger", 0) == []
