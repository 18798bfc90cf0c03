"""JSON, for programs: everything that is known of each target, under stable keys.

What is missing is null, times are ISO 8601 in UTC. `version` changes when a key changes its meaning.
"""

import json
import math
from datetime import UTC, datetime

from pgvitals.check import Report
from pgvitals.verdict import Finding, Verdict

VERSION = 1


def render(report: Report) -> str:
    """The report as one JSON object; everything outside ASCII is escaped."""
    whole = {
        "version": VERSION,
        "instance": {
            "server": report.server,
            "version": report.version,
            "in_recovery": report.in_recovery,
            "role": report.role,
        },
        "summary": report.summary(),
        "targets": [_target(checked.verdict) for checked in report.checked],
    }
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def _target(verdict: Verdict) -> dict[str, object]:
    target = verdict.target
    return {
        "id": target.id,
        "pillar": target.pillar,
        "datname": _datname(verdict),
        "state": verdict.state,
        "reason": verdict.reason,
        "value": _finite(verdict.value),
        "numerator": verdict.numerator,
        "denominator": verdict.denominator,
        "threshold": _finite(verdict.threshold),
        "comparison": target.comparison,
        "evidence": target.evidence,
        "decision": target.decision,
        "owner": target.owner_of(),
        "window_seconds": None,
        "evaluated_at": _moment(verdict.evaluated_at),
        "findings_total": verdict.found,
        "findings_complete": verdict.complete,
        "exempted": verdict.exempted,
        "findings": [_finding(verdict, finding) for finding in verdict.findings],
    }


def _finding(verdict: Verdict, finding: Finding) -> dict[str, object]:
    return {
        "datname": _datname(verdict),
        "schemaname": finding.schemaname,
        "object": finding.object,
        "detail": finding.detail,
        "decision": finding.decision,
        "owner": finding.owner,
    }


def _datname(verdict: Verdict) -> str | None:
    return verdict.datname if verdict.target.scope == "database" else None


def _finite(number: float | None) -> float | None:
    # JSON has no NaN and no infinity.
    return number if number is not None and math.isfinite(number) else None


def _moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
