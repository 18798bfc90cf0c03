"""Binding: the tasks that there are for the databases that are visited; those that did not change stay."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pgvitals.agenda import Agenda
from pgvitals.assessment import FINDINGS, Assessment
from pgvitals.catalogue import Catalogue
from pgvitals.changes import Changes, look
from pgvitals.collector import Collector
from pgvitals.reading import Reading
from pgvitals.task import Task

ALL_FINDINGS = 2_000
"""Findings that are shown for an instance."""


class Place(NamedTuple):
    """Where tasks run: the `main` database, all that are visited, and `server`, host:port.

    `stretch` multiplies the intervals of what runs in each.
    """

    main: str
    databases: Sequence[str]
    server: str = ""
    stretch: int = 1

    def databases_of(self, reading: Reading) -> Sequence[str]:
        """Where a reading runs: in each database, or once."""
        if reading.scope == "database":
            return self.databases
        return (self.main,)


class Bound(NamedTuple):
    """All tasks of an instance, by what they are."""

    collectors: Sequence[Collector] = ()
    assessments: Sequence[Assessment] = ()
    changes: Sequence[Changes] = ()

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them."""
        return (*self.collectors, *self.assessments, *self.changes)


def bind(catalogue: Catalogue, agenda: Agenda, place: Place, known: Bound, now: float) -> Bound:
    """A task for each query, target and database, and for the changes of those that ask for them."""
    judging = assessments(agenda, place, known.assessments, now)
    return Bound(
        collectors(catalogue, place, known.collectors, now),
        judging,
        changes(judging, place, known.changes, now),
    )


def collectors(
    catalogue: Catalogue, place: Place, known: Iterable[Collector], now: float
) -> tuple[Collector, ...]:
    """One for each query and database."""
    kept = {(c.query.name, c.database): c for c in known}
    bound = []
    for query in catalogue.values():
        for database in place.databases_of(query):
            collector = kept.get((query.name, database))
            if collector is None or collector.query != query:
                collector = Collector(query, database, place.server, due=now)
            collector.stretch = place.stretch if query.scope == "database" else 1
            bound.append(collector)
    return tuple(bound)


def assessments(
    agenda: Agenda, place: Place, known: Iterable[Assessment], now: float
) -> tuple[Assessment, ...]:
    """One for each target and database."""
    kept = {(a.query.id, a.database): a for a in known}
    wanted = list(_assessments(agenda, place, now))
    most = max(1, min(FINDINGS, ALL_FINDINGS // max(1, len(wanted))))
    bound = []
    for new in wanted:
        before = kept.get((new.query.id, new.database))
        assessment = before if before and before.alike(new) else new
        assessment.most = most
        assessment.stretch = place.stretch if new.query.scope == "database" else 1
        bound.append(assessment)
    return tuple(bound)


def changes(
    bound: Iterable[Assessment], place: Place, known: Iterable[Changes], now: float
) -> tuple[Changes, ...]:
    """One for each database with assessments that run when its catalogs have changed."""
    concerned: dict[str, list[Assessment]] = {}
    for assessment in bound:
        if assessment.query.on_change and not assessment.idle:
            concerned.setdefault(assessment.database, []).append(assessment)
    kept = {c.database: c for c in known}
    for database, those in concerned.items():
        if database not in kept:
            kept[database] = Changes(look(), database, place.server, due=now)
        kept[database].concerns, kept[database].stretch = those, place.stretch
    return tuple(kept[database] for database in concerned)


def _assessments(agenda: Agenda, place: Place, now: float) -> Iterator[Assessment]:
    for target in agenda.targets:
        for database in place.databases_of(target):
            of = database if target.scope == "database" else ""
            exempt = agenda.exempt.get((target.id, of), frozenset())
            yield Assessment(
                target, database, place.server, due=now, shared=agenda.shared, exempt=exempt
            )
