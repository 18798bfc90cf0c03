"""What must hold for every rendering of the chart, each check a function that gives what is wrong."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pgvitals.config import Web
from pgvitals.poller import Poller
from pgvitals.site import Site
from pgvitals.telemetry import Telemetry
from support import chart_links, chart_pod, chart_reads, chart_schema, chart_scrapes
from support.chart import Object, Rendering
from support.chart_pod import ours, referred

Check = Callable[[Rendering], Iterator[str]]
ONE_MIB = 1 << 20
_LABEL = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def problems(
    rendering: Rendering, versions: Sequence[str] = chart_schema.VERSIONS
) -> Iterator[str]:
    """All that is wrong, with the name of the check that says so; for these versions of Kubernetes."""
    for item in rendering.objects:
        for version in versions:
            for problem in chart_schema.problems(item, version):
                yield f"schema: Kubernetes {version}: {problem}"
    for name, check in {
        **CHECKS,
        **chart_reads.READS,
        **chart_links.LINKS,
        **chart_scrapes.SCRAPES,
    }.items():
        for problem in check(rendering):
            yield f"{name}: {problem}"


def _restricted(rendering: Rendering) -> Iterator[str]:
    for pod in rendering.pods():
        yield from chart_pod.problems(pod["spec"])
        if pod["spec"].get("automountServiceAccountToken") is not False:
            yield "expected automountServiceAccountToken: false"
        container = ours(pod["spec"])
        if container and not container["securityContext"].get("readOnlyRootFilesystem"):
            yield "expected readOnlyRootFilesystem: true"


def _no_nulls(rendering: Rendering) -> Iterator[str]:
    for item in rendering.objects:
        for where, value in _leaves(item):
            if value is None:
                yield f"{item['kind']}: found nothing at {where}, expected a value or no key"


def _names(rendering: Rendering) -> Iterator[str]:
    counted = Counter((i["kind"], i["metadata"]["name"]) for i in rendering.objects)
    for (kind, name), count in counted.items():
        if count > 1:
            yield f"{kind} {name}: found {count}, expected one"
        if not _NAME.fullmatch(str(name)):
            yield f"{kind} {name}: expected a name of lower case letters, digits and dashes"
        if len(str(name)) > 63 and kind == "Service":
            yield f"{kind} {name}: found {len(name)} characters, expected 63 at most"
    for item in rendering.objects:
        for key, value in (item["metadata"].get("labels") or {}).items():
            if not _LABEL.fullmatch(str(value)):
                yield f"{item['kind']}: label {key}: found {value!r}, expected up to 63 characters"


def _secrets(rendering: Rendering) -> Iterator[str]:
    own = [item["metadata"]["name"] for item in rendering.values.get("extraObjects") or ()]
    for item in rendering.of("Secret"):
        if item["metadata"]["name"] not in own:
            yield f"found Secret {item['metadata']['name']}, expected none that the chart makes"


def _sizes(rendering: Rendering) -> Iterator[str]:
    for item in rendering.of("ConfigMap"):
        size = sum(len(text.encode()) for text in item.get("data", {}).values())
        if size >= ONE_MIB - 2048:
            yield f"ConfigMap {item['metadata']['name']}: found {size} bytes, expected < 1 MiB"


def _mounts(rendering: Rendering) -> Iterator[str]:
    for pod in rendering.pods():
        spec = pod["spec"]
        there = [volume["name"] for volume in spec.get("volumes") or ()]
        mounted = set()
        for container in chart_pod.containers(spec):
            mounts = container.get("volumeMounts") or []
            mounted |= {mount["name"] for mount in mounts}
            paths = Counter(mount["mountPath"] for mount in mounts)
            yield from (f"found {path} {n} times" for path, n in paths.items() if n > 1)
            if container["name"] == "pgvitals":
                others = {m["name"] for m in rendering.values.get("extraVolumeMounts") or ()}
                yield from _own_mounts(m for m in mounts if m["name"] not in others)
        mounted -= _claimed(rendering)
        if len(set(there)) != len(there) or set(there) != mounted:
            yield f"found volumes {sorted(there)}, expected those mounted: {sorted(mounted)}"


def _claimed(rendering: Rendering) -> set[str]:
    """Volumes that a StatefulSet makes."""
    sets = rendering.of("StatefulSet")
    return {c["metadata"]["name"] for i in sets for c in i["spec"].get("volumeClaimTemplates", ())}


def _own_mounts(mounts: Iterable[Object]) -> Iterator[str]:
    for mount in mounts:
        if "subPath" in mount:
            yield f"{mount['mountPath']}: found subPath, with which a changed Secret never arrives"
        if not mount.get("readOnly"):
            yield f"{mount['mountPath']}: expected readOnly: true"


def _references(rendering: Rendering) -> Iterator[str]:
    """A ConfigMap or Secret that a pod wants is made here, or somebody named it in the values."""
    told = {str(value) for _, value in _leaves(rendering.values)} | {"default"}  # each namespace's
    for pod in rendering.pods():
        for kind, name in referred(pod["spec"]):
            made = {item["metadata"]["name"] for item in rendering.of(kind)}
            if name not in made | told:
                yield f"found {kind} {name} in a pod, expected one made here or told in the values"


def _ports(rendering: Rendering) -> Iterator[str]:
    for pod in rendering.pods():
        container = ours(pod["spec"])
        if container is None:
            continue
        named = [port["name"] for port in container.get("ports") or ()]
        if len(set(named)) != len(named):
            yield f"found ports {named}, expected each name once"
        for kind, probe in container.items():
            if kind.endswith("Probe"):
                yield from (f"{kind}: {problem}" for problem in _asked(probe, named))


def _asked(probe: Mapping[str, Any], ports: list[str]) -> Iterator[str]:
    site = Site(Poller(), Telemetry(), Web().telemetry_path)
    asked = probe["httpGet"]
    if asked["port"] not in ports:
        yield f"found port {asked['port']}, expected one of {', '.join(ports)}"
    if site.get(asked["path"], gzipped=False).status == 404:
        yield f"found {asked['path']}, expected a page that is served"


def _leaves(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Everything in objects and values that holds nothing else, by its path."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _leaves(below, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for number, below in enumerate(value):
            yield from _leaves(below, f"{where}.{number}")
    else:
        yield where, value


CHECKS: Mapping[str, Check] = {
    "restricted": _restricted,
    "nulls": _no_nulls,
    "names": _names,
    "secrets": _secrets,
    "sizes": _sizes,
    "mounts": _mounts,
    "references": _references,
    "ports": _ports,
}
