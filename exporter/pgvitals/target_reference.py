"""The pages about targets: what each asks, how it is known and its SQL, made from the definitions.

What no definition can tell is written by hand, in targets/parts/ID.md below the pages' directory.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from psycopg import sql

from pgvitals import agenda, verdict
from pgvitals.config import Config
from pgvitals.markdown import MADE, fenced, table
from pgvitals.measuring import settings
from pgvitals.target import Setting, Target

FOLDER = "targets"
"""Where the pages are, below the directory of the reference."""

_EVIDENCE = {
    "measured": "catalogs or counters settle it",
    "estimated": "it is worked out by a method that can be wrong",
    "proxy": "findings speak against it; met only means that none was found",
    "proved": "something was executed to see it",
}
_VALUE = {
    "ratio": "a ratio from 0 to 1, what is no violation of all that is in scope",
    "count": "a count of violations",
    "seconds": "seconds",
}
_ASKED = {">=": "{} or more", "<=": "{} at most", "<": "under {}"}
_DECISION = {
    "pause": "pause, {owner} decides",
    "fix": "fix, {owner} does it",
    "delegate": "delegate to {owner}",
    "info": "for {owner} to know",
}
_WHEN = {
    "not_implemented": "this release does not measure it yet",
    "not_enabled": "it is switched off",
    "not_configured": "the roles or objects that it is about are not here, or not configured",
    "nothing_in_scope": "there is nothing in the database that it is about: 0 of 0 is no success",
    "warming_up": "it was not measured yet, or needs to be watched for a while",
    "uncertain": "what was measured allows neither verdict",
    "privilege": "the role of pgvitals may not read what it needs",
    "version": "the server is too old for it",
    "extension": "an extension that it needs is not installed",
    "error": "the server answered with an error",
    "timeout": "the server did not answer in time",
    "stale": "the last measurement is too old",
    "incomplete": "only a part of it could be judged",
}
_ON_CHANGE = " and within about a minute of a change of the catalogs"
_INTRODUCTION = """\
Twenty promises, each a target: a number that is compared with a threshold, and the objects that keep it
from being met. `pgvitals check` assesses them once, the daemon again and again; both say the same.

A target is *met*, *unmet*, *not applicable* or *not evaluated*. It is never met for want of evidence: then
it is not evaluated, for a reason that is *expected*, and none for an alarm, or *lost*, and one after a while.
[What a role sees](roles.md) says which privileges are needed.
"""
_ADOPTING = """\
## Making them yours

Those that are enforced may alert, the others are only shown; `enforce` in the
[configuration](../configuration.md) names them. `targets` there changes a threshold, a setting or an
interval, or switches a target off, for all instances or one; a threshold also for one database. `scope` names
the roles and the schemas of your API, `owners` maps the owners to your teams. `pgvitals baseline` prints
today's findings as exemptions: from then on only new ones count.

