"""The list of the Pod Security Standard: it takes a good pod, and refuses each fault by its own rule."""

from collections.abc import Mapping
from typing import Any

import pytest

from support import chart, chart_pod
from support.chart import Object

GOOD: Object = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
}
CONTAINER: Object = {
    "name": "main",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    },
    "livenessProbe": {"httpGet": {"path": "/", "port": 80}},
}
BAD: Mapping[str, list[Object]] = chart.data("bad_pods")
CASES = [
    pytest.param(rule, bad, id=f"{rule}-{n}") for rule in BAD for n, bad in enumerate(BAD[rule])
]


def pod(kind: str, changes: Mapping[str, Any]) -> Object:
    """A good pod with one of its containers, of a kind, changed."""
    own = chart.merged(CONTAINER, changes.get("container", {}))
    rest = {key: value for key, value in changes.items() if key != "container"}
    return {"containers": [CONTAINER], **chart.merged(GOOD, rest), kind: [own]}


def test_a_good_pod_is_taken() -> None:
    assert list(chart_pod.problems(pod("containers", {}))) == []
    assert list(chart_pod.problems(pod("initContainers", {}))) == []


@pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
@pytest.mark.parametrize(("rule", "bad"), CASES)
def test_each_rule_refuses_its_fault(rule: str, bad: Object, kind: str) -> None:
    said = list(chart_pod.problems(pod(kind, bad)))
    assert said
    assert said == list(chart_pod.RULES[rule](pod(kind, bad)))


def test_no_rule_is_without_a_fault_that_it_refuses() -> None:
    assert list(BAD) == list(chart_pod.RULES)
