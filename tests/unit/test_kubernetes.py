"""The manifests: Kubernetes takes them, they ask for no privilege, and pgvitals takes what they give."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from kubernetes_validate.utils import all_versions  # type: ignore[import-untyped]

from pgvitals import __version__, config, environment, settings
from pgvitals.poller import Poller
from pgvitals.run_command import run
from pgvitals.site import Site
from pgvitals.telemetry import Telemetry

Object = dict[str, Any]
DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "kubernetes.md").read_text("utf-8")
FILES = {file.name: file.read_text("utf-8") for file in sorted(DOCS.glob("kubernetes/*.yaml"))}
OBJECTS: list[Object] = [item for text in FILES.values() for item in yaml.safe_load_all(text)]
MONITORS = [item for item in OBJECTS if item["kind"] in ("PodMonitor", "ServiceMonitor")]
BUILT_IN = [item for item in OBJECTS if item not in MONITORS]
WORKLOADS = [item for item in OBJECTS if item["kind"] in ("Deployment", "StatefulSet")]
VERSIONS = sorted({str(version) for version in all_versions()})


def name(item: Object) -> str:
    return f"{item['kind']}-{item['metadata']['name']}"


def pod(workload: Object) -> Object:
    return dict(workload["spec"]["template"]["spec"])


def ours(workload: Object) -> Object:
    """The container of pgvitals."""
    (found,) = [c for c in pod(workload)["containers"] if c["name"] == "pgvitals"]
    return dict(found)


def probes(container: Object) -> dict[str, Object]:
    return {key: value for key, value in container.items() if key.endswith("Probe")}


def one(kind: str, name: str) -> Object:
    (found,) = [i for i in OBJECTS if (i["kind"], i["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("item", BUILT_IN, ids=name)
def test_every_kubernetes_takes_it(item: Object, version: str) -> None:
    kubernetes_validate.validate(item, version, strict=True)


def test_a_mistake_would_be_seen() -> None:
    wrong = one("Service", "pgvitals") | {"spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError, match="prots"):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)
    assert len(VERSIONS) >= 4


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_a_pod_passes_the_restricted_standard(workload: Object) -> None:
    spec = pod(workload)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    assert all({"secret", "configMap"} & set(volume) for volume in spec["volumes"])
    for container in spec["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context.get("runAsUser") != 0
        assert not {"privileged", "procMount"} & set(context)
        assert all("hostPort" not in port for port in container["ports"])


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_pgvitals_is_given_no_more_than_it_needs(workload: Object) -> None:
    container = ours(workload)
    assert container["image"] == f"pgvitals:{__version__}"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert "runAsUser" not in container["securityContext"]  # the image says it
    assert pod(workload)["automountServiceAccountToken"] is False
    assert set(container["resources"]["limits"]) == {"memory"}
    assert all(mount["readOnly"] for mount in container["volumeMounts"])


@pytest.mark.parametrize("workload", WORKLOADS, ids=name)
def test_what_is_asked_is_served(workload: Object) -> None:
    site = Site(Poller(), Telemetry(), config.Web().telemetry_path)
    container = ours(workload)
    assert config.Web().listen_addresses == (f":{container['ports'][0]['containerPort']}",)
    for probe in probes(container).values():
        assert probe["httpGet"]["port"] == container["ports"][0]["name"]
        assert site.get(probe["httpGet"]["path"], gzipped=False).status != 404


def test_only_the_deployments_ask_whether_pgvitals_is_ready() -> None:
    assert set(probes(ours(one("StatefulSet", "postgres")))) == {"livenessProbe"}
    for name in ("pgvitals", "pgvitals-several"):
        asked = probes(ours(one("Deployment", name)))
        assert asked["readinessProbe"]["httpGet"]["path"] == "/-/ready"
        assert asked["livenessProbe"]["httpGet"]["path"] == "/-/healthy"
        assert asked["startupProbe"]["httpGet"]["path"] == "/-/healthy"


@pytest.mark.parametrize("version", [version for version in VERSIONS if version >= "1.29"])
def test_the_sidecar_can_be_a_native_one(version: str) -> None:
    workload = yaml.safe_load(FILES["sidecar.yaml"].partition("\n---\n")[0])
    native = ours(workload) | {"restartPolicy": "Always"}
    spec = pod(workload) | {
        "initContainers": [native],
        "containers": pod(workload)["containers"][:1],
    }
    workload["spec"]["template"]["spec"] = spec
    kubernetes_validate.validate(workload, version, strict=True)


@pytest.mark.parametrize(
    ("workload", "instance"),
    [
        (one("Deployment", "pgvitals"), "postgres.shop.svc:5432"),
        (one("StatefulSet", "postgres"), "127.0.0.1:5432"),
    ],
)
def test_pgvitals_reads_each_of_its_variables(workload: Object, instance: str) -> None:
    variables = {item["name"]: item["value"] for item in ours(workload)["env"]}
    instances = environment.from_environment(variables)
    assert list(instances) == [instance]
    assert instances[instance].password_file.startswith(
        ours(workload)["volumeMounts"][0]["mountPath"]
    )
    for variable in variables:
        less = {other: value for other, value in variables.items() if other != variable}
        assert environment.from_environment(less) != instances, f"{variable} changes nothing"


@pytest.fixture
def several(tmp_path: Path) -> config.Config:
    """The configuration in the ConfigMap, as pgvitals reads it."""
    file = tmp_path / "pgvitals.yaml"
    file.write_text(one("ConfigMap", "pgvitals-several")["data"][file.name])
    return settings.load(file, {})[0]


def test_the_container_gets_the_configuration(several: config.Config) -> None:
    container = ours(one("Deployment", "pgvitals-several"))
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    given = run.make_context("run", list(container["args"])).params["config_file"]
    assert str(given) == f"{mounts['configuration']}/pgvitals.yaml"
    for name, instance in several.instances.items():
        assert instance.password_file == f"{mounts['passwords']}/{name}"


def test_each_server_is_scraped_under_its_name(several: config.Config) -> None:
    first, *others = one("ServiceMonitor", "pgvitals-several")["spec"]["endpoints"]
    assert "path" not in first
    assert {endpoint["path"] for endpoint in others} == {"/probe"}
    assert [endpoint["params"]["target"] for endpoint in others] == [[n] for n in several.instances]
    named = [endpoint["relabelings"][0]["replacement"] for endpoint in others]
    assert named == list(several.instances)


@pytest.mark.parametrize("monitor", MONITORS, ids=name)
def test_a_monitor_finds_what_it_is_for(monitor: Object) -> None:
    kind = "StatefulSet" if monitor["kind"] == "PodMonitor" else "Service"
    found = one(kind, monitor["metadata"]["name"])
    assert monitor["spec"]["selector"]["matchLabels"] == found["metadata"]["labels"]
    named = found["spec"]["ports"] if kind == "Service" else ours(found)["ports"]
    (endpoints,) = [
        value for key, value in monitor["spec"].items() if key.lower().endswith("endpoints")
    ]
    assert {endpoint["port"] for endpoint in endpoints} == {port["name"] for port in named}


@pytest.mark.parametrize("file", [name for name, text in FILES.items() if "secretName" in text])
def test_each_manifest_tells_how_to_make_its_secret(file: str) -> None:
    ((secret, keys),) = re.findall(
        r"^#   kubectl create secret generic (\S+) (.*)", FILES[file], re.MULTILINE
    )
    assert f"secretName: {secret}," in FILES[file]
    for key in re.findall(r"--from-file=(\w+)", keys):
        assert re.search(rf"/run/\w+/{key}\s", FILES[file]), f"nobody reads {key}"


def test_the_page_shows_what_there_is() -> None:
    linked = re.findall(r"\]\(([\w./-]+)\)", PAGE)
    assert {"../helm/pgvitals/README.md", *(f"kubernetes/{name}" for name in FILES)} <= set(linked)
    assert [name for name in linked if not (DOCS / name).is_file()] == []
    assert set(re.findall(r"pgvitals:(\d+\.\d+\.\d+)", PAGE)) == {__version__}
