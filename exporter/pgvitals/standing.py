"""Standing: how servers and collectors stand, in few words, for people; judged once for a page."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pgvitals.collector import Collector
from pgvitals.heartbeat import STARTING, Heartbeat
from pgvitals.instance import Instance

TONES = {
    "down": "bad",
    "error": "bad",
    "timeout": "bad",
    "stale": "bad",
    STARTING: "calm",
    "waiting": "calm",
    "skipped": "calm",
    "up": "good",
    "success": "good",
}
"""Every state of a server or a collector, worst first, and how it is to be taken."""
_RANK = {state: rank for rank, state in enumerate(TONES)}
_NAMED = 3
"""Servers that one sentence names."""


class Standing(NamedTuple):
    """One server: `state` is up, down or starting, `reason` says why it is down.

    `counts` are those of its collectors by state; `worst` are the collectors to show, with theirs.
    """

    instance: Instance
    state: str
    reason: str
    counts: Counter[str]
    worst: Sequence[tuple[str, Collector]]

    @property
    def trouble(self) -> int:
        """How many collectors are in trouble."""
        return sum(count for state, count in self.counts.items() if TONES[state] == "bad")


class Verdict(NamedTuple):
    """All servers in one sentence, and what is to be known next."""

    tone: str
    headline: str
    detail: str = ""


def of_collector(collector: Collector, now: float) -> str:
    """How its last run ended; `waiting` before it, `stale` when its success is too old to be served."""
    ended = collector.status.outcome
    if ended is None:
        return "waiting"
    return "stale" if ended.kind == "success" and not collector.fresh(now) else ended.kind


def of_instance(instance: Instance, now: float, most: int) -> Standing:
    """Judge a server and all its collectors; `most` of them stay to be shown, those in trouble first."""
    reason = instance.heartbeat.reason(now)
    state = reason if reason == STARTING else "down" if reason else "up"
    judged = [(of_collector(collector, now), collector) for collector in instance.bound.collectors]
    counts = Counter(state for state, _ in judged)
    worst = heapq.nsmallest(most, judged, key=_urgency)
    return Standing(instance, state, reason if state == "down" else "", counts, worst)


def by_urgency(standings: Iterable[Standing]) -> list[Standing]:
    """Put servers that are down first, then those in trouble; else as the configuration has them."""
    return sorted(standings, key=lambda s: (s.state != "down", not s.trouble, _RANK[s.state]))


def worst_first(counts: Counter[str]) -> list[tuple[str, int]]:
    """States and how many there are of each."""
    return sorted(counts.items(), key=lambda count: _RANK[count[0]])


def verdict(standings: Sequence[Standing], now: float) -> Verdict:
    """Say how all of it is, the worst first."""
    if not standings:
        return Verdict("calm", "No server is watched")
    down, starting, up = (
        [standing for standing in standings if standing.state == state]
        for state in ("down", STARTING, "up")
    )
    trouble = any(standing.trouble for standing in up)
    if away := down or ([] if trouble else starting):
        return _of_servers(away, len(standings), now)
    return _of_collectors(up, len(standings))


def age(seconds: float) -> str:
    """A time span in one unit: `42 s`, `3 min`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:,.0f} {unit}"
    return f"{max(0, int(seconds))} s"


def _urgency(judged: tuple[str, Collector]) -> tuple[int, bool]:
    state, collector = judged
    return _RANK[state], not (collector.status.dropped or collector.status.duplicates)


def _login(heartbeat: Heartbeat, now: float) -> str:
    """When the server last let us in."""
    if heartbeat.good_at is None:
        return "No login was answered yet."
    return f"The last login was answered {age(now - heartbeat.good_at)} ago."


def _servers(group: Sequence[Standing], of: int) -> str:
    """Who is in the state of `group`, out of so many servers."""
    if len(group) == 1:
        return f"{group[0].instance.name} is {group[0].state}"
    many = f"{len(group)} of {of}" if len(group) < of else "Both" if of == 2 else f"All {of}"
    return f"{many} servers are {group[0].state}"


def _names(group: Sequence[Standing]) -> str:
    """Name some servers, with what is wrong."""
    named = [f"{s.instance.name} ({s.reason})" if s.reason else s.instance.name for s in group]
    more = [f"{len(group) - _NAMED} more"] if len(group) > _NAMED else []
    return ", ".join([*named[:_NAMED], *more])


def _of_servers(away: Sequence[Standing], of: int, now: float) -> Verdict:
    """The verdict while servers are down, or starting."""
    first, tone = away[0], TONES[away[0].state]
    if len(away) > 1:
        return Verdict(tone, _servers(away, of), _names(away))
    why = f": {first.reason}" if first.reason else ""
    return Verdict(tone, _servers(away, of) + why, _login(first.instance.heartbeat, now))


def _of_collectors(up: Sequence[Standing], of: int) -> Verdict:
    """The verdict while no server is down."""
    servers = _servers(up, of)
    counts = sum((standing.counts for standing in up), Counter[str]())
    if trouble := sum(standing.trouble for standing in up):
        much = f"{trouble:,} of {counts.total():,} collectors in trouble"
        return Verdict("bad", f"{servers}, {much}")
    well = [f"{counts['success']:,} {'collector' if counts['success'] == 1 else 'collectors'} well"]
    rest = [f"{count:,} {state}" for state, count in worst_first(counts) if state != "success"]
    return Verdict("good", ", ".join([servers, *well, *rest]))
