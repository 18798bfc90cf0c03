"""The account: what is known of the runs of collectors, as samples.

Read from their status, not set into metric objects: a value that somebody must remember to set would
be old exactly when it matters.
"""

from collections.abc import Callable, Iterator, Sequence

from pgvitals import exposition, sample
from pgvitals.exposition import Described, family
from pgvitals.task import Status, Task

Run = tuple[Task, Status]
"""A task, and how its last run ended."""
Gauge = tuple[str, str, Callable[[Status], float | None]]


_OF_RUN: Sequence[Gauge] = (
    (
        "pgvitals_collector_duration_seconds",
        "Seconds that the last run of a query took, reading and rendering included.",
        lambda s: s.duration,
    ),
    (
        "pgvitals_collector_last_success_timestamp_seconds",
        "Unix time at which a query last succeeded.",
        lambda s: None if s.success_at is None else s.success_time,
    ),
    (
        "pgvitals_collector_backoff_failures",
        "Failures of a query in a row; the more, the longer until its next run.",
        lambda s: s.failures,
    ),
    (
        "pgvitals_collector_rows",
        "Rows that the last success of a query kept.",
        lambda s: s.rows,
    ),
    (
        "pgvitals_collector_series",
        "Series that the last success of a query gave.",
        lambda s: s.series,
    ),
    (
        "pgvitals_collector_dropped",
        "Rows over max_series and values Prometheus cannot hold, in the last success of a query.",
        lambda s: s.dropped,
    ),
    (
        "pgvitals_collector_duplicates",
        "Rows left out of the last success of a query because their labels came before.",
        lambda s: s.duplicates,
    ),
)
_OUTCOME = Described(
    "pgvitals_collector_outcome",
    "gauge",
    "1, labelled with how the last run of a query ended (success, error, timeout, skipped) and why.",
)
_AGE = Described("pgvitals_collector_age_seconds", "gauge", "Seconds since a query last succeeded.")


def families() -> list[Described]:
    """Every family that an account can have: what the reference lists."""
    return [*(Described(name, "gauge", help_) for name, help_, _ in _OF_RUN), _OUTCOME, _AGE]


def of_runs(runs: Sequence[Run]) -> bytes:
    """What stays as it is until the next run of each."""
    return b"".join(_of_runs(runs))


def ages(runs: Sequence[Run], now: float) -> bytes:
    """How old at `now` what each brought is."""
    since = [(c.named, s.success_at) for c, s in runs]
    return family(_AGE, [(named, now - at) for named, at in since if at is not None])


def _of_runs(runs: Sequence[Run]) -> Iterator[bytes]:
    ended = [(c.identity, s.outcome) for c, s in runs if s.outcome]
    how = [
        (*pairs, sample.label("outcome", o.kind), sample.label("reason", o.reason))
        for pairs, o in ended
    ]
    yield family(_OUTCOME, [(exposition.braces(pairs), 1) for pairs in how])
    for name, help_, value in _OF_RUN:
        yield family(Described(name, "gauge", help_), [(c.named, value(s)) for c, s in runs])
