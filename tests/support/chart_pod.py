"""The Pod Security Standard "restricted", rule by rule, and what we ask of a pod beyond it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from support.chart import Object

Rule = Callable[[Object], Iterator[str]]
_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
_SELINUX = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
_PROFILES = {"RuntimeDefault", "Localhost"}


def containers(pod: Object) -> Iterator[Object]:
    """All containers of a pod's spec, in the order in which they start."""
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(kind) or ()


def ours(pod: Object) -> Object | None:
    """The container of pgvitals in a pod's spec, where there is one."""
    found = [c for c in containers(pod) if c["name"] == "pgvitals"]
    return found[0] if found else None


def matches(wanted: Mapping[str, str], item: Object) -> bool:
    """Whether labels select an object or a pod."""
    return wanted.items() <= (item["metadata"].get("labels") or {}).items()


def referred(spec: Object) -> Iterator[tuple[str, str]]:
    """Kinds and names of what a pod's spec wants to be there."""
    for volume in spec.get("volumes") or ():
        for source in (volume, *(volume.get("projected") or {}).get("sources", ())):
            if "configMap" in source:
                yield "ConfigMap", source["configMap"]["name"]
            if "secret" in source:
                yield "Secret", source["secret"].get("secretName") or source["secret"]["name"]
    if account := spec.get("serviceAccountName"):
        yield "ServiceAccount", account


def problems(pod: Object) -> Iterator[str]:
    """What the standard has against a pod's spec."""
    for rule in RULES.values():
        yield from rule(pod)


def _contexts(pod: Object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The security contexts: the pod's, then those of containers."""
    yield "pod", pod.get("securityContext") or {}
    for container in containers(pod):
        yield container["name"], container.get("securityContext") or {}


def _handlers(container: Object) -> Iterator[Mapping[str, Any]]:
    """Probes and hooks."""
    yield from (value for key, value in container.items() if key.endswith("Probe"))
    yield from (container.get("lifecycle") or {}).values()


def _host_namespaces(pod: Object) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"found {key}, expected none"


def _host_process(pod: Object) -> Iterator[str]:
    for name, context in _contexts(pod):
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            yield f"{name}: found hostProcess, expected none"


def _privileged(pod: Object) -> Iterator[str]:
    for name, context in _contexts(pod):
        if context.get("privileged"):
            yield f"{name}: found privileged, expected none"


def _capabilities(pod: Object) -> Iterator[str]:
    for container in containers(pod):
        given = (container.get("securityContext") or {}).get("capabilities") or {}
        if "ALL" not in given.get("drop", ()):
            yield f"{container['name']}: found drop {given.get('drop')}, expected ALL"
        if more := set(given.get("add", ())) - {"NET_BIND_SERVICE"}:
            yield f"{container['name']}: found {sorted(more)} added, expected none"


def _volumes(pod: Object) -> Iterator[str]:
    for volume in pod.get("volumes") or ():
        if kinds := set(volume) - {"name"} - _VOLUMES:
            yield f"volume {volume['name']}: found {sorted(kinds)}, expected one of {_VOLUMES}"


def _host_ports(pod: Object) -> Iterator[str]:
    for container in containers(pod):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield f"{container['name']}: found hostPort, expected none"


def _host_probes(pod: Object) -> Iterator[str]:
    for container in containers(pod):
        for handler in _handlers(container):
            if any((handler.get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket")):
                yield f"{container['name']}: found a host in a probe, expected none"


def _app_armor(pod: Object) -> Iterator[str]:
    for name, context in _contexts(pod):
        kind = (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault")
        if kind not in _PROFILES:
            yield f"{name}: found appArmorProfile {kind}, expected one of {_PROFILES}"


def _se_linux(pod: Object) -> Iterator[str]:
    for name, context in _contexts(pod):
        options = context.get("seLinuxOptions") or {}
        if options.get("type", "") not in _SELINUX or options.get("user") or options.get("role"):
            yield f"{name}: found seLinuxOptions {options}, expected a type of containers"


def _proc_mount(pod: Object) -> Iterator[str]:
    for name, context in _contexts(pod):
        if context.get("procMount", "Default") != "Default":
            yield f"{name}: found procMount {context['procMount']}, expected Default"


def _sysctls(pod: Object) -> Iterator[str]:
    for sysctl in (pod.get("securityContext") or {}).get("sysctls") or ():
        if sysctl["name"] not in _SYSCTLS:
            yield f"found sysctl {sysctl['name']}, expected a safe one"


def _escalation(pod: Object) -> Iterator[str]:
    for container in containers(pod):
        context = container.get("securityContext") or {}
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"{container['name']}: expected allowPrivilegeEscalation: false"


def _non_root(pod: Object) -> Iterator[str]:
    whole = (pod.get("securityContext") or {}).get("runAsNonRoot")
    for container in containers(pod):
        own = (container.get("securityContext") or {}).get("runAsNonRoot", whole)
        if own is not True:
            yield f"{container['name']}: found runAsNonRoot {own}, expected true"


def _user(pod: Object) -> Iterator[str]:
    for name, context in _contexts(pod):
        if context.get("runAsUser") == 0:
            yield f"{name}: found runAsUser 0, expected another user"


def _seccomp(pod: Object) -> Iterator[str]:
    whole = (pod.get("securityContext") or {}).get("seccompProfile") or {}
    for container in containers(pod):
        own = (container.get("securityContext") or {}).get("seccompProfile") or whole
        if own.get("type") not in _PROFILES:
            yield f"{container['name']}: found seccompProfile {own}, expected one of {_PROFILES}"


RULES: Mapping[str, Rule] = {
    "host namespaces": _host_namespaces,
    "host process": _host_process,
    "privileged": _privileged,
    "capabilities": _capabilities,
    "volume types": _volumes,
    "host ports": _host_ports,
    "host probes": _host_probes,
    "AppArmor": _app_armor,
    "SELinux": _se_linux,
    "proc mount": _proc_mount,
    "sysctls": _sysctls,
    "privilege escalation": _escalation,
    "running as non-root": _non_root,
    "user": _user,
    "seccomp": _seccomp,
}
"""By their names in the standard."""
