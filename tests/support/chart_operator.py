"""Make the strict schemas of the Prometheus operator's resources, from models of its own definitions.

    uv run --no-project --with cloudcoil-models-prometheus-operator==0.80.1 \
        python tests/support/chart_operator.py > tests/chart/operator.json

The package is no tool of the tests: it takes seconds to import, and pytest does not start beside it.
"""

import importlib
import json
import sys
from typing import Any

KINDS = ("ServiceMonitor", "PodMonitor", "PrometheusRule")
_IDLE = {"default", "description", "title"}
_NULL = {"type": "null"}


def strict(schema: Any) -> Any:
    """The schema with unknown keys refused, and null, which the models take for what is left out.

    Left out are prose, and a pattern that Python cannot read.
    """
    if isinstance(schema, list):
        return [strict(item) for item in schema if item != _NULL]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in _IDLE}
    if str(kept.get("pattern", "")).startswith("^(?i)"):
        del kept["pattern"]
    for holder in ("properties", "$defs"):  # whose keys are names
        if holder in kept:
            kept[holder] = {name: strict(below) for name, below in kept[holder].items()}
    made = {k: v if k in ("properties", "$defs") else strict(v) for k, v in kept.items()}
    if made.get("properties"):
        made.setdefault("additionalProperties", False)
    only = made.pop("anyOf")[0] if len(made.get("anyOf", ())) == 1 else {}
    return made | only


def main() -> None:
    """Print them, by kind."""
    models = importlib.import_module("cloudcoil.models.prometheus_operator.v1")
    made = {kind: strict(getattr(models, kind).model_json_schema()) for kind in KINDS}
    json.dump(made, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
