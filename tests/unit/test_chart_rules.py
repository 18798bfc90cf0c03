"""The rules and dashboards of the chart are those of alerts/ and grafana/, but for what values change."""

import base64
import copy
import gzip
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import chart, chart_cases, promtool
from support.program import found
from support.rules import ALERTS

Groups = dict[str, dict[str, Any]]
ONE = {"instances": {"shop": {"host": "shop-rw"}}}
FILES = sorted((ALERTS / "rules").glob("*.yaml"))
BOARDS = sorted((chart.ROOT / "grafana" / "dashboards").glob("*.json"))


def shipped() -> Groups:
    """The groups of alerts/rules, by name."""
    documents = [yaml.load(file.read_text("utf-8"), yaml.CSafeLoader) for file in FILES]
    return {group["name"]: group for document in documents for group in document["groups"]}


def made(alerts: Mapping[str, Any], **values: Any) -> Groups:
    """The groups of the PrometheusRule."""
    rendering = chart.render({**ONE, "alerts": {"enabled": True, **alerts}, **values})
    (item,) = rendering.of("PrometheusRule")
    return {group["name"]: group for group in item["spec"]["groups"]}


def alert(groups: Groups, name: str) -> dict[str, Any]:
    (rule,) = [r for group in groups.values() for r in group["rules"] if r.get("alert") == name]
    return dict(rule)


def without(groups: Groups, *names: str) -> Groups:
    """The groups but for some alerts, and groups of which nothing is left."""
    left = copy.deepcopy(groups)
    for group in left.values():
        group["rules"] = [rule for rule in group["rules"] if rule.get("alert") not in names]
    return {name: group for name, group in left.items() if group["rules"]}


def test_they_are_those_of_the_repository() -> None:
    assert made({}) == shipped()


def config_map() -> dict[str, str]:
    """The files of rules, where there is no operator."""
    rendering = chart.render({**ONE, "alerts": {"enabled": True, "format": "ConfigMap"}})
    (item,) = [i for i in rendering.of("ConfigMap") if i["metadata"]["name"].endswith("-alerts")]
    return dict(item["data"])


def test_a_config_map_has_the_same_files() -> None:
    there = {name: yaml.load(text, yaml.CSafeLoader) for name, text in config_map().items()}
    assert there == {
        file.name: yaml.load(file.read_text("utf-8"), yaml.CSafeLoader) for file in FILES
    }


def test_what_is_changed_of_an_alert_alone_differs() -> None:
    change = {
        "for": "7m",
        "keepFiringFor": "9m",
        "labels": {"severity": "info", "team": "dba"},
        "annotations": {"summary": "{{ $labels.instance }} is gone"},
    }
    groups = made({"rules": {"PgDown": change}})
    before, after = alert(shipped(), "PgDown"), alert(groups, "PgDown")
    assert after == before | {
        "for": "7m",
        "keep_firing_for": "9m",
        "labels": before["labels"] | change["labels"],
        "annotations": before["annotations"] | change["annotations"],
    }
    assert without(groups, "PgDown") == without(shipped(), "PgDown")


def test_an_alert_can_be_left_out() -> None:
    assert made({"rules": {"PgDown": {"enabled": False}}}) == without(shipped(), "PgDown")


@pytest.mark.parametrize("names", [["pgvitals-tables"], list(shipped())], ids=["one", "all"])
def test_groups_can_be_left_out_but_not_what_they_record(names: list[str]) -> None:
    rules = [rule for name in names for rule in shipped()[name]["rules"]]
    own = [rule["alert"] for rule in rules if "alert" in rule]
    assert own
    groups = made({"groups": {name: {"enabled": False} for name in names}})
    assert groups == without(shipped(), *own)
    assert "pgvitals-thresholds" in groups


def test_labels_for_all_reach_alerts_alone_and_hide_nothing() -> None:
    groups = made({"ruleLabels": {"team": "dba", "severity": "none"}})
    for name, group in shipped().items():
        for before, after in zip(group["rules"], groups[name]["rules"], strict=True):
            given = {"team": "dba", "severity": "none"} if "alert" in before else {}
            assert after.get("labels", {}) == before.get("labels", {}) | given


def test_a_zero_is_a_value() -> None:
    assert alert(made({"rules": {"PgDown": {"for": "0s"}}}), "PgDown")["for"] == "0s"


