"""What Kubernetes and the Prometheus operator take: their schemas, with every unknown key refused."""

import functools
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]  # nor has this
from kubernetes_validate import utils  # type: ignore[import-untyped]  # nor this
from referencing import Registry, Resource

from support.chart import DATA, Object

VERSIONS = ("1.25", "1.29", "1.33", utils.major_minor(utils.latest_version()))
"""The oldest Kubernetes that the chart takes, two between, and the newest."""
_SEEN: set[tuple[str, str]] = set()


def problems(item: Object, version: str) -> Iterator[str]:
    """What a version of Kubernetes would refuse in an object."""
    seen = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest(), version
    if seen in _SEEN:  # it is in many renderings
        return
    validator = _validator(item["kind"], item["apiVersion"], version)
    if error := best_match(validator.iter_errors(item)):
        where = ".".join(map(str, error.absolute_path))
        yield f"{item['kind']} {item['metadata'].get('name')}: {where}: {error.message}"
    else:
        _SEEN.add(seen)


def counted() -> int:
    """How many different objects were found valid, times versions."""
    return len(_SEEN)


def _validator(kind: str, api: str, version: str) -> Draft202012Validator:
    if api == "monitoring.coreos.com/v1":
        return _operator(kind)
    return _built_in(kind, api, version)


@functools.cache
def _built_in(kind: str, api: str, version: str) -> Draft202012Validator:
    """Raises FileNotFoundError for a kind that the version does not have."""
    group, _, level = api.rpartition("/")
    stem = f"{kind}-{group.partition('.')[0]}-{level}" if group else f"{kind}-{level}"
    schema = utils.schema_contents(f"{_folder(version)}/{stem.lower()}.json", version)
    return Draft202012Validator(schema, registry=_definitions(version))


@functools.cache
def _definitions(version: str) -> Registry[Any]:
    contents = utils.schema_contents(f"{_folder(version)}/_definitions.json", version)
    return Resource.from_contents(contents) @ Registry()


def _folder(version: str) -> str:
    (exact,) = {full for full in utils.all_versions() if utils.major_minor(full) == version}
    return f"kubernetes-json-schema/v{exact}-local-strict"


@functools.cache
def _operator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((DATA / "operator.json").read_text("utf-8"))[kind])
