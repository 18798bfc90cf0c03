"""The container for other charts' pods: what it is given there, and what the examples say that it is."""

from collections.abc import Mapping
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml

from pgvitals.run_command import run
from support import chart, chart_cases, chart_checks, chart_reads, chart_schema
from support.chart import Object, Rendering
from support.chart_pod import ours

PARENT = chart.DATA / "parent"
SIDECAR: Mapping[str, Any] = {
    "deployment": {"enabled": False},
    "instances": {"shop": {"host": "127.0.0.1", "existingSecret": {"name": "shop-monitoring"}}},
    "podMonitor": {"enabled": True, "selector": {"matchLabels": {"app": "postgres"}}},
}
SECURED = {"web": {"tls": {"existingSecret": "shop-tls"}}}


def parent(values: Mapping[str, Any], native: bool = False, kube: str = "1.33.0") -> Rendering:
    """The chart of somebody else, with values for ours."""
    return chart.render({"native": native, "pgvitals": values}, chart=PARENT, kube=kube)


def sidecar(rendering: Rendering) -> Object:
    (pod,) = rendering.pods()
    found = ours(pod["spec"])
    assert found is not None
    return found


@pytest.mark.parametrize("more", [{}, SECURED, {"extraArgs": ["--log.level=debug"]}])
@pytest.mark.parametrize("native", [False, True])
def test_it_is_right_in_a_pod_of_others(native: bool, more: Mapping[str, Any]) -> None:
    rendering = parent(chart.merged(SIDECAR, more), native)
    versions = chart_schema.VERSIONS[1:] if native else chart_schema.VERSIONS
    assert list(chart_checks.problems(rendering, versions)) == []


def test_a_native_one_is_the_same_and_stays() -> None:
    plain, native = sidecar(parent(SIDECAR)), sidecar(parent(SIDECAR, native=True))
    assert native == plain | {"restartPolicy": "Always"}


@pytest.mark.parametrize("native", [False, True])
def test_it_never_keeps_the_pod_from_being_ready(native: bool) -> None:
    asked = {key for key in sidecar(parent(SIDECAR, native)) if key.endswith("Probe")}
    assert asked == {"livenessProbe"}


def test_a_native_one_is_refused_where_kubernetes_would_wait_for_its_end() -> None:
    said = chart.refusal({"native": True, "pgvitals": SIDECAR}, chart=PARENT, kube="1.28.9")
    assert "pgvitals.sidecar.native" in said
    assert "found Kubernetes v1.28.9, expected 1.29" in said
    assert chart.refusal({"native": False, "pgvitals": SIDECAR}, chart=PARENT, kube="1.28.9") == ""


def test_the_chart_itself_makes_no_pod_then() -> None:
    kinds = {item["kind"] for item in chart.render(SIDECAR).objects}
    assert kinds == {"ConfigMap", "PodMonitor"}


def test_a_switch_of_the_parent_turns_it_off() -> None:
    assert chart.refusal({**SIDECAR, "enabled": True, "global": {"any": 1}}) == ""


def example(name: str, file: str) -> Object:
    (item,) = chart.parsed(file, (chart_cases.EXAMPLES / name / file).read_text("utf-8"))
    return item


def values(name: str) -> Any:
    return yaml.safe_load((chart_cases.EXAMPLES / name / "values.yaml").read_text("utf-8"))


def test_the_lists_for_bitnami_are_what_the_templates_give() -> None:
    given = example("bitnami", "postgresql.yaml")["primary"]
    rendering = chart.render({"pgvitals": values("bitnami")}, chart=PARENT, name="shop")
    (pod,) = rendering.pods()
    assert given["sidecars"] == [sidecar(rendering)]
    assert given["extraVolumes"] == pod["spec"]["volumes"]


def test_the_container_for_zalando_finds_its_files() -> None:
    spec = example("zalando", "postgresql.yaml")["spec"]
    (container,) = spec["sidecars"]
    assert set(container) <= {
        "name",
        "image",
        "ports",
        "env",
        "resources",
    }  # what the operator takes
    (variable,) = container["env"]
    assert any(variable["name"] in (option.envvar or ()) for option in run.params)
    rendering = chart_cases.example("zalando")
    (shop,) = chart_reads.configuration(rendering).instances.values()
    mounts = {v["name"]: v["mountPath"] for v in spec["additionalVolumes"]}
    assert variable["value"] == f"{mounts['pgvitals-config']}/pgvitals.yaml"
    assert shop.password_file == f"{mounts['pgvitals-credentials']}/password"
    made = {item["metadata"]["name"] for item in rendering.of("ConfigMap")}
    assert {
        v["volumeSource"].get("configMap", {}).get("name") for v in spec["additionalVolumes"]
    } & made


@pytest.mark.parametrize("version", chart_schema.VERSIONS)
def test_the_container_for_zalando_is_one_of_kubernetes(version: str) -> None:
    containers = example("zalando", "postgresql.yaml")["spec"]["sidecars"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": containers},
    }
    kubernetes_validate.validate(pod, version, strict=True)


def test_the_secret_for_cloudnative_pg_is_that_of_the_role() -> None:
    (role,) = example("cloudnative-pg", "cluster.yaml")["spec"]["managed"]["roles"]
    (shop,) = values("cloudnative-pg")["instances"].values()
    assert role["passwordSecret"]["name"] == shop["existingSecret"]["name"]
    assert role["name"] == shop.get("user", "pgvitals")
    assert role["inRoles"] == ["pg_monitor"]


def test_the_example_of_a_parent_is_right() -> None:
    folder = chart_cases.EXAMPLES / "parent"
    rendering = chart.render({}, chart=folder, name="shop")
    told = yaml.safe_load((folder / "values.yaml").read_text("utf-8"))
    given = rendering._replace(values=told)
    assert list(chart_checks.problems(given, chart_schema.VERSIONS[1:])) == []
    assert sidecar(rendering)["restartPolicy"] == "Always"
