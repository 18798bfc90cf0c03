"""Unit tests of rules as promtool runs them, and what they cover; also as if scrapes were rarer."""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from support import promql
from support.rules import ALERTS, Rule, seconds

TESTS = ALERTS / "tests"
_RUN = re.compile(r"(?P<first>-?[\d.e+]+?|_)((?P<step>[+-][\d.e+]+?)?x(?P<times>\d+))?")
_COUNT = 'count(ALERTS{{alertname="{}",alertstate="firing"}})'


class Cover(NamedTuple):
    """Which of the five things a rule's tests show."""

    fires: bool
    quiet_before: bool
    resolves: bool
    gap: bool
    reset: bool


def files() -> list[Path]:
    """Every file of tests."""
    return sorted(TESTS.glob("*.yaml"))


def samples(values: str) -> list[str]:
    """The samples that a series of promtool's notation stands for, `_` where there is none.

    Raises ValueError for what is no such notation.
    """
    return [sample for token in values.split() for sample in _expanded(token)]


def rarer(document: Mapping[str, Any], every: float) -> dict[str, Any]:
    """The same tests, scraped only every so many seconds; left out are those of other intervals."""
    fitting = [test for test in document["tests"] if every % seconds(test["interval"]) == 0]
    rules = [str((TESTS / name).resolve()) for name in document["rule_files"]]
    tests = [_rarer(test, every) for test in fitting]
    return {**document, "rule_files": rules, "evaluation_interval": f"{every:g}s", "tests": tests}


def cover(rule: Rule) -> Cover:
    """What the tests of an alert show."""
    own = [test for test in every_test() if rule.name in _alerts_of(test)]
    lives = [_life(test, rule.name) for test in own]
    flat = [value for test in own for value in _values(test)]
    fires = [life for life in lives if any(firing for _, firing in life)]
    return Cover(
        bool(fires) and any(_annotated(test, rule.name) for test in own),
        any(not firing for life in lives for _, firing in _before(life)),
        any(life[-1][1] == 0 for life in fires),
        any("_" in " ".join(samples(value)).strip("_ ") for value in flat),
        not _counts(rule) or any(_falls(samples(value)) for value in flat),
    )


def firing(alert: str, count: int, at: str) -> dict[str, Any]:
    """A test of how many alerts of a name fire."""
    expected = [{"labels": "{}", "value": count}] if count else []
    return {"expr": _COUNT.format(alert), "eval_time": at, "exp_samples": expected}


def _expanded(token: str) -> Iterator[str]:
    if token == "stale":
        yield token
        return
    found = _RUN.fullmatch(token)
    if found is None:
        raise ValueError(f"found {token}, expected a, axN, a+bxN, _xN or stale")
    times = int(found["times"] or 0)
    if found["first"] == "_":
        yield from ["_"] * (times if found["times"] else 1)
        return
    first, step = float(found["first"]), float(found["step"] or 0)
    yield from (f"{first + step * number:.15g}" for number in range(times + 1))


def _rarer(test: Mapping[str, Any], every: float) -> dict[str, Any]:
    kept = round(every / seconds(test["interval"]))
    series = [
        {**one, "values": " ".join(_thinned(samples(one["values"]), kept))}
        for one in test["input_series"]
    ]
    counts = [
        firing(one["alertname"], len(one.get("exp_alerts") or ()), one["eval_time"])
        for one in test.get("alert_rule_test", ())
    ]
    asked = [one for one in test.get("promql_expr_test", ()) if "ALERTS" in one["expr"]]
    changed = {"interval": f"{every:g}s", "input_series": series, "alert_rule_test": []}
    return {**test, **changed, "promql_expr_test": [*counts, *asked]}


def _thinned(every: Sequence[str], kept: int) -> Iterator[str]:
    """Each kept sample; an end that falls between two is seen at the next."""
    for start in range(0, len(every), kept):
        ended = "stale" in every[max(0, start - kept + 1) : start] and every[start] == "_"
        yield "stale" if ended else every[start]


@functools.cache
def every_test() -> Sequence[Mapping[str, Any]]:
    """The groups of all files, read once."""
    documents = [yaml.load(file.read_text(), yaml.CSafeLoader) for file in files()]
    return [test for document in documents for test in document["tests"]]


def _alerts_of(test: Mapping[str, Any]) -> set[str]:
    named = {one["alertname"] for one in test.get("alert_rule_test", ())}
    return named | set(re.findall(r'alertname="(\w+)"', _asked(test)))


def _asked(test: Mapping[str, Any]) -> str:
    return " ".join(one["expr"] for one in test.get("promql_expr_test", ()))


def _life(test: Mapping[str, Any], alert: str) -> list[tuple[float, int]]:
    """When a test looks, and how many alerts of the name it expects, in the order of time."""
    rules = [
        (seconds(one["eval_time"]), len(one.get("exp_alerts") or ()))
        for one in test.get("alert_rule_test", ())
        if one["alertname"] == alert
    ]
    asked = [
        (seconds(one["eval_time"]), int(bool(one.get("exp_samples"))))
        for one in test.get("promql_expr_test", ())
        if f'"{alert}"' in one["expr"] and "firing" in one["expr"]
    ]
    return sorted([*rules, *asked])


def _before(life: Sequence[tuple[float, int]]) -> Iterable[tuple[float, int]]:
    """Looks before it first fires; all, where it never does."""
    first = next((at for at, firing in life if firing), float("inf"))
    return [look for look in life if look[0] < first]


def _annotated(test: Mapping[str, Any], alert: str) -> bool:
    return any(
        one["alertname"] == alert
        and any("exp_annotations" in e for e in one.get("exp_alerts") or ())
        for one in test.get("alert_rule_test", ())
    )


def _values(test: Mapping[str, Any]) -> list[str]:
    return [one["values"] for one in test["input_series"]]


def _counts(rule: Rule) -> bool:
    return any(call.func.name in promql.COUNTING for call in promql.calls(rule.expr))


def _falls(every: Sequence[str]) -> bool:
    numbers = [float(sample) for sample in every if sample not in ("_", "stale")]
    return any(later < earlier for earlier, later in itertools.pairwise(numbers))
