"""JUnit's XML, for what shows test results: a suite for each pillar, a case for each target and database."""

from collections import Counter
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pgvitals.check import Checked, Report
from pgvitals.formats import wording
from pgvitals.markup import visible
from pgvitals.verdict import Verdict


def render(report: Report) -> str:
    """The report as an XML document; what is unmet failed, what was not evaluated was skipped."""
    whole = Element("testsuites", {"name": "pgvitals check", **_counts(report.checked)})
    for pillar in dict.fromkeys(checked.verdict.target.pillar for checked in report.checked):
        of_pillar = [c for c in report.checked if c.verdict.target.pillar == pillar]
        about = {"name": pillar, "hostname": visible(report.server)}
        suite = SubElement(whole, "testsuite", {**about, **_counts(of_pillar)})
        for checked in of_pillar:
            _add_case(suite, checked, report)
    indent(whole)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(whole, "unicode")}\n'


def _counts(of: Sequence[Checked]) -> dict[str, str]:
    states = Counter(checked.verdict.state for checked in of)
    return {
        "tests": str(len(of)),
        "failures": str(states["unmet"]),
        "errors": "0",
        "skipped": str(states["not_evaluated"] + states["not_applicable"]),
    }


def _add_case(suite: Element, checked: Checked, report: Report) -> None:
    verdict = checked.verdict
    target = verdict.target
    where = f" in {visible(verdict.datname)}" if target.scope == "database" else ""
    case = SubElement(
        suite, "testcase", classname=f"pgvitals.{target.pillar}", name=target.id + where, time="0"
    )
    if verdict.state == "unmet":
        said = f"{target.document}: {wording.value(verdict)}"
        failure = SubElement(case, "failure", message=said, type=target.decision)
        failure.text = "\n".join(_lines(verdict))
    elif verdict.state != "met":
        told = (wording.why(checked, report), wording.message(checked.message))
        SubElement(case, "skipped", message=": ".join(text for text in told if text))


def _lines(verdict: Verdict) -> list[str]:
    target, lines = verdict.target, []
    for kind, findings in wording.by_kind(verdict, len(verdict.findings)):
        means = target.means_of(kind)
        lines += [f"{wording.subject(finding)} {means}" for finding in findings]
        lines.append(f"do: {target.remedy_of(kind)} ({wording.decision(findings[0])})")
    if (more := verdict.found - len(verdict.findings)) > 0:
        lines.append(f"and {more} more")
    return lines or [f"do: {target.remedy} ({wording.decision(target)})"]
