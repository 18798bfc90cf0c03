"""What is made for the chart: its schema and README, from its values and pgvitals' own models."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import msgspec
import pytest
import yaml

from helm import __main__ as program
from helm import schema, value
from helm.value import CHART, Value, every_value
from pgvitals.config import InstanceConfig
from pgvitals.document import Mistakes

SCHEMA = schema.schema()
WRITTEN = {"dsn", "connection", "password_file", "password_command", "password_lifetime"}
"""What templates make of an instance; all else goes through as it is."""


def below(part: Any) -> list[Any]:
    """A schema and every part of it."""
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [part, *(found for item in inside for found in below(item))]


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another values.yaml, to be written by the test."""
    file = tmp_path / "values.yaml"
    monkeypatch.setattr(value, "VALUES", file)
    every_value.cache_clear()
    monkeypatch.setattr(program, "CHART", tmp_path)
    return file


@pytest.fixture(autouse=True)
def _read_again() -> Any:
    yield
    every_value.cache_clear()


def test_what_is_made_is_up_to_date() -> None:
    assert program.main(["--check"]) == 0


def test_what_is_stale_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "CHART", tmp_path)
    assert program.main(["--check"]) == 1
    assert "README.md is not what values.yaml makes: run make docs" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert program.main([]) == 0
    assert program.main(["--check"]) == 0


def test_a_value_has_its_path_its_default_and_what_is_said_of_it(values: Path) -> None:
    values.write_text("web:\n  # -- Its port.\n  port: 9187\n# -- Labels.\nlabels: {a: b}\n")
    assert every_value() == (
        Value("web.port", 9187, "Its port."),
        Value("labels", {"a": "b"}, "Labels."),
    )


def test_a_value_that_nothing_describes_is_a_mistake(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values.write_text("# -- A section.\nweb: {}\nservice:\n  port: 9187\n# no mark\nlabels: {}\n")
    with pytest.raises(Mistakes) as raised:
        every_value()
    assert [(found.line, found.path) for found in raised.value.mistakes] == [
        (4, "service.port"),
        (6, "labels"),
    ]
    assert program.main([]) == 1
    assert "values.yaml:4: service.port: found no line '# -- ' above it" in capsys.readouterr().err


def test_a_type_of_a_value_that_is_no_more_is_a_mistake(values: Path) -> None:
    values.write_text("# -- All.\nconfig: {}\n")
    with pytest.raises(
        Mistakes, match=r"values\.instances: found a type for it, expected the value"
    ):
        schema.schema()


def test_the_schema_is_one_and_takes_the_defaults() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    jsonschema.validate(defaults, SCHEMA, cls=jsonschema.Draft7Validator)


def test_every_reference_leads_somewhere() -> None:
    referred = {part["$ref"] for part in below(SCHEMA) if isinstance(part, dict) and "$ref" in part}
    assert {name.removeprefix("#/definitions/") for name in referred} <= set(SCHEMA["definitions"])


def test_go_can_read_each_pattern() -> None:
    patterns = [p["pattern"] for p in below(SCHEMA) if isinstance(p, dict) and "pattern" in p]
    assert patterns
    assert [pattern for pattern in patterns if "(?" in str(pattern)] == []


def test_only_what_kubernetes_or_helm_checks_may_have_any_key() -> None:
    free = {
        name
        for name, part in _named(SCHEMA)
        if part.get("type") == "object" and not {"additionalProperties", "required"} & set(part)
    }
    assert free == {
        *("global", "affinity", "dnsConfig", "resources", "tlsConfig", "basicAuth"),
        *(
            "startupProbe",
            "livenessProbe",
            "readinessProbe",
            "podSecurityContext",
            "securityContext",
        ),
        *("configMap", "secret", "persistentVolumeClaim", "projected", "csi", "items"),
    }


def _named(part: Any, name: str = "") -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(part, dict):
        return []
    inside = [pair for key, item in part.items() for pair in _named(item, key)]
    return [(name, part), *inside] if isinstance(part.get("type"), str) else inside


def test_each_key_of_an_instance_can_be_said_in_the_values() -> None:
    keys = {field.encode_name for field in msgspec.structs.fields(InstanceConfig)}
    assert keys - WRITTEN == set(schema.VERBATIM)
    assert set(schema.VERBATIM.values()) <= set(SCHEMA["definitions"]["instance"]["properties"])


def test_what_the_chart_writes_cannot_be_said_besides() -> None:
    models = SCHEMA["definitions"]
    assert "instances" not in models["Config"]["properties"]
    web = set(models["Web"]["properties"])
    assert "telemetry_path" in web
    assert not web & {"listen_addresses", "config_file", "health_address"}


def test_the_schema_is_readable_by_editors() -> None:
    texts = json.loads(schema.text())
    assert texts == SCHEMA
    silent = [n for n, p in texts["properties"].items() if n != "global" and "description" not in p]
    sections = {path.partition(".")[0] for path in (v.path for v in every_value()) if "." in path}
    assert set(silent) - {"enabled"} <= sections
