"""Settings: the configuration file under the environment, checked together with the queries it names.

A file is optional: with postgres_exporter's environment variables alone, pgvitals watches what it
would watch.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from pgvitals import agenda, threshold
from pgvitals.config import Config, InstanceConfig, Loaded
from pgvitals.consistency import problems
from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.environment import ENVIRONMENT, from_environment, from_libpq
from pgvitals.query import Override
from pgvitals.strict import Where
from pgvitals.target import Change


def load(
    file: Path | None, environment: Mapping[str, str] = os.environ, dsn: str | None = None
) -> tuple[Config, Loaded]:
    """Read the configuration and the files it names; raises Mistakes with what is wrong in any of it.

    With a `dsn` that is the only instance, whatever else is said. Each instance gets the thresholds of
    all, where it has none of its own.
    """
    document = Document.open(file) if file else None
    config = document.read(Config, private=("instances",)) if document else Config()
    instances = from_environment(environment) or config.instances or from_libpq(environment)
    instances = instances if dsn is None else {"dsn": InstanceConfig(dsn=dsn)}
    config = msgspec.structs.replace(config, instances=instances)
    loaded = config.load()
    if mistakes := _mistakes(config, loaded, document):
        raise Mistakes(mistakes)
    instances = {
        name: msgspec.structs.replace(own, thresholds=config.thresholds | own.thresholds)
        for name, own in instances.items()
    }
    return msgspec.structs.replace(config, instances=instances), loaded


def _mistakes(config: Config, loaded: Loaded, document: Document | None) -> list[Mistake]:
    """What the types cannot see: connection strings, and names of what does not exist."""
    place = document or Document(Path(ENVIRONMENT), "{}")
    found = []
    if not config.instances:
        problem = "no instance, expected at least one here or in DATA_SOURCE_NAME"
        found.append(place.mistake(("instances",), problem))
    overrides: list[tuple[Where, dict[str, Override]]] = [(("queries",), config.queries)]
    changes: list[tuple[Where, dict[str, Change]]] = [(("targets",), config.targets)]
    for name, instance in config.instances.items():
        overrides.append((("instances", name, "queries"), instance.queries))
        changes.append((("instances", name, "targets"), instance.targets))
        try:
            instance.login()
        except ValueError as error:
            found.append(place.mistake(("instances", name), str(error)))
    for where, queries in overrides:
        for name, change in queries.items():
            found += [
                place.mistake((*where, name, *at), problem)
                for at, problem in _override_problems(name, change, loaded)
            ]
    for where, targets in changes:
        for name, wanted in targets.items():
            found += [
                place.mistake((*where, name, *at), problem)
                for at, problem in agenda.change_problems(name, wanted)
            ]
    others = (*_policy_problems(config), *_threshold_problems(config))
    return found + [place.mistake(*problem) for problem in others]


def _policy_problems(config: Config) -> Iterator[tuple[Where, str]]:
    """Names that no target has, nor any role that owns one."""
    targets = agenda.shipped()
    for number, name in enumerate(config.enforce):
        if name not in targets:
            yield ("enforce", number), f"no target {name!r}, expected one of {', '.join(targets)}"
    roles = {target.owner for target in targets.values()} | {
        kind.owner for target in targets.values() for kind in target.kinds.values() if kind.owner
    }
    for role in config.owners:
        if role not in roles:
            yield ("owners", role), f"no such role, expected one of {', '.join(sorted(roles))}"


def _threshold_problems(config: Config) -> Iterator[tuple[Where, str]]:
    """Thresholds that no alert has, or that are no numbers to compare with."""
    given: list[tuple[Where, dict[str, float]]] = [((), config.thresholds)]
    given += [(("instances", name), own.thresholds) for name, own in config.instances.items()]
    for where, thresholds in given:
        for alert, problem in threshold.problems(thresholds):
            yield (*where, "thresholds", alert), problem


def _override_problems(name: str, change: Override, loaded: Loaded) -> Iterable[tuple[Where, str]]:
    if name not in loaded.queries:
        return [((), f"no such query, expected one of {', '.join(loaded.queries)}")]
    return problems(loaded.queries[name].change(change))
