"""The chart as such: linted, refusing what is wrong, the same over versions, and true in what it says."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml
from click.testing import CliRunner

from helm import __main__ as maker
from pgvitals import __version__, cli
from support import chart, chart_cases, chart_checks, chart_links, chart_reads

WRONG: Mapping[str, Mapping[str, Any]] = chart.data("wrong")
DEFAULTS = yaml.safe_load((chart.CHART / "values.yaml").read_text("utf-8"))
ABOUT = yaml.safe_load((chart.CHART / "Chart.yaml").read_text("utf-8"))
ONE = {"instances": {"shop": {"host": "shop-rw"}}}
PARTS = r"(Chart|values|LICENSE|README|\.helmignore|templates/|files/(rules|dashboards)/)"
HELMS_LONGEST = 53
"""Characters that Helm allows a release's name."""


@pytest.mark.parametrize("case", WRONG)
def test_wrong_values_are_refused_with_their_key_and_what_to_do(case: str) -> None:
    wrong = WRONG[case]
    values = wrong["values"] if wrong.get("alone") else chart.merged(ONE, wrong["values"])
    said = chart.refusal(values)
    assert [part for part in wrong["says"] if part not in said] == [], said
    assert "hunter2" not in said


def test_all_contradictions_are_told_at_once() -> None:
    values = chart.merged(WRONG["unknown alert"]["values"], WRONG["no host"]["values"])
    said = chart.refusal(values)
    assert [
        part
        for name in ("unknown alert", "no host")
        for part in WRONG[name]["says"]
        if part not in said
    ] == []


@pytest.mark.parametrize("kube", ["v1.25.0", "v1.37.0"])
@pytest.mark.parametrize("values", [{}, ONE, chart_cases.whole()], ids=["none", "one", "whole"])
def test_lint_has_nothing_to_say(values: Mapping[str, Any], kube: str) -> None:
    report = helm_python.lint(chart.CHART, dict(values), strict=True, kube_version=kube)
    said = {message["error"] for message in report["messages"]}
    assert said == {"icon is recommended"}  # pgvitals has none
    assert report["errors"] == []


def test_what_is_made_is_up_to_date() -> None:
    assert maker.main(["--check"]) == 0, "run make docs"


def test_its_version_is_that_of_pgvitals() -> None:
    assert (ABOUT["version"], ABOUT["appVersion"]) == (__version__, __version__)
    (image,) = yaml.safe_load(ABOUT["annotations"]["artifacthub.io/images"])
    assert image["image"] == f"pgvitals:{__version__}"
    assert all(yaml.safe_load(text) is not None for text in ABOUT["annotations"].values())


def test_a_packaged_one_has_what_it_needs_and_renders_the_same(tmp_path: Path) -> None:
    archive = Path(helm_python.package(chart.CHART, destination=tmp_path))
    packed = helm_python.Chart.load(archive)
    names = [file["name"] for file in (*packed.files, *packed.templates)]
    assert [name for name in names if not re.match(PARTS, name)] == []
    assert chart.texts(chart_cases.whole(), chart=archive) == chart.texts(chart_cases.whole())


