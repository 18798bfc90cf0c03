"""The chart, rendered by Helm's own library: without its program, a cluster or a network."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import helm_python
import yaml
from helm_python import _native

from pgvitals.document import Document

Object = dict[str, Any]
ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "pgvitals"
DATA = ROOT / "tests" / "chart"
NAME, NAMESPACE = "shop", "monitoring"
"""The release, and where it is installed."""
_TEMPLATED = ("Deployment", "StatefulSet", "DaemonSet", "Job")


class Rendering(NamedTuple):
    """What values become: `texts` by template, and the objects in them."""

    case: str
    values: Mapping[str, Any]
    texts: Mapping[str, str]
    objects: tuple[Object, ...]
    namespace: str = NAMESPACE

    @property
    def notes(self) -> str:
        """What Helm prints after the installation."""
        return next(text for file, text in self.texts.items() if file.endswith("NOTES.txt"))

    def of(self, *kinds: str) -> list[Object]:
        """The objects of these kinds."""
        return [item for item in self.objects if item["kind"] in kinds]

    def pods(self) -> Iterator[Object]:
        """Every pod, as metadata and spec: those that stand there, and the templates of workloads."""
        for item in self.objects:
            if item["kind"] == "Pod":
                yield item
            elif item["kind"] in _TEMPLATED:
                yield item["spec"]["template"]

    def workloads(self) -> Iterator[Object]:
        """The pods that stay: all but those of hooks, such as `helm test`."""
        return (pod for pod in self.pods() if not _hooked(pod))

    def hooks(self) -> Iterator[Object]:
        """The pods of hooks."""
        return filter(_hooked, self.pods())

    def configuration(self) -> str:
        """The text of pgvitals.yaml."""
        (text,) = [
            item["data"]["pgvitals.yaml"]
            for item in self.of("ConfigMap")
            if "pgvitals.yaml" in item.get("data", {})
            and not item["metadata"]["name"].endswith("-alerts")  # whose rules have such a file too
        ]
        return str(text)


def render(values: Mapping[str, Any], *, case: str = "", **options: Any) -> Rendering:
    """Render as `texts` does, and read the objects.

    Keys that stand twice in an object raise Mistakes: YAML forbids them, and one of them would be lost.
    """
    made = texts(values, **options)
    objects = tuple(item for file, text in sorted(made.items()) for item in parsed(file, text))
    return Rendering(case, values, made, objects, options.get("namespace", NAMESPACE))


def texts(
    values: Mapping[str, Any],
    *,
    chart: Path = CHART,
    name: str = NAME,
    namespace: str = NAMESPACE,
    kube: str = "1.33.0",
) -> dict[str, str]:
    """What `helm template` gives, by template; raises helm_python.HelmError with Helm's message."""
    # Chart.render takes no version of Kubernetes; the function beneath it does.
    options = {"name": name, "namespace": namespace, "kube_version": f"v{kube}"}
    said = _native.call_string(
        "helm_render", _loaded(chart)._raw(), json.dumps(values), json.dumps(options)
    )
    made: dict[str, str] = json.loads(said)
    return made


def kept(chart: Path = CHART) -> dict[str, str]:
    """Everything that the chart is made of, by file, as Helm keeps it with each release."""
    loaded = _loaded(chart)
    return {file["name"]: file["data"] for file in (*loaded.templates, *loaded.files)}


def refusal(values: Mapping[str, Any], **options: Any) -> str:
    """Helm's message about values that it refuses, and nothing about those that it takes."""
    try:
        texts(values, **options)
    except helm_python.HelmError as error:
        return str(error)
    return ""


def parsed(file: str, text: str) -> Iterator[Object]:
    """The objects in the text of a template, or of any file of manifests."""
    if not file.endswith(("NOTES.txt", ".tpl")):
        for part in re.split(r"^---.*$", text, flags=re.MULTILINE):
            if data := Document(Path(file), part).data:
                yield data


def data(name: str) -> Any:
    """A file of tests/chart."""
    return yaml.load((DATA / f"{name}.yaml").read_text("utf-8"), yaml.CSafeLoader)


def merged(*values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Helm joins those of several files: maps are joined, all else replaced by the later."""
    joined: dict[str, Any] = {}
    for each in values:
        for key, value in each.items():
            there = joined.get(key)
            if isinstance(there, Mapping) and isinstance(value, Mapping):
                joined[key] = merged(there, value)
            else:
                joined[key] = value
    return joined


def _hooked(pod: Object) -> bool:
    return "helm.sh/hook" in (pod["metadata"].get("annotations") or {})


@functools.cache
def _loaded(chart: Path) -> helm_python.Chart:
    return helm_python.Chart.load(chart)