## Reasons for not being evaluated
"""
_BY_HAND = """\
In psql, the statement is what follows prints: `queries/targets/scope.sql` stands before the SQL above, and
behind it is what counts the rows and keeps the findings.
"""
_PRINT = """\
python -c "from pgvitals import agenda, measuring
print(measuring.statement(agenda.shipped()['{id}']))"
"""
_BEGIN = """\
begin read only;
set local search_path = pg_catalog;
set local row_security = off;
"""


def pages(directory: Path) -> dict[str, str]:
    """The pages of `directory` by their names in it; what is written by hand is read there."""
    targets = agenda.shipped().values()
    made = {f"{FOLDER}/README.md": _overview()}
    for target in targets:
        file = directory / FOLDER / "parts" / f"{target.id}.md"
        part = file.read_text("utf-8") if file.is_file() else ""
        made[f"{FOLDER}/{target.id}.md"] = _text(_page(target, part))
    return made


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _overview() -> str:
    head = ("", "target", "promise", "value", "threshold", "evidence", "enforced", "implemented")
    reasons = (
        (f"`{reason}`", "lost" if reason in verdict.LOST else "expected", _WHEN[reason])
        for reason in verdict.REASONS
    )
    lines = [
        "# Targets",
        MADE,
        "",
        _INTRODUCTION,
        *table(head, map(_row, agenda.shipped().values())),
    ]
    return _text(iter([*lines, _ADOPTING, *table(("reason", "kind", "when"), reasons)]))


def _row(target: Target) -> tuple[str, ...]:
    return (
        str(target.number),
        f"[{target.id}]({target.id}.md)",
        target.document,
        target.description.rstrip("."),
        _asked(target),
        target.evidence,
        "yes" if _enforced(target) else "no",
        "yes" if target.implemented else "no",
    )


def _page(target: Target, part: str) -> Iterator[str]:
    yield from (f"# {target.id}", MADE, "", f"> {target.document}", "")
    if not target.implemented:
        yield from ("**Not implemented yet.** What it will measure:", "")
    yield from (target.description, "", *_facts(target), "")
    yield from _kinds(target)
    yield from _settings(target)
    if target.implemented:
        yield from _without_verdict(target)
        yield from (part, "") if part else ()
        yield from _sql(target)
        yield from _by_hand(target)


def _facts(target: Target) -> Iterator[str]:
    where = "in each database" if target.scope == "database" else "once a server"
    off = "" if target.enabled else "; off until the configuration switches it on"
    yield f"- **Place**: number {target.number} of the document, {target.pillar}"
    yield f"- **Value**: {_VALUE[target.measure]}"
    yield f"- **Met**: {_asked(target)}"
    yield f"- **Evidence**: {target.evidence}; {_EVIDENCE[target.evidence]}"
    yield f"- **Unmet**: {_decision(target)}"
    yield f"- **A finding**: what {target.means}"
    yield f"- **Remedy**: {target.remedy}"
    yield f"- **Enforced**: {'yes, it may alert' if _enforced(target) else 'no, it is only shown'}"
    often = f"every {target.interval:g} s" + (_ON_CHANGE if target.on_change else "")
    yield f"- **Runs**: {often}, {where}, {target.timeout:g} s at most{off}"


def _asked(target: Target) -> str:
    unit = " s" if target.measure == "seconds" else ""
    return _ASKED[target.comparison].format(f"{target.threshold:g}{unit}")


def _enforced(target: Target) -> bool:
    return target.id in Config().enforce


def _decision(target: Target, kind: str = "") -> str:
    return _DECISION[target.decision_of(kind)].format(owner=target.owner_of(kind))


def _kinds(target: Target) -> Iterator[str]:
    if target.kinds:
        yield from ("## Kinds of findings", "")
        yield from table(
            ("kind", "meaning", "decision", "remedy"),
            (
                (
                    f"`{name}`",
                    kind.means + (" (a remark, no violation)" if kind.remark else ""),
                    _decision(target, name),
                    target.remedy_of(name),
                )
                for name, kind in target.kinds.items()
            ),
        )


def _settings(target: Target) -> Iterator[str]:
    if target.settings:
        rows = ((f"`{name}`", _shown(value)) for name, value in target.settings.items())
        yield from ("## Settings", "", *table(("setting", "default"), rows))


def _shown(value: Setting) -> str:
    return f"`{value}`" if isinstance(value, str) else ", ".join(f"`{v}`" for v in value) or "none"


def _without_verdict(target: Target) -> Iterator[str]:
    yield from ("## When there is no verdict", "")
    if target.requires.role == "primary":
        yield "- *Not applicable* on a standby: its primary is judged."
    if target.applies_when:
        yield from ("- *Not applicable* unless", "", *_condition(target.applies_when))
    for reason, condition in target.not_evaluated_when.items():
        yield from (f"- *Not evaluated*, `{reason}`: {_WHEN[reason]}. That is when", "")
        yield from _condition(condition)
    yield f"- *Not evaluated*, `nothing_in_scope`: {_WHEN['nothing_in_scope']}."
    yield from ("- [The reasons](README.md#reasons-for-not-being-evaluated) that all share.", "")


def _condition(condition: str) -> Iterator[str]:
    return (f"  {line}".rstrip() for line in fenced("sql", condition))


def _sql(target: Target) -> Iterator[str]:
    yield from ("## SQL", "")
    if target.generator:
        yield from ("What gives the text of `generated`:", "", *fenced("sql", target.generator))
    yield from ("What lists all that is examined:", "", *fenced("sql", target.sql))
    if target.evaluator:
        yield from (
            f"Rows with evidence are judged by `pgvitals.evaluators.{target.evaluator}`.",
            "",
        )


def _by_hand(target: Target) -> Iterator[str]:
    shared = dict.fromkeys(agenda.SHARED, ())
    given = "".join(f"set local {n} = {_literal(v)};\n" for n, v in settings(target, shared))
    yield from ("## By hand", "", *fenced("sh", f"pgvitals check --target {target.id} --dsn ..."))
    yield _BY_HAND
    yield from fenced("sh", _PRINT.format(id=target.id))
    if target.generator:
        yield from ("What `generated` gives is the second argument of `statement`.", "")
    yield from (
        "Its settings hold until the transaction ends; those of all targets come first:",
        "",
    )
    yield from fenced("sql", f"{_BEGIN}{given}-- the statement\ncommit;")


def _literal(value: str | Sequence[str]) -> str:
    written = value if isinstance(value, str) else list(value)
    return sql.Literal(written).as_string().strip()
