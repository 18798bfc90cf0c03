"""Every example, and every pair of toggles: valid, restricted, and everything finds what it names."""

import itertools
import re
from collections.abc import Iterator

import pytest
import yaml

from support import chart, chart_cases, chart_checks, chart_links, chart_reads, chart_schema
from support.chart import Object, Rendering

PAIRS = chart_cases.pairs()
EXAMPLES = chart_cases.examples()
CREATED = re.compile(r"^#\s+kubectl create (?:secret generic|configmap) (\S+) (.*)", re.MULTILINE)
KEY = re.compile(r"--from-(?:file|literal)=([\w.-]+)")


@pytest.mark.parametrize("choices", PAIRS, ids="-".join)
def test_a_pair_of_toggles_gives_what_is_right(choices: tuple[str, ...]) -> None:
    assert list(chart_checks.problems(chart_cases.rendered(choices))) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_gives_what_is_right(name: str) -> None:
    assert list(chart_checks.problems(chart_cases.example(name))) == []


def test_every_pair_is_there() -> None:
    toggles = [[(name, choice) for choice in of] for name, of in chart_cases.toggles().items()]
    wanted = {
        pair
        for one, other in itertools.combinations(toggles, 2)
        for pair in itertools.product(one, other)
    }
    names = list(chart_cases.toggles())
    there = {
        pair for row in PAIRS for pair in itertools.combinations(zip(names, row, strict=True), 2)
    }
    assert wanted <= there


def test_every_example_is_on_the_page() -> None:
    page = (chart_cases.EXAMPLES / "README.md").read_text("utf-8")
    there = [folder.name for folder in chart_cases.EXAMPLES.iterdir() if folder.is_dir()]
    assert [name for name in there if f"]({name})" not in page] == []


def test_our_versions_of_kubernetes_are_those_that_the_chart_takes() -> None:
    about = yaml.safe_load((chart.CHART / "Chart.yaml").read_text("utf-8"))
    assert about["kubeVersion"] == f">={chart_schema.VERSIONS[0]}.0-0"
    assert len(chart_schema.VERSIONS) >= 4


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor", "PrometheusRule"])
def test_an_unknown_key_of_the_operator_is_refused(kind: str) -> None:
    whole = chart.render(chart_cases.whole())
    pod = chart.render(
        chart.merged(
            chart_cases.whole(),
            {"serviceMonitor": {"enabled": False}, "podMonitor": {"enabled": True}},
        )
    )
    (item,) = (pod if kind == "PodMonitor" else whole).of(kind)
    for at in holders(item["spec"]):
        assert list(chart_schema.problems(item, "1.25")) == []
        at["typo"] = "a"
        assert "typo" in " ".join(chart_schema.problems(item, "1.25"))
        del at["typo"]


def holders(value: object) -> Iterator[Object]:
    """The mappings of a spec whose keys are the operator's."""
    free = ("labels", "annotations", "matchLabels", "params")
    if isinstance(value, dict):
        yield value
        for key, below in value.items():
            yield from holders(below) if key not in free else ()
    elif isinstance(value, list):
        for below in value[:1]:
            yield from holders(below)


def test_the_web_configuration_file_of_the_example_is_right() -> None:
    config = chart_reads.web((chart_cases.EXAMPLES / "tls" / "web.yml").read_text("utf-8"))
    assert set(config.users) == {"prometheus"}
    there = chart_reads.mounted(chart_cases.example("tls"))
    assert len(chart_reads.named(config)) == 3
    assert set(chart_reads.named(config)) <= set(there)


@pytest.mark.parametrize("choices", PAIRS, ids="-".join)
def test_no_value_but_a_name_changes_a_selector(choices: tuple[str, ...]) -> None:
    wanted = {"app.kubernetes.io/name": "pgvitals", "app.kubernetes.io/instance": "shop"}
    found = chart_links.selectors(chart_cases.rendered(choices))
    assert found == dict.fromkeys(found, wanted)
    assert "Deployment" in found


@pytest.mark.parametrize("choices", PAIRS, ids="-".join)
def test_the_notes_are_true(choices: tuple[str, ...]) -> None:
    rendering = chart_cases.rendered(choices)
    notes = rendering.notes
    (deployment,) = rendering.of("Deployment")
    for name in re.findall(r"deployment/(\S+)", notes):
        assert name == deployment["metadata"]["name"]
    assert set(re.findall(r"--namespace (\S+?)[` \n]", notes)) == {chart.NAMESPACE}
    ((local, port),) = re.findall(r"port-forward deployment/\S+ (\d+):(\w+)", notes)
    assert port in {
        p["name"]
        for c in deployment["spec"]["template"]["spec"]["containers"]
        for p in c.get("ports", ())
    }
    config = chart_reads.configuration(rendering)
    scheme = "https" if choices[3] in ("tls", "mutual", "file") else "http"
    assert f"{scheme}://localhost:{local}/" in notes
    roles = {instance.connection["user"] for instance in config.instances.values()}
    assert set(re.findall(r"create role (\S+) login", notes)) == roles
    assert ("helm test shop" in notes) is any(
        "helm.sh/hook" in p["metadata"].get("annotations", {}) for p in rendering.of("Pod")
    )


def created(name: str) -> set[tuple[str, str]]:
    """Names and keys of Secrets and ConfigMaps that the comments of an example make."""
    found = CREATED.findall(EXAMPLES[name].read_text("utf-8"))
    return {(made, key) for made, keys in found for key in KEY.findall(keys)}


def wanted(rendering: Rendering) -> set[tuple[str, str]]:
    """Names and keys of Secrets and ConfigMaps that somebody reads, as far as they are told by key."""
    found = set()
    for item in rendering.objects:
        for at in mappings(item):
            if "key" in at and "name" in at:
                found.add((at["name"], at["key"]))
            found |= {(at.get("name"), one["key"]) for one in at.get("items") or () if "key" in one}
    return found


def mappings(value: object) -> Iterator[Object]:
    if isinstance(value, dict):
        yield value
    for below in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from mappings(below)


def deployed(name: str) -> bool:
    """Whether an example has a pod, and so reads files itself."""
    values = yaml.safe_load(EXAMPLES[name].read_text("utf-8"))
    return bool(values.get("deployment", {}).get("enabled", True))


TELLING = [name for name in EXAMPLES if created(name) and deployed(name)]


@pytest.mark.parametrize("name", TELLING)
def test_an_example_tells_how_to_make_what_it_reads(name: str) -> None:
    assert created(name) <= wanted(chart_cases.example(name))


def test_several_examples_do() -> None:
    assert {"several", "tls", "rds-iam"} <= set(TELLING)
