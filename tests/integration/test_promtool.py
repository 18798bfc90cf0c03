"""The rules in promtool: they load, and each alert fires, stays quiet and resolves when it should.

Under the promtool of PATH, and under one of Prometheus 3 where `promtool3` is there as well
(`make promtool3` builds it): Prometheus 3 leaves the oldest sample out of a range.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support import promtool, rules
from support.program import found

VERSIONS = ("promtool", "promtool3")
RULES = sorted((rules.ALERTS / "rules").glob("*.yaml"))
MISSING = """
SKIPPED: promtool3 is not installed, so nothing here was shown under Prometheus 3:
neither that the rules load, nor that their tests pass with its left-open ranges.
`make promtool3` builds it (it needs Go, and some minutes)."""


@pytest.fixture(params=VERSIONS)
def program(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "promtool":
        return found(name)
    beside = Path(sys.executable).parent / name
    there = str(beside) if beside.exists() else shutil.which(name)
    if there is None:
        print(MISSING)
        pytest.skip(MISSING)
    return there


def run(program: str, *arguments: str | Path) -> str:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout + done.stderr


def test_the_rules_load(program: str) -> None:
    said = run(program, "check", "rules", *RULES)
    counted = sum(int(line.split()[1]) for line in said.splitlines() if "rules found" in line)
    assert counted == len(rules.every_rule())


@pytest.mark.parametrize("every", ["15s", "30s", "60s"])
@pytest.mark.parametrize("file", promtool.files(), ids=lambda file: file.stem)
def test_the_unit_tests_pass(program: str, file: Path, every: str, tmp_path: Path) -> None:
    tests = file
    if every != "15s":
        tests = tmp_path / file.name
        document = promtool.rarer(yaml.safe_load(file.read_text()), rules.seconds(every))
        tests.write_text(yaml.safe_dump(document))
    assert "SUCCESS" in run(program, "test", "rules", tests)
