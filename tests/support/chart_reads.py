"""What pgvitals reads of a rendering, as it reads it in the pod: flags, configuration, web configuration."""

import functools
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from pgvitals import settings, web_config
from pgvitals.config import Config
from pgvitals.document import Mistakes
from pgvitals.run_command import run
from pgvitals.web_config import WebConfig
from support.chart import Object, Rendering
from support.chart_pod import ours

Check = Callable[[Rendering], Iterator[str]]
_NO_EXEMPTIONS = "exemptions: []\n"
_QUERY = """\
description: A query from outside.
scope: cluster
interval: 60s
sql: select 1 as one
metrics:
  outside_{}: {{column: one, type: gauge, help: One.}}
"""
_OURS = ("/etc/pgvitals/", "/run/pgvitals/")


def mounted(rendering: Rendering) -> dict[str, str | None]:
    """The files that pgvitals finds in its pod, and their texts where the rendering has them.

    Raises KeyError for a key that the ConfigMap does not have.
    """
    files: dict[str, str | None] = {}
    for pod in rendering.pods():
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
        for mount in (ours(pod["spec"]) or {}).get("volumeMounts") or ():
            for path, text in _files(rendering, volumes.get(mount["name"], {})):
                files[f"{mount['mountPath']}/{path}"] = text
    return files


def configuration(rendering: Rendering) -> Config:
    """The configuration as pgvitals reads it in the pod; raises Mistakes.

    Files from outside are there, with little in them.
    """
    return _configured(rendering.configuration(), tuple(mounted(rendering).items()))


@functools.cache
def _configured(text: str, files: tuple[tuple[str, str | None], ...]) -> Config:
    with tempfile.TemporaryDirectory(prefix="pgvitals-chart-") as home:
        for path, content in files:
            file = Path(home + path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_outside(file) if content is None else content, "utf-8")
        file = Path(home) / "pgvitals.yaml"
        moved = re.sub(r"(?<![\w/])/etc/pgvitals/", f"{home}/etc/pgvitals/", text)
        file.write_text(moved, "utf-8")
        return settings.load(file, {})[0]


def _outside(file: Path) -> str:
    """What may stand in a file that is no part of the rendering."""
    if file.parent.name == "queries":
        return _QUERY.format(re.sub(r"\W", "_", file.stem))
    return _NO_EXEMPTIONS if file.name == "exemptions.yaml" else ""


def web(text: str) -> WebConfig:
    """A web configuration file, without those that it names; raises Mistakes."""
    with tempfile.TemporaryDirectory(prefix="pgvitals-chart-") as home:
        file = Path(home) / "web.yml"
        file.write_text(text, "utf-8")
        return web_config.load(file)[0]


def named(config: WebConfig) -> list[str]:
    """The files that a web configuration file names, where the chart mounts them."""
    tls = config.tls_server_config
    files = (tls.cert_file, tls.key_file, tls.client_ca_file) if tls else ()
    return [f"/etc/pgvitals/web/{file}" for file in files if file]


def _files(rendering: Rendering, volume: Object) -> Iterator[tuple[str, str | None]]:
    """Paths in a volume, and the texts of those from a ConfigMap that is rendered."""
    made = {item["metadata"]["name"]: item.get("data", {}) for item in rendering.of("ConfigMap")}
    for source in (volume.get("projected") or {}).get("sources", ()):
        for kind, told in source.items():
            here = kind == "configMap" and told["name"] in made
            for item in told.get("items", ()):
                yield item["path"], made[told["name"]][item["key"]] if here else None


def _arguments(rendering: Rendering) -> Iterator[str]:
    for pod in rendering.pods():
        if (container := ours(pod["spec"])) is None:
            continue
        try:
            given = run.make_context("run", list(container["args"])).params
        except click.ClickException as error:
            yield f"{container['args']}: {error.format_message()}"
            continue
        wanted = [str(given[key]) for key in ("config_file", "web_config_file") if given[key]]
        yield from _lacking(rendering, wanted)


def _lacking(rendering: Rendering, files: list[str]) -> Iterator[str]:
    there = mounted(rendering)
    for file in files:
        if there and file.startswith(_OURS) and file not in there:
            yield f"found no {file}, expected it among {', '.join(there)}"


def _configuration(rendering: Rendering) -> Iterator[str]:
    """pgvitals takes the configuration, and the files that it names are mounted."""
    try:
        instances = configuration(rendering).instances
    except Mistakes as mistakes:
        yield str(mistakes)
        return
    for instance in instances.values():
        said = [instance.password_file, *map(str, instance.connection.values())]
        yield from _lacking(rendering, said)


def _web(rendering: Rendering) -> Iterator[str]:
    """pgvitals takes the web configuration file that the chart writes, if it does."""
    if text := mounted(rendering).get("/etc/pgvitals/web/web.yml"):
        try:
            yield from _lacking(rendering, named(web(text)))
        except Mistakes as mistakes:
            yield str(mistakes)


READS: Mapping[str, Check] = {
    "arguments": _arguments,
    "configuration": _configuration,
    "web": _web,
}
"""Checks beside those of chart_checks."""
