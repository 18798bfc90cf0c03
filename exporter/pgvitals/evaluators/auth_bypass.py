"""What the policies of auth_bypass are worth: whether they let anyone write, or trust the user's own word."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.json import decode
from msgspec.structs import replace

from pgvitals.evaluators.claim import reads_user_metadata
from pgvitals.evaluators.tautology import always_true
from pgvitals.verdict import Row


class Policy(Struct, frozen=True):
    """A policy and its table, as the evidence has them; the expressions are pg_get_expr()'s.

    `command` is pg_policy.polcmd; `api` says whether the policy is for anyone whom row security stops;
    `not_null` and `composite` are names of columns.
    """

    command: Literal["r", "a", "w", "d", "*"]
    permissive: bool
    api: bool
    not_null: frozenset[str]
    using: str | None = None
    check: str | None = None
    composite: frozenset[str] = frozenset()


def judge(row: Row) -> Iterable[Row]:
    """Two things are examined in a policy; raises msgspec.ValidationError for evidence of another form."""
    policy = decode(row.evidence, type=Policy)
    yield _examined(row, "policy_always_true", _lets_anyone_write(policy))
    yield _examined(row, "policy_user_metadata", _trusts_the_user(policy))


def _examined(row: Row, kind: str, violated: bool) -> Row:
    detail = f"{kind}: {row.detail}"
    return replace(row, kind=kind, detail=detail, violated=violated, evidence="")


def _lets_anyone_write(policy: Policy) -> bool:
    """A restrictive policy only takes away; without a check the other expression serves for both."""
    if not (policy.permissive and policy.api):
        return False
    using = policy.using if policy.command in "wd*" else None
    check = policy.check if policy.command in "aw*" else None
    return any(
        always_true(expression, policy.not_null, policy.composite)
        for expression in (using, check)
        if expression is not None
    )


def _trusts_the_user(policy: Policy) -> bool:
    return any(map(reads_user_metadata, filter(None, (policy.using, policy.check))))
