"""Settings: the configuration file under the environment, checked together with the queries it names.

A file is optional: with postgres_exporter's environment variables alone, pgvitals watches what it
would watch.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from pgvitals.catalogue import Catalogue
from pgvitals.config import Config
from pgvitals.consistency import problems
from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.environment import ENVIRONMENT, from_environment, from_libpq
from pgvitals.query import Override
from pgvitals.strict import Where


def load(
    file: Path | None, environment: Mapping[str, str] = os.environ
) -> tuple[Config, Catalogue]:
    """Read the configuration and the queries it names; raises Mistakes with what is wrong in any of it."""
    document = Document.open(file) if file else None
    config = document.read(Config, private="instances") if document else Config()
    instances = from_environment(environment) or config.instances or from_libpq(environment)
    config = msgspec.structs.replace(config, instances=instances)
    loaded = config.catalogue()
    if mistakes := _mistakes(config, loaded, document):
        raise Mistakes(mistakes)
    return config, loaded


def _mistakes(config: Config, loaded: Catalogue, document: Document | None) -> list[Mistake]:
    """What the types cannot see: connection strings, and names of queries that do not exist."""
    place = document or Document(Path(ENVIRONMENT), "{}")
    found = []
    if not config.instances:
        problem = "no instance, expected at least one here or in DATA_SOURCE_NAME"
        found.append(place.mistake(("instances",), problem))
    overrides: list[tuple[Where, dict[str, Override]]] = [(("queries",), config.queries)]
    for name, instance in config.instances.items():
        overrides.append((("instances", name, "queries"), instance.queries))
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
    return found


def _override_problems(
    name: str, change: Override, loaded: Catalogue
) -> Iterable[tuple[Where, str]]:
    if name not in loaded:
        return [((), f"no such query, expected one of {', '.join(loaded)}")]
    return problems(loaded[name].change(change))
