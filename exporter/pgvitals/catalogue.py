"""The catalogue: every query file, loaded together and checked against each other."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path

import msgspec

from pgvitals.consistency import problems
from pgvitals.document import Document, Mistake, Mistakes
from pgvitals.query import Definition, Override, Query

Catalogue = Mapping[str, Query]

CHANGES, TARGET = "catalog_changes", "target_"
"""How tasks are called that are no queries: the look at the catalogs, and each target with its id."""


def shipped_directory() -> Path:
    """Where the queries of this release are: in the wheel, or beside the package in a checkout."""
    packaged = Path(str(resources.files("pgvitals"))) / "queries"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "queries"


def shipped() -> Catalogue:
    """The queries of this release, by name."""
    return load([shipped_directory()])


def load(directories: Iterable[Path]) -> Catalogue:
    """Load every `*.yaml` below `directories`, by name; raises Mistakes with all that is wrong."""
    return load_files(file for directory in directories for file in query_files(directory))


def load_files(files: Iterable[Path]) -> Catalogue:
    """Load `files`, by name; raises Mistakes with everything that is wrong in any of them."""
    queries: list[Query] = []
    mistakes: list[Mistake] = []
    for file in files:
        try:
            queries.append(read(file))
        except Mistakes as found:
            mistakes += found.mistakes
    mistakes += _clashes(queries)
    if mistakes:
        raise Mistakes(mistakes)
    return {query.name: query for query in sorted(queries, key=lambda q: q.name)}


def load_beside(files: Iterable[Path]) -> Catalogue:
    """Load `files` as they would be beside the queries of this release, and give them alone."""
    ours = {file.resolve(): file for file in files}
    others = [file for file in query_files(shipped_directory()) if file.resolve() not in ours]
    loaded = load_files([*others, *ours.values()])
    return {name: query for name, query in loaded.items() if Path(query.file).resolve() in ours}


def read(file: Path) -> Query:
    """Read one query file; raises Mistakes."""
    document = Document.open(file)
    definition = document.read(Definition)
    if mistakes := [document.mistake(where, problem) for where, problem in problems(definition)]:
        raise Mistakes(mistakes)
    if file.stem == CHANGES or file.stem.startswith(TARGET):
        problem = (
            f"found the name {file.stem}, which pgvitals gives a task of its own, expected another"
        )
        raise Mistakes([document.mistake((), problem)])
    return Query(**msgspec.structs.asdict(definition), name=file.stem, file=str(file))


def override(catalogue: Catalogue, *changes: Mapping[str, Override]) -> Catalogue:
    """Give the catalogue as the configuration wants it, later changes over earlier; what is off is gone."""
    changed = dict(catalogue)
    for change in changes:
        changed |= {name: changed[name].change(change[name]) for name in change}
    return {name: query for name, query in changed.items() if query.enabled}


def query_files(directory: Path) -> list[Path]:
    """The query files below `directory`, without hidden ones; raises Mistakes when there are none.

    In a mounted ConfigMap they are links into a hidden directory, and each would be there twice.
    """
    below = ((file, file.relative_to(directory).parts) for file in directory.rglob("*.yaml"))
    found = sorted(
        file
        for file, parts in below
        if "targets" not in parts and not any(part.startswith(".") for part in parts)
    )
    if not found:
        lack = "no query files" if directory.is_dir() else "no such directory"
        problem = f"{lack}, expected one with *.yaml files below it"
        raise Mistakes([Mistake(str(directory), 1, "", problem)])
    return found


def _clashes(queries: list[Query]) -> Iterator[Mistake]:
    """Names that two files claim: a query's, a family's, or a family under another's prefix."""
    names: dict[str, str] = {}
    owners: dict[str, str] = {}
    for query in queries:
        if (first := names.setdefault(query.name, query.file)) != query.file:
            yield Mistake(
                query.file,
                1,
                "",
                f"the query {query.name} stands in {first} already; expected another file name",
            )
        for family in _names(query):
            if (first := owners.setdefault(family, query.file)) != query.file:
                yield Mistake(
                    query.file, 1, family, f"the family belongs to {first}; expected one owner"
                )
    yield from _intrusions(owners)


def relations(catalogue: Catalogue) -> frozenset[str]:
    """The relations that queries require."""
    return frozenset(name for query in catalogue.values() for name in query.requires.relations)


def _names(query: Query) -> Iterator[str]:
    """The names that a query puts on a page; `prefix*` stands for all that rows may add."""
    for name, metric in query.metrics.items():
        yield from metric.series(name)
    if query.families_from:
        yield f"{query.families_from.prefix}*"


def _intrusions(owners: Mapping[str, str]) -> Iterator[Mistake]:
    for prefix, owner in owners.items():
        if prefix.endswith("*"):
            for family, file in owners.items():
                if family != prefix and family.startswith(prefix[:-1]):
                    yield Mistake(
                        file, 1, family, f"{owner} owns all {prefix}; expected another name"
                    )
