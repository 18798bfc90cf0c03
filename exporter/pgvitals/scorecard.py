"""The scorecard: verdicts as samples."""

from collections.abc import Iterable, Sequence

from pgvitals import exposition, sample
from pgvitals.exposition import Block, Described, Family
from pgvitals.verdict import STATES, Verdict

_INFO = Described(
    "pgvitals_target_info",
    "gauge",
    "1, labelled with what a target is: its pillar, evidence, decision, owner and comparison.",
)
_VALUE = Described(
    "pgvitals_target_value",
    "gauge",
    "What a target came to, in base units: a ratio from 0 to 1, a count, seconds; absent unless evaluated.",
)
_THRESHOLD = Described(
    "pgvitals_target_threshold", "gauge", "What the value of a target is compared with."
)
_ENFORCED = Described(
    "pgvitals_target_enforced", "gauge", "1 if a target may alert, 0 if it is only shown."
)
_STATE = Described(
    "pgvitals_target_state",
    "gauge",
    "1 for the state of a target: met, unmet, not_evaluated or not_applicable; 0 for the others.",
)
_REASON = Described(
    "pgvitals_target_reason",
    "gauge",
    "1 while a target is not evaluated, labelled with why, and whether that is expected or lost.",
)
_FINDINGS = Described(
    "pgvitals_target_findings", "gauge", "Findings of a target, without exempted ones."
)
_COMPLETE = Described(
    "pgvitals_target_findings_complete",
    "gauge",
    "1 if the findings of a target are all there are, 0 if there may be more.",
)
_OMITTED = Described(
    "pgvitals_target_findings_omitted",
    "gauge",
    "Findings of a target that pgvitals_finding_info does not name.",
)
_EXEMPTED = Described(
    "pgvitals_target_exempted", "gauge", "Findings of a target that an exemption excuses."
)
_EVALUATED = Described(
    "pgvitals_target_evaluated_timestamp_seconds",
    "gauge",
    "Unix time at which a target was last evaluated.",
)
_FINDING = Described(
    "pgvitals_finding_info", "gauge", "1 for each of the worst findings of a target."
)
_ALL = (
    _INFO,
    _VALUE,
    _THRESHOLD,
    _ENFORCED,
    _STATE,
    _REASON,
    _FINDINGS,
    _COMPLETE,
    _OMITTED,
    _EXEMPTED,
    _EVALUATED,
    _FINDING,
)
# One object each: a page that has the same buffers as before is not compressed again.
_HEADERS = {of: exposition.header(*of) for of in _ALL}

Pairs = Sequence[str]


def families() -> list[Described]:
    """Every family of the targets."""
    return list(_ALL)


def block(verdict: Verdict) -> Block:
    """The samples of a verdict."""
    target = verdict.target
    own = [sample.label("target", target.id)]
    if target.scope == "database":
        own.append(sample.label("datname", verdict.datname))
    about = {
        "pillar": target.pillar,
        "evidence": target.evidence,
        "decision": target.decision,
        "owner": target.owner_of(),
        "comparison": target.comparison,
    }
    found = [
        _family(_INFO, [([*own, *_labels(about)], 1)]),
        _family(_VALUE, [(own, verdict.value)]),
        _family(_THRESHOLD, [(own, verdict.threshold)]),
        _family(_ENFORCED, [(own, int(target.enforced))]),
        _family(
            _STATE, [([*own, *_labels({"state": s})], int(s == verdict.state)) for s in STATES]
        ),
        _family(_REASON, _reason(own, verdict)),
        *_counts(own, verdict),
    ]
    return tuple(family for family in found if family.body)


def _reason(own: Pairs, verdict: Verdict) -> list[tuple[Pairs, float | None]]:
    said = {"reason": verdict.reason, "kind": verdict.kind_of_reason}
    return [([*own, *_labels(said)], 1)] if verdict.reason else []


def _counts(own: Pairs, verdict: Verdict) -> Iterable[Family]:
    if verdict.evaluated_at is None:
        return
    yield _family(_FINDINGS, [(own, verdict.found)])
    yield _family(_COMPLETE, [(own, int(verdict.complete))])
    yield _family(_OMITTED, [(own, verdict.found - len(verdict.findings))])
    yield _family(_EXEMPTED, [(own, verdict.exempted)])
    yield _family(_EVALUATED, [(own, verdict.evaluated_at)])
    named = ("schemaname", "object", "detail", "decision", "owner")
    told = [tuple(_labels({n: getattr(f, n) for n in named})) for f in verdict.findings]
    # Findings that differ in nothing that a label shows are one series.
    yield _family(_FINDING, [([*own, *labels], 1) for labels in dict.fromkeys(told)])


def _labels(of: dict[str, str]) -> list[str]:
    return [sample.label(name, value) for name, value in of.items()]


def _family(of: Described, measured: Sequence[tuple[Pairs, float | None]]) -> Family:
    texts = [None if value is None else repr(+value) for _, value in measured]
    body, _ = exposition.samples(of.name, [exposition.braces(p) for p, _ in measured], texts)
    return Family(of.name, _HEADERS[of], body)
