"""Markdown, for a ticket or a review: the response format of the source document.

A section for which a check has no data is left out: it knows no repository, no durations and no way
back. Names become code, in which nothing is markup, a link or a mention.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import get_args

from pgvitals.check import Checked, Report
from pgvitals.formats import wording
from pgvitals.markup import visible
from pgvitals.target import Decision
from pgvitals.verdict import Verdict

Lines = Iterator[str]

_PHASES = {
    "pause": "Decide before anything else is deployed",
    "fix": "Fix",
    "delegate": "Delegate",
    "info": "Know",
}


def render(report: Report) -> str:
    """The report as a document in GitHub's Markdown."""
    unmet = [c.verdict for c in report.checked if c.verdict.state == "unmet"]
    sections = {
        "System State Verification": _system(report),
        "Assessment": _assessment(report),
        "Recommendation": _recommendation(unmet),
        "Implementation Plan": _plan(unmet),
        "Verification Steps": _verification(unmet),
        "Agent Coordination": _coordination(unmet),
        "Checklist": _checklist(report),
    }
    texts = {title: "\n".join(lines) for title, lines in sections.items()}
    return "\n".join(f"## {title}\n\n{text.strip()}\n" for title, text in texts.items() if text)


def _system(report: Report) -> Lines:
    role = "standby" if report.in_recovery else "primary"
    names = ", ".join(code(name) for name in wording.databases(report))
    counts = report.summary()
    yield f"- **Server**: {code(report.server)}, PostgreSQL {wording.release(report)}, {role}"
    yield f"- **Database**: {names}"
    yield f"- **Role**: {code(report.role)}"
    yield f"- **Targets**: {', '.join(f'{counts[s]} {s}'.replace('_', ' ') for s in counts)}"


def _assessment(report: Report) -> Lines:
    yield "| Pillar | Promise | Database | State | Value |"
    yield "| --- | --- | --- | --- | --- |"
    for checked in report.checked:
        verdict = checked.verdict
        target = verdict.target
        where = cell(verdict.datname) if target.scope == "database" else "all"
        told = wording.value(verdict) or wording.why(checked, report)
        yield (
            f"| {target.pillar} | {prose(target.document)} | {where} "
            f"| {wording.state(verdict)} | {prose(told)} |"
        )
    for checked in report.checked:
        yield from _found(checked, report)


def _found(checked: Checked, report: Report) -> Lines:
    verdict = checked.verdict
    target = verdict.target
    if not verdict.findings and not checked.message:
        return
    yield f"\n### {_title(verdict)}\n"
    if checked.message:
        yield f"- The server said: {code(checked.message, 200)}"
        if grant := wording.grant(checked.message, report.role):
            yield f"- Do: {code(grant, len(grant))}"
    for kind, findings in wording.by_kind(verdict, len(verdict.findings)):
        means = prose(target.means_of(kind))
        yield from (f"- {code(wording.subject(finding), 200)} {means}" for finding in findings)
    if (more := verdict.found - len(verdict.findings)) > 0:
        yield f"- and {more} more"


def _recommendation(unmet: Sequence[Verdict]) -> Lines:
    for verdict in unmet:
        remedies = [remedy for _, _, remedy in _tasks(verdict)]
        yield from (f"- {_title(verdict)}: {prose(remedy)}" for remedy in dict.fromkeys(remedies))


def _plan(unmet: Sequence[Verdict]) -> Lines:
    tasks = sorted(
        {(*task, _title(v)): None for v in unmet for task in _tasks(v)},
        key=lambda task: (get_args(Decision).index(task[0]), task[1]),
    )
    for number, ((decision, owner), group) in enumerate(
        groupby(tasks, key=lambda task: task[:2]), 1
    ):
        yield f"\n### Phase {number}: {_PHASES[decision]}\n"
        yield from (f"- {title}: {prose(remedy)}" for _, _, remedy, title in group)
        yield f"\n**Owner**: {prose(owner)}"


def _verification(unmet: Sequence[Verdict]) -> Lines:
    for number, verdict in enumerate(unmet, 1):
        yield f"{number}. `pgvitals check` shows as met: {_title(verdict)}"


def _coordination(unmet: Sequence[Verdict]) -> Lines:
    owners: Mapping[str, dict[str, None]] = defaultdict(dict)
    for verdict in unmet:
        for _, owner, _ in _tasks(verdict):
            owners[owner][_title(verdict)] = None
    yield from (f"- @{prose(owner)}: {'; '.join(titles)}" for owner, titles in owners.items())


def _checklist(report: Report) -> Lines:
    for checked in report.checked:
        verdict = checked.verdict
        if verdict.state == "not_applicable" or verdict.reason == "not_implemented":
            continue
        aside = "" if verdict.state in ("met", "unmet") else " (not evaluated)"
        yield f"- [{'x' if verdict.state == 'met' else ' '}] {_title(verdict)}{aside}"


def _tasks(verdict: Verdict) -> Iterator[tuple[Decision, str, str]]:
    """What is to be done: decision, owner and remedy of each kind that was found."""
    target = verdict.target
    for kind, _ in wording.by_kind(verdict, len(verdict.findings)):
        yield target.decision_of(kind), target.owner_of(kind), target.remedy_of(kind)
    if not verdict.findings:
        yield target.decision, target.owner_of(), target.remedy


def _title(verdict: Verdict) -> str:
    promise = prose(verdict.target.document)
    return (
        f"{promise} in {code(verdict.datname)}" if verdict.target.scope == "database" else promise
    )


def prose(text: str) -> str:
    """Text of which nothing is markup, nor what GitHub takes for a link."""
    return re.sub(r"([\\`*_\[\]<>|~&@]|:(?=//)|(?<=www)\.)", r"\\\1", visible(text))


def code(text: str, longest: int = wording.LONGEST) -> str:
    """Text as code: between more backticks than it has in a row."""
    shown = wording.name(text, longest) or " "  # two backticks alone would open code, not be it
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def cell(text: str) -> str:
    """The same in a table: a bar would end the cell, and not all agree on how it is escaped."""
    return code(text.replace("|", "\\x7c"))