def test_runbooks_and_dashboards_get_their_places() -> None:
    docs, grafana = "https://git.example/docs", "https://grafana.example"
    groups = made({"grafanaUrl": f"{grafana}/"}, runbookBaseUrl=f"{docs}/")
    for name, group in shipped().items():
        for before, after in zip(group["rules"], groups[name]["rules"], strict=True):
            if "alert" not in before:
                continue
            was, now = before["annotations"], after["annotations"]
            assert now["runbook_url"] == docs + was["runbook_url"].removeprefix("docs")
            assert now["dashboard"] == grafana + was["dashboard"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rendered files of rules."""
    path = tmp_path_factory.mktemp("rules")
    for name, text in config_map().items():
        (path / name).write_text(text, "utf-8")
    return path


def test_promtool_takes_them(folder: Path) -> None:
    assert "SUCCESS" in promtool_says("check", "rules", *sorted(folder.iterdir()))


# All of them take minutes, and the files are equal: so one stands for them where time counts.
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(one, id=one.stem, marks=[] if one.stem == "targets" else pytest.mark.long)
        for one in promtool.files()
    ],
)
def test_the_unit_tests_of_the_rules_pass(tests: Path, folder: Path, tmp_path: Path) -> None:
    document = yaml.load(tests.read_text("utf-8"), yaml.CSafeLoader)
    rendered = [str(folder / Path(name).name) for name in document["rule_files"]]
    run = tmp_path / tests.name
    run.write_text(yaml.safe_dump({**document, "rule_files": rendered}), "utf-8")
    assert "SUCCESS" in promtool_says("test", "rules", run)


def promtool_says(*arguments: str | Path) -> str:
    program = found("promtool")
    said = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert said.returncode == 0, (said.stdout + said.stderr)[-4000:]
    return said.stdout


def boards(**values: Any) -> dict[str, str]:
    """Dashboards by file."""
    rendering = chart.render({**ONE, "dashboards": {"enabled": True}, **values})
    data = [item["data"] for item in rendering.of("ConfigMap")]
    return {name: text for texts in data for name, text in texts.items() if name.endswith(".json")}


def test_dashboards_are_those_of_the_repository() -> None:
    there = {file.name: json.loads(file.read_text("utf-8")) for file in BOARDS}
    assert {name: json.loads(text) for name, text in boards().items()} == there


def test_their_links_lead_to_the_runbooks() -> None:
    docs = "https://git.example/docs"
    changed = boards(runbookBaseUrl=docs)
    for file in BOARDS:
        wanted = json.loads(file.read_text("utf-8"))
        for variable in wanted["templating"]["list"]:
            if variable["name"] == "docs":
                variable["query"] = docs
        assert json.loads(changed[file.name]) == wanted


def test_each_dashboard_has_a_config_map_that_grafana_finds() -> None:
    told = {
        "enabled": True,
        "labels": {"dashboard": "yes"},
        "folder": "DB",
        "folderAnnotation": "in",
    }
    rendering = chart.render({**ONE, "dashboards": told})
    items = [i for i in rendering.of("ConfigMap") if any(k.endswith(".json") for k in i["data"])]
    assert [list(item["data"]) for item in items] == [[file.name] for file in BOARDS]
    for item in items:
        assert item["metadata"]["labels"]["dashboard"] == "yes"
        assert item["metadata"]["annotations"]["in"] == "DB"


@pytest.mark.parametrize("what", ["alerts", "dashboards"])
def test_where_the_links_were_lost_it_does_not_say_that_there_is_nothing(
    what: str, tmp_path: Path
) -> None:
    lone = Path(shutil.copytree(chart.CHART, tmp_path / "pgvitals", ignore=lambda *_: ["files"]))
    said = chart.refusal({**ONE, what: {"enabled": True}}, chart=lone)
    assert f"{what}.enabled: found true and no files/" in said
    assert not chart.refusal(ONE, chart=lone)


def test_a_release_with_everything_fits_into_its_secret() -> None:
    """Helm keeps the chart and what it rendered, as JSON, gzipped, in base64: 1 MiB at most."""
    encoded = {
        name: base64.b64encode(text.encode()).decode() for name, text in chart.kept().items()
    }
    manifest = "\n".join(chart.texts(chart_cases.whole()).values())
    release = json.dumps({"chart": encoded, "manifest": manifest, "config": chart_cases.whole()})
    size = len(base64.b64encode(gzip.compress(release.encode())))
    assert size < 1 << 20
    print(f"a release with everything is {size:,} bytes in its Secret")
