"""Text, for people at a terminal: each promise on a line, and below it what breaks it and what to do.

Made with click and textwrap: were the library rich installed, structlog would load it into every daemon.
"""

import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple, TextIO

import click

from pgvitals.check import Checked, Report
from pgvitals.formats import wording
from pgvitals.verdict import Verdict

WIDTH = 100
"""Columns of a line, where a terminal does not have fewer."""
WORST = 5
"""Findings of a target that are shown."""

_BAR = 10
_STYLES = {
    "met": "green",
    "no findings": "cyan",
    "unmet": "red",
    "not evaluated": "yellow",
    "not applicable": "bright_black",
}
_MARKS = dict(zip(_STYLES, "✓○✗?-", strict=True))
_ASCII = str.maketrans("✓○✗█░", "+o!#.")
"""For streams that cannot show the others."""

Lines = Iterator[str]


class Page(NamedTuple):
    """What the text is written on: so many columns, with `colours` or without."""

    width: int = WIDTH
    colours: bool = False

    @classmethod
    def of(cls, to: TextIO) -> "Page":
        """What a stream can show; NO_COLOR is minded, and a terminal that is dumb."""
        if not to.isatty():
            return cls()
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return cls(min(WIDTH, shutil.get_terminal_size().columns), not plain)

    def painted(self, text: str, colour: str | None = None, *, bold: bool = False) -> str:
        """The text in a colour, where there are colours."""
        return click.style(text, fg=colour, bold=bold or None) if self.colours else text

    def wrapped(self, text: str, indent: int) -> Lines:
        """The lines of a text, one at least, all of them indented."""
        for line in wrap(text, max(20, self.width - indent), break_on_hyphens=False) or [""]:
            yield " " * indent + line

    def hung(self, label: str, text: str, indent: int = 4) -> Lines:
        """The lines of a text that hangs beside its label."""
        first, *rest = self.wrapped(text, indent + len(label) + 1)
        yield " " * indent + self.painted(label, bold=True) + first[indent + len(label) :]
        yield from rest


def render(report: Report, to: TextIO | None = None) -> str:
    """The report for the stream `to` (standard output), in colours if that is a terminal."""
    to = to or sys.stdout
    text = "".join(f"{line}\n" for line in _lines(report, Page.of(to)))
    encoding = to.encoding or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = text.translate(_ASCII)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _lines(report: Report, page: Page) -> Lines:
    yield from _heading(report, page)
    for title, part in _sections(report).items():
        yield from ("", page.painted(title, bold=True))
        for checked in part:
            yield from _line(checked.verdict, page)
            yield from _below(checked, report, page)
    later = [c.verdict for c in report.checked if c.verdict.reason == "not_implemented"]
    if later:
        promises = dict.fromkeys(verdict.target.document for verdict in later)
        yield from ("", page.painted("Not measured by this release yet", bold=True))
        yield from page.wrapped("; ".join(promises), 4)
    yield from _end(report, len(later), page)


def _heading(report: Report, page: Page) -> Lines:
    names = wording.databases(report)
    where = f"database {wording.name(names[0])}" if len(names) == 1 else f"{len(names)} databases"
    role = "standby" if report.in_recovery else "primary"
    server = f"PostgreSQL {wording.release(report)} at {wording.name(report.server)}"
    yield page.painted(server, bold=True)
    yield from page.wrapped(f"{role}, {where}, seen as the role {wording.name(report.role)}", 0)
    yield from page.wrapped("Each line is a promise about the database, and whether it is kept.", 0)


def _sections(report: Report) -> dict[str, list[Checked]]:
    """What is shown line by line, by pillar, and by database where there are several."""
    several = len(wording.databases(report)) > 1
    sections: dict[str, list[Checked]] = defaultdict(list)
    for checked in report.checked:
        verdict = checked.verdict
        if verdict.reason == "not_implemented":
            continue
        title = verdict.target.pillar.capitalize()
        if several and verdict.target.scope == "database":
            title += f" in {wording.name(verdict.datname)}"
        sections[title].append(checked)
    return sections


def _line(verdict: Verdict, page: Page) -> Lines:
    state = wording.state(verdict)
    colour = _STYLES[state]
    head = page.painted(f"{_MARKS[state]} {state:14}", colour)
    promise = f"{verdict.target.document:38}"
    bar = f"{_bar(verdict):{_BAR}} " if page.width == WIDTH else ""
    indent = len(f"x {state:14} {promise} {bar}")
    first, *rest = page.wrapped(wording.value(verdict), indent)
    yield f"{head} {promise} {page.painted(bar, colour)}{first[indent:]}".rstrip()
    yield from rest


def _bar(verdict: Verdict) -> str:
    if verdict.value is None or verdict.target.measure != "ratio":
        return ""
    full = int(verdict.value * _BAR)
    return "█" * full + "░" * (_BAR - full)


def _below(checked: Checked, report: Report, page: Page) -> Lines:
    verdict = checked.verdict
    if why := wording.why(checked, report):
        yield from page.hung("why:", why)
    if checked.message:
        yield from page.hung("the server said:", wording.message(checked.message))
    if grant := wording.grant(checked.message, report.role):
        yield from page.hung("do:", grant)
    yield from _findings(verdict, page)
    if (more := verdict.found - min(len(verdict.findings), WORST)) > 0:
        yield f"    and {'' if verdict.complete else 'at least '}{more} more"
    if verdict.exempted:
        yield f"    not counted: {wording.plural(verdict.exempted, 'exempted finding')}"


def _findings(verdict: Verdict, page: Page) -> Lines:
    target = verdict.target
    for kind, findings in wording.by_kind(verdict, WORST):
        label = "note:" if kind in target.remarks else "-"
        for finding in findings:
            yield from page.hung(label, f"{wording.subject(finding)} {target.means_of(kind)}")
        todo = f"{target.remedy_of(kind)} ({wording.decision(findings[0])})"
        yield from page.hung("do:", todo)
    if verdict.state == "unmet" and not verdict.findings:
        yield from page.hung("do:", f"{target.remedy} ({wording.decision(target)})")


def _end(report: Report, later: int, page: Page) -> Lines:
    verdicts = [checked.verdict for checked in report.checked]
    guessed = sum(wording.only_found_nothing(verdict) for verdict in verdicts)
    asides = {
        "met": f" ({guessed} only for want of findings)" if guessed else "",
        "not_evaluated": f" ({later} not measured yet)" if later else "",
    }
    counts = report.summary()
    told = (f"{counts[s]} {s.replace('_', ' ')}{asides.get(s, '')}" for s in counts)
    yield ""
    yield from page.wrapped(", ".join(told), 0)
    for step in _steps(verdicts):
        yield from page.hung("-", step, 0)


def _steps(verdicts: Sequence[Verdict]) -> Lines:
    """What may be done next."""
    if any(verdict.state == "unmet" for verdict in verdicts):
        yield "mend what is unmet, from the top; each line marked do: says how"
        yield "pgvitals baseline: accept the findings of today, so that only new ones count"
    if any(verdict.reason == "privilege" for verdict in verdicts):
        yield "pgvitals grants: the SQL that gives this role what it needs"
    yield "pgvitals check --format json: all of this for programs; markdown and junit are there too"
