"""Wording: what verdicts say in plain English, the same in every format that people read.

Names come from a server, and whoever may make a table there chooses them: they come out on one line,
with nothing in them that a terminal would obey, and cut.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from itertools import count
from operator import ge, gt

from pgvitals.check import Checked, Report
from pgvitals.markup import visible
from pgvitals.target import Target
from pgvitals.verdict import Finding, Verdict

LONGEST = 60
"""Characters of a name that are shown."""

_WHY = {
    "not_implemented": "this release does not measure it yet",
    "not_enabled": "it is switched off; in the configuration, enabled under targets, {id} switches it on",
    "not_configured": "the roles or objects that it is about are not here, and not configured",
    "nothing_in_scope": "there is nothing here that it is about",
    "warming_up": "one look is not enough: it needs to be watched for a while",
    "uncertain": "what was measured allows neither verdict",
    "privilege": "the role {role} may not read what it needs",
    "version": "it needs PostgreSQL {version} or later",
    "extension": "it needs what is not installed here: {extensions}",
    "error": "the server answered with an error",
    "timeout": "the server took too long to answer (more than {timeout:g} s)",
    "stale": "what is known of it is too old",
    "incomplete": "only a part of it could be judged",
}
_DECISION = {
    "pause": "pause: {owner} decides",
    "fix": "fix: {owner} does it",
    "delegate": "delegate: to {owner}",
    "info": "to know: {owner}",
}
_NEED = {">=": "{} or more", "<=": "{} at most", "<": "under {}"}
_DENIED = re.compile(
    r"permission denied for (schema|table|view|materialized view|foreign table) (.{1,63})"
)


def name(text: str, longest: int = LONGEST) -> str:
    """A text of anybody's choice, to be shown on one line of at most `longest` characters."""
    shown = visible(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def message(text: str) -> str:
    """What a server said, on one line."""
    return name(text, 200)


def subject(finding: Finding) -> str:
    """What was found: schema.object (detail)."""
    place = ".".join(name(part) for part in (finding.schemaname, finding.object) if part)
    # The name of a kind tells nothing that its meaning would not.
    known = finding.detail in ("", finding.kind)
    return place if known else f"{place} ({name(finding.detail)})"


def decision(of: Finding | Target) -> str:
    """Who does or decides what."""
    owner = of.owner_of() if isinstance(of, Target) else of.owner
    return _DECISION[of.decision].format(owner=name(owner))


def state(verdict: Verdict) -> str:
    """The state in words; a proxy that is met proves nothing, it only found nothing."""
    if only_found_nothing(verdict):
        return "no findings"
    return verdict.state.replace("_", " ")


def only_found_nothing(verdict: Verdict) -> bool:
    """Whether it is met as far as a proxy can tell."""
    return verdict.state == "met" and verdict.target.evidence == "proxy"


def value(verdict: Verdict) -> str:
    """What was measured, and what is asked: `95.2% of 42 (needs 100%)`; empty where nothing was."""
    if verdict.value is None:
        return ""
    if verdict.target.measure == "count":
        shown = plural(int(verdict.value), "finding")
    else:
        size, unit = _unit(verdict)
        shown = f"{_cut(verdict, verdict.value, size)}{unit}"
    whole = f" of {verdict.denominator}" if verdict.target.measure == "ratio" else ""
    return f"{shown}{whole} (needs {need(verdict)})"


def need(verdict: Verdict) -> str:
    """The threshold in words."""
    size, unit = _unit(verdict)
    amount = f"{_plain(_decimal(verdict.threshold) / size)}{unit}"
    # More than all, or fewer than none, there cannot be.
    extreme = (verdict.target.measure, verdict.threshold) in (("ratio", 1.0), ("count", 0.0))
    return amount if extreme else _NEED[verdict.target.comparison].format(amount)


def why(checked: Checked, report: Report) -> str:
    """Why there is no verdict; empty where there is one."""
    verdict = checked.verdict
    target = verdict.target
    if verdict.state == "not_applicable":
        return (
            "it is judged on the primary only" if report.in_recovery else "it does not apply here"
        )
    return _WHY.get(verdict.reason, verdict.reason).format(
        id=target.id,
        role=name(report.role),
        version=target.requires.min_version,
        extensions=", ".join(target.requires.extensions) or "an extension or a relation",
        timeout=target.timeout,
    )


def grant(said: str, role: str) -> str:
    """The statement after which `role` would not be told `said`; empty where that cannot be known."""
    denied = _DENIED.fullmatch(said)
    # No identifier of PostgreSQL has more than 63 bytes.
    if denied is None or len(role) > 63 or not (said + role).isprintable():
        return ""
    kind, object_ = denied[1], _quoted(denied[2])
    # Of a relation the server tells the name without the schema.
    what = f"USAGE ON SCHEMA {object_}" if kind == "schema" else f"SELECT ON <schema>.{object_}"
    return f"GRANT {what} TO {_quoted(role)};"


def release(report: Report) -> str:
    """The version as people write it: 18.1 of 180001."""
    return f"{report.version // 10_000}.{report.version % 10_000}"


def databases(report: Report) -> list[str]:
    """The databases that were checked, in order."""
    return list(dict.fromkeys(checked.verdict.datname for checked in report.checked))


def plural(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def by_kind(verdict: Verdict, most: int) -> Iterator[tuple[str, list[Finding]]]:
    """The worst findings by kind; violations come before remarks."""
    remarks = verdict.target.remarks
    worst = sorted(verdict.findings, key=lambda finding: finding.kind in remarks)[:most]
    for kind in dict.fromkeys(finding.kind for finding in worst):
        yield kind, [finding for finding in worst if finding.kind == kind]


def _unit(verdict: Verdict) -> tuple[Decimal, str]:
    """What values and thresholds of a target are shown in: its size in base units, and its sign."""
    measure = verdict.target.measure
    if measure == "ratio":
        return Decimal("0.01"), "%"
    if measure == "count":
        return Decimal(1), ""
    return (Decimal(3_600), " h") if verdict.threshold >= 7_200 else (Decimal(1), " s")


def _cut(verdict: Verdict, number: float, size: Decimal) -> str:
    """The number in units of `size`, cut and not rounded: 99.96% is not 100%.

    It has one decimal, and more where fewer would put it on the other side of the threshold.
    """
    exact, threshold = _decimal(number) / size, _decimal(verdict.threshold) / size
    above = gt if verdict.target.comparison == "<=" else ge
    for digits in count(1):
        shown = exact.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR)
        if shown == exact or (shown and above(shown, threshold) == above(exact, threshold)):
            break
    return _plain(shown)


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(identifier: str) -> str:
    doubled = identifier.replace('"', '""')
    return f'"{doubled}"'