def test_there_is_one_replica_and_never_two_at_once() -> None:
    (deployment,) = chart.render(chart_cases.whole()).of("Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_no_version_changes_a_selector(tmp_path: Path) -> None:
    newer = tmp_path / "pgvitals"
    shutil.copytree(chart.CHART, newer)
    about = ABOUT | {"version": "99.0.0-rc.1+build", "appVersion": "98.0.0"}
    (newer / "Chart.yaml").write_text(yaml.safe_dump(about), "utf-8")
    values = chart_cases.whole()
    rendering = chart.render(values, chart=newer)
    assert list(chart_checks.problems(rendering)) == []
    assert chart_links.selectors(rendering) == chart_links.selectors(chart.render(values))
    assert "pgvitals-99.0.0-rc.1_build" in rendering.texts["pgvitals/templates/service.yaml"]


@pytest.mark.parametrize(
    "override", [{}, {"nameOverride": "n" * 63}, {"fullnameOverride": "f" * 63}]
)
def test_long_names_are_cut_to_what_fits(override: Mapping[str, str]) -> None:
    values = chart.merged(chart_cases.whole(), {"fullnameOverride": ""}, override)
    rendering = chart.render(values, name="r" * HELMS_LONGEST)
    assert list(chart_checks.problems(rendering)) == []


def test_two_pages_under_one_label_are_refused() -> None:
    values = {"instances": {"pgvitals": {"host": "a"}, "b": {"host": "c"}}}
    said = chart.refusal({**values, "serviceMonitor": {"enabled": True}}, name="pgvitals")
    assert "instances.pgvitals: found the name of the release" in said
    assert chart.refusal(values, name="pgvitals") == ""


def test_a_name_that_says_it_already_is_not_doubled() -> None:
    rendering = chart.render(ONE, name="pgvitals")
    assert {item["metadata"]["name"] for item in rendering.of("Deployment", "Service")} == {
        "pgvitals"
    }


def test_openshift_chooses_user_and_group() -> None:
    for pod in chart_cases.example("openshift").pods():
        text = yaml.safe_dump(pod["spec"])
        assert not re.search("runAsUser|runAsGroup|fsGroup|supplementalGroups", text)


def test_a_changed_configuration_restarts_the_pod_and_another_change_does_not() -> None:
    def mark(values: Mapping[str, Any]) -> str:
        (deployment,) = chart.render(chart.merged(ONE, values)).of("Deployment")
        return str(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/pgvitals"])

    queries = {"extraQueries": {"a.yaml": "description: a"}}
    changes: tuple[Mapping[str, Any], ...] = (
        {},
        {"config": {"log": {"level": "debug"}}},
        queries,
        {"instances": {"a": {"host": "b"}}},
    )
    assert len({mark(values) for values in changes}) == len(changes)
    assert mark({"service": {"port": 80}, "alerts": {"enabled": True}}) == mark({})


def test_what_stands_in_the_values_is_what_pgvitals_gets() -> None:
    values = chart_cases.rendered(next(p for p in chart_cases.pairs() if p[0] == "several")).values
    config = chart_reads.configuration(chart.render(chart.merged(values, BIG)))
    shop, orders, warehouse = (config.instances[n] for n in ("shop", "orders-2.eu", "warehouse"))
    assert shop.connection == {
        "host": "shop-rw.shop.svc",
        "port": 6432,
        "user": "watcher",
        "dbname": "shop",
        "sslmode": "verify-full",
        "sslrootcert": "/run/pgvitals/shop/ca.crt",
    }
    assert shop.password_file == "/run/pgvitals/shop/password"
    assert orders.connection["sslkey"] == "/run/pgvitals/orders-2.eu/tls.key"
    assert orders.password_file == ""
    assert warehouse.connection["sslmode"] == "verify-ca"
    assert warehouse.password_command == ("rds-token", "--host", "warehouse")
    assert warehouse.max_databases == 20
    assert shop.thresholds["PgWalSizeHigh"] == BIG["config"]["thresholds"]["PgWalSizeHigh"]
    assert shop.thresholds["PgConnectionsHigh"] == 0.7


BIG = {"config": {"thresholds": {"PgWalSizeHigh": 107_374_182_400}}}
"""A number that is easily written so that another YAML reads a text."""


@pytest.mark.parametrize(
    ("instance", "sslmode"),
    [
        ({"host": "a"}, "require"),
        ({"host": "127.0.0.1"}, "require"),
        ({"host": "a", "connection": {"sslrootcert": "system"}}, "verify-full"),
        ({"host": "a", "ca": {"existingConfigMap": "b"}}, "verify-full"),
        ({"host": "a", "ca": {"existingConfigMap": "b"}, "sslmode": "verify-ca"}, "verify-ca"),
        ({"connection": {"service": "a"}, "sslmode": "verify-full"}, "verify-full"),
        ({"host": "/run/postgresql"}, None),
        ({"host": "/run/a,/run/b"}, None),
        ({"host": "/run/a,b"}, "require"),
        ({"host": "/run/a", "connection": {"hostaddr": "10.1.2.3"}}, "require"),
    ],
)
def test_the_mode_of_tls_is_the_safest_that_can_be(instance: Any, sslmode: str | None) -> None:
    config = chart_reads.configuration(chart.render({"instances": {"shop": instance}}))
    assert config.instances["shop"].connection.get("sslmode") == sslmode


def test_the_role_in_the_notes_is_that_of_the_grants() -> None:
    said = CliRunner().invoke(cli.command, ["grants"]).output
    notes = chart.render(ONE).notes
    statements = re.findall(r"^ *((?:create|grant|alter) .*;)$", notes, re.MULTILINE)
    assert statements == re.findall(r"^((?:create|grant|alter) .*;)$", said, re.MULTILINE)
    assert len(statements) == 2


def test_what_is_off_is_told_until_it_is_on() -> None:
    off = chart.render(ONE).notes.partition("What is off")[2]
    named = set(re.findall(r"\b\w+\.[\w.]+\w", off))
    assert named >= {
        "serviceMonitor.enabled",
        "alerts.enabled",
        "dashboards.enabled",
        "networkPolicy.enabled",
    }
    for path in named:
        at: Any = DEFAULTS
        for step in path.split("."):
            at = at[step]
        assert not at or isinstance(at, dict)
    assert "What is off" not in chart.render(chart_cases.whole()).notes


@pytest.mark.parametrize(
    "other",
    [
        {},
        {
            "alerts": {"format": "ConfigMap"},
            "serviceMonitor": {"enabled": False},
            "podMonitor": {"enabled": True, "namespace": "1", "jobLabel": "1"},
        },
    ],
)
def test_a_name_may_look_like_a_number(other: Mapping[str, Any]) -> None:
    values = chart.merged(chart.data("numerals"), other)
    rendering = chart.render(values, namespace="2024")
    assert list(chart_checks.problems(rendering)) == []
    assert set(chart_reads.configuration(rendering).instances) == {"1234", "yes", "null"}
