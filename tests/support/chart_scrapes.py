"""Who scrapes a rendering: monitors and annotations find the pages, each under a label of its own."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pgvitals import config
from pgvitals.run_command import run
from support import chart_pod
from support.chart import Object, Rendering
from support.chart_pod import matches, ours
from support.chart_reads import configuration, mounted, web

Check = Callable[[Rendering], Iterator[str]]


def _monitors(rendering: Rendering) -> Iterator[str]:
    """Monitors select what there is, in its namespace, and ask each page once, at a port that it has."""
    for item in rendering.of("ServiceMonitor", "PodMonitor"):
        spec, kind = item["spec"], item["kind"]
        found = list(_monitored(rendering, kind, spec["selector"].get("matchLabels", {})))
        if len(found) != 1:
            yield f"{kind}: found a selector of {len(found)} in the chart, expected one"
        for ports, namespace in found:
            if spec["namespaceSelector"]["matchNames"] != [namespace]:
                yield f"{kind}: found {spec['namespaceSelector']}, expected {namespace}"
            endpoints = spec.get("endpoints") or spec["podMetricsEndpoints"]
            lost = {endpoint["port"] for endpoint in endpoints} - ports
            yield from (f"{kind}: found port {port}, expected one of {ports}" for port in lost)
            yield from _pages(rendering, endpoints)


def _monitored(
    rendering: Rendering, kind: str, wanted: Mapping[str, str]
) -> Iterator[tuple[set[str], str]]:
    """Ports and namespace of what a monitor selects; a pod without a namespace is in that of the release."""
    if kind == "ServiceMonitor":
        for item in rendering.of("Service"):
            if matches(wanted, item):
                yield {p["name"] for p in item["spec"]["ports"]}, item["metadata"]["namespace"]
        return
    pods = list(rendering.workloads())
    for pod in pods:
        if matches(wanted, pod):
            ports = {
                p["name"] for c in chart_pod.containers(pod["spec"]) for p in c.get("ports", ())
            }
            yield ports, pod["metadata"].get("namespace", rendering.namespace)
    if not pods:  # they are another chart's
        yield {"metrics"}, rendering.namespace


def _pages(rendering: Rendering, endpoints: list[Object]) -> Iterator[str]:
    """Each page has a label instance of its own, as `up` has nothing else that tells them apart."""
    labels = [_instance(endpoint) for endpoint in endpoints]
    if len(set(labels)) != len(labels):
        yield f"found {labels} as labels instance, expected each once: `up` would collide"
    names = list(configuration(rendering).instances)
    probed = {
        e["params"]["target"][0]: _instance(e) for e in endpoints if e.get("path") == "/probe"
    }
    expected = {name: name for name in names} if len(names) > 1 else {}
    if probed != expected:
        yield f"found targets and labels {probed}, expected {expected}"


def _instance(endpoint: Object) -> str:
    """What the label instance will be, `__address__` where Prometheus gives it."""
    label = "__address__"
    for step in endpoint.get("relabelings") or ():
        if step.get("targetLabel") != "instance":
            continue
        if step.get("sourceLabels") == ["__param_target"]:
            label = endpoint["params"]["target"][0]
        elif "replacement" in step and "sourceLabels" not in step:
            label = step["replacement"]
    return label


def _transport(rendering: Rendering) -> Iterator[str]:
    """Who scrapes speaks TLS where pgvitals does, and asks what health pages there are."""
    for pod in rendering.workloads():
        container = ours(pod["spec"]) or {}
        arguments = " ".join(container.get("args", ()))
        secured = "--web.config.file" in arguments
        asked = {v["httpGet"]["port"] for k, v in container.items() if k.endswith("Probe")}
        if asked - {"health" if secured else "metrics"}:
            yield f"found probes of {sorted(asked)} with {arguments}"
        if secured is not ("--web.health-address" in arguments):
            yield f"found {arguments}, expected both flags of web security or none"
        scheme = "https" if _speaks_tls(rendering) else "http"
        said = {endpoint.get("scheme", "http") for endpoint in _scraped(rendering)}
        if said - {scheme}:
            yield f"found {said} in monitors and annotations, expected {scheme}"


def _speaks_tls(rendering: Rendering) -> bool:
    """By the web configuration file; of one from outside the values tell it."""
    files = mounted(rendering)
    if text := files.get("/etc/pgvitals/web/web.yml"):
        return web(text).tls_server_config is not None
    outside = rendering.values.get("web", {}).get("existingSecret", {})
    return "/etc/pgvitals/web/web.yml" in files and bool(outside.get("tls", True))


def _scraped(rendering: Rendering) -> Iterator[Mapping[str, Any]]:
    """What tells Prometheus how to ask: endpoints of monitors, and annotations in their words."""
    for item in rendering.of("ServiceMonitor", "PodMonitor"):
        yield from item["spec"].get("endpoints") or item["spec"]["podMetricsEndpoints"]
    for pod in rendering.workloads():
        told = pod["metadata"].get("annotations") or {}
        if told.get("prometheus.io/scrape") == "true":
            yield {
                key.partition("/")[2]: v
                for key, v in told.items()
                if key.startswith("prometheus.io/")
            }


def _paths(rendering: Rendering) -> Iterator[str]:
    """Who scrapes asks where the metrics are, at the port where pgvitals listens."""
    served = {configuration(rendering).web.telemetry_path, "/probe"}
    for endpoint in _scraped(rendering):
        if endpoint.get("path") not in served:
            yield f"found path {endpoint.get('path')}, expected one of {served}"
    for pod in rendering.workloads():
        container = ours(pod["spec"]) or {}
        numbers = {p["name"]: p["containerPort"] for p in container.get("ports", ())}
        given = run.make_context("run", list(container.get("args", ()))).params
        heard = given["listen_addresses"] or config.Web().listen_addresses
        if container and heard != (f":{numbers['metrics']}",):
            yield f"found port {numbers['metrics']}, and that pgvitals listens at {heard}"
        if numbers.get("health") and given["health_address"] != f":{numbers['health']}":
            yield f"found port {numbers['health']}, and {given['health_address']} for health"
        annotated = (pod["metadata"].get("annotations") or {}).get("prometheus.io/port")
        if annotated and annotated != str(numbers["metrics"]):
            yield f"found {annotated} in an annotation, expected {numbers['metrics']}"


SCRAPES: Mapping[str, Check] = {
    "monitors": _monitors,
    "transport": _transport,
    "paths": _paths,
}
"""Checks beside those of chart_checks."""
