"""Queries of a test's own: their files, configurations that run them, and what came of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from pgvitals.agenda import shipped as targets
from pgvitals.catalogue import shipped
from support.daemon import Daemon

OFF = {name: {"enabled": False} for name in shipped()}
"""Overrides under which no query of the release runs."""
NO_TARGETS = {name: {"enabled": False} for name in targets()}
"""Changes under which no target is assessed."""


def write(folder: Path, name: str, statement: str, **more: Any) -> Path:
    """A query file: the family `bad_NAME` has the column v."""
    metric = {"column": "v", "type": "gauge", "help": "A number."}
    query = {
        "description": "A query under test",
        "scope": "database",
        "interval": "1m",
        "sql": statement,
        "metrics": {f"bad_{name}": metric},
    }
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(query | more))
    return file


def only(instances: Mapping[str, Any], folder: Path, **queries: Any) -> dict[str, Any]:
    """A configuration in which the queries of `folder` run, and of the release those in `queries`."""
    return {
        "instances": instances,
        "query_directories": [str(folder)],
        "queries": OFF | queries,
        "targets": NO_TARGETS,
    }


def page(instance: str) -> str:
    """The path of an instance's page."""
    return f"/probe?target={quote(instance, safe='')}"


def outcomes(daemon: Daemon, path: str = "/metrics") -> dict[str, tuple[str, str]]:
    """How the last run of each collector ended, and why."""
    return {
        s.labels["collector"]: (s.labels["outcome"], s.labels["reason"])
        for s in daemon.samples(path)
        if s.name == "pgvitals_collector_outcome"
    }


def everything(daemon: Daemon, *instances: str) -> str:
    """All that it says, to whomever."""
    paths = ["/", "/metrics", "/-/ready", "/-/healthy", "/nowhere", *map(page, instances)]
    return daemon.log + "".join(daemon.get(path).text for path in paths)
