"""What in a rendering must find each other: selectors and pods, Services and ports, policies and servers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from support import chart_pod
from support.chart import Object, Rendering
from support.chart_pod import matches, ours
from support.chart_reads import configuration

Check = Callable[[Rendering], Iterator[str]]
STABLE = {"app.kubernetes.io/name", "app.kubernetes.io/instance"}
"""Labels that no version and no other value changes."""


def selectors(rendering: Rendering) -> dict[str, Any]:
    """What selects pods, by kind."""
    found = {}
    for item in rendering.of("Deployment", "Service", "PodDisruptionBudget"):
        wanted = item["spec"]["selector"]
        found[item["kind"]] = wanted.get("matchLabels", wanted)
    return found


def _selectors(rendering: Rendering) -> Iterator[str]:
    for item in rendering.of("Deployment"):
        wanted = item["spec"]["selector"]["matchLabels"]
        if set(wanted) != STABLE:
            yield f"Deployment: found a selector of {sorted(wanted)}, expected {sorted(STABLE)}"
        if not matches(wanted, item["spec"]["template"]):
            yield f"Deployment: found the selector {wanted}, and another pod"
    for item in (*rendering.of("Service"), *rendering.of("PodDisruptionBudget")):
        wanted = item["spec"]["selector"]
        wanted = wanted.get("matchLabels", wanted)
        if not any(matches(wanted, pod) for pod in rendering.workloads()):
            yield f"{item['kind']}: found {wanted}, which selects no pod of the chart"
        if any(matches(wanted, pod) for pod in rendering.hooks()):
            yield f"{item['kind']}: found {wanted}, which selects the pod of helm test"


def _services(rendering: Rendering) -> Iterator[str]:
    for item in rendering.of("Service"):
        numbers = [port["port"] for port in item["spec"]["ports"]]
        if len(set(numbers)) != len(numbers):
            yield f"Service: found ports {numbers}, expected each once"
        pods = [p for p in rendering.workloads() if matches(item["spec"]["selector"], p)]
        for pod in pods:
            containers = chart_pod.containers(pod["spec"])
            there = {port["name"] for c in containers for port in c.get("ports", ())}
            for port in item["spec"]["ports"]:
                if port["targetPort"] not in there:
                    yield f"Service: found targetPort {port['targetPort']}, expected one of {there}"


def _policies(rendering: Rendering) -> Iterator[str]:
    for item in rendering.of("NetworkPolicy"):
        spec = item["spec"]
        wanted = spec["podSelector"].get("matchLabels", {})
        if not wanted or not any(matches(wanted, pod) for pod in rendering.workloads()):
            yield f"NetworkPolicy: found {wanted or 'every pod'}, expected the chart's pod"
        yield from _ingress(rendering, spec) if "Ingress" in spec["policyTypes"] else ()
        yield from _egress(rendering, spec) if "Egress" in spec["policyTypes"] else ()


def _ingress(rendering: Rendering, spec: Object) -> Iterator[str]:
    open_ = {p["port"] for rule in spec.get("ingress", ()) for p in rule.get("ports", ())}
    numbers = {
        port["containerPort"] if "metrics" not in open_ else "metrics"
        for pod in rendering.workloads()
        for port in (ours(pod["spec"]) or {}).get("ports", ())
        if port["name"] == "metrics"
    }
    if not numbers <= open_:
        yield f"NetworkPolicy: found ports {open_} open, expected {numbers} too"
    if not all(rule.get("from") for rule in spec.get("ingress", ())):
        yield "NetworkPolicy: found a port that is open for everybody, expected it for those named"


def _egress(rendering: Rendering, spec: Object) -> Iterator[str]:
    rules = spec.get("egress", ())
    open_ = {(p.get("protocol", "TCP"), p["port"]) for r in rules for p in r.get("ports", ())}
    wanted = {("UDP", 53), ("TCP", 53)}
    for instance in configuration(rendering).instances.values():
        if not str(instance.connection.get("host", "/")).startswith("/"):
            wanted.add(("TCP", int(instance.connection.get("port", 5432))))
    if missing := wanted - open_:
        yield f"NetworkPolicy: found {sorted(open_)} open, expected {sorted(missing)} too"


LINKS: Mapping[str, Check] = {
    "selectors": _selectors,
    "services": _services,
    "policies": _policies,
}
"""Checks beside those of chart_checks."""
