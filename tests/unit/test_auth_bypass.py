"""What policies are worth, in the words in which PostgreSQL 13 to 18 print them."""

import time
from typing import Any

import msgspec
import pytest

from pgvitals.evaluators.auth_bypass import judge
from pgvitals.verdict import Row

OWN = "(owner = auth.uid())"
LITERAL = "(label = 'user_metadata'::text)"
ARROW = "(((auth.jwt() -> 'user_metadata'::text) ->> 'role'::text) = 'admin'::text)"


def policy(**changes: Any) -> Row:
    """A row of evidence: by default a policy for all commands that is worth nothing."""
    evidence = {
        "using": "true",
        "check": None,
        "command": "*",
        "permissive": True,
        "api": True,
        "not_null": ["n"],
        "columns": ["n", "owner"],
    } | changes
    text = msgspec.json.encode(evidence).decode()
    return Row("public", "notes", 'the "policy"\n', "policy", None, 3.0, text)


def lets_anyone_write(**changes: Any) -> bool | None:
    return next(row for row in judge(policy(**changes)) if "always" in row.kind).violated


def trusts_the_user(expression: str, **changes: Any) -> bool | None:
    judged = judge(policy(**{"using": expression, "command": "r"} | changes))
    return next(row for row in judged if "metadata" in row.kind).violated


def test_two_things_are_examined_in_a_policy() -> None:
    name = 'the "policy"\n'
    assert list(judge(policy())) == [
        Row(
            "public",
            "notes",
            f"policy_always_true: {name}",
            "policy_always_true",
            violated=True,
            weight=3.0,
        ),
        Row(
            "public",
            "notes",
            f"policy_user_metadata: {name}",
            "policy_user_metadata",
            violated=False,
            weight=3.0,
        ),
    ]


@pytest.mark.parametrize(
    ("command", "using", "check"),
    [
        ("a", None, "true"),
        ("w", "true", None),
        ("w", "true", OWN),
        ("w", OWN, "true"),
        ("d", "true", None),
        ("*", "true", None),
        ("*", "true", OWN),
        ("*", OWN, "true"),
        ("*", None, "true"),
        ("d", "(n = n)", None),
    ],
)
def test_it_lets_anyone_write(command: str, using: str | None, check: str | None) -> None:
    assert lets_anyone_write(command=command, using=using, check=check)


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "r"},
        {"command": "r", "check": "true"},
        {"permissive": False},
        {"api": False},
        {"using": None},
        {"using": ""},
        {"using": OWN},
        {"using": OWN, "check": OWN},
        {"command": "a"},
        {"command": "d", "using": OWN, "check": "true"},
        {"using": "(owner IS NOT NULL)"},
        {"using": "(n IS NOT NULL)", "composite": ["n"]},
    ],
)
def test_it_does_not_let_anyone_write(changes: dict[str, Any]) -> None:
    assert lets_anyone_write(**changes) is False


@pytest.mark.parametrize(
    "expression",
    [
        ARROW,
        f"({OWN} AND {ARROW})",
        "((auth.jwt() ->> 'user_metadata'::text) IS NULL)",
        "((auth.jwt() #>> '{user_metadata,role}'::text[]) = 'admin'::text)",
        "((auth.jwt() #> ARRAY['user_metadata'::text, 'role'::text]) IS NULL)",
        "((( SELECT auth.jwt() AS jwt) -> 'user_metadata'::text) IS NULL)",
        "((( SELECT (auth.jwt() -> 'user_metadata'::text)) ->> 'role'::text) = 'admin'::text)",
        "(jsonb_extract_path_text(auth.jwt(), VARIADIC ARRAY['user_metadata'::text, 'r'::text]) = 'a'::text)",
        "(jsonb_extract_path(auth.jwt(), 'user_metadata'::text) IS NULL)",
        "((((current_setting('request.jwt.claims'::text, true))::jsonb -> 'user_metadata'::text)) IS NULL)",
        "(((NULLIF(current_setting('request.jwt.claims'::text, true), ''::text))::json"
        " -> 'user_metadata'::text) IS NULL)",
        '(COALESCE(auth.jwt(), \'{}\'::jsonb) @> \'{"user_metadata": {"role": "admin"}}\'::jsonb)',
        '(auth.jwt() @@ \'$."user_metadata"."role" == "admin"\'::jsonpath)',
        "((auth.jwt())['user_metadata'::text]['role'::text] = '\"admin\"'::jsonb)",
        "(EXISTS ( SELECT 1\n   FROM auth.users u\n  WHERE ((u.id = auth.uid()) AND"
        " ((u.raw_user_meta_data ->> 'role'::text) = 'admin'::text))))",
        "(EXISTS ( SELECT 1\n   FROM auth.users\n  WHERE (users.raw_user_meta_data IS NULL)))",
        '(EXISTS ( SELECT 1\n   FROM (auth.users "U"\n     JOIN public.t ON ((t.id = "U".id)))\n'
        '  WHERE ("U".raw_user_meta_data IS NULL)))',
        "CASE WHEN true THEN ((auth.jwt() -> 'user_metadata'::text) IS NULL) END",
    ],
)
def test_it_trusts_what_users_may_edit(expression: str) -> None:
    assert trusts_the_user(expression)
    assert trusts_the_user(OWN, check=expression)
    assert trusts_the_user(expression, permissive=False)


@pytest.mark.parametrize(
    "expression",
    [
        LITERAL,
        f"({OWN} AND (user_metadata IS NOT NULL))",
        "((user_metadata ->> 'role'::text) = 'admin'::text)",
        "((claims -> 'user_metadata'::text) IS NULL)",
        "(raw_user_meta_data IS NULL)",
        f"(((auth.jwt() ->> 'sub'::text) = 'user_metadata'::text) OR {LITERAL})",
        "((auth.jwt() -> 'user_metadata_of_mine'::text) IS NULL)",
        "((auth.jwt() #>> '{app_metadata,user_metadata}'::text[]) = 'admin'::text)",
        "(((auth.jwt() -> 'app_metadata'::text) ->> 'user_metadata'::text) = 'admin'::text)",
        "(jsonb_extract_path_text(auth.jwt(), VARIADIC ARRAY['a'::text, 'user_metadata'::text]) = 'a'::text)",
        "((current_setting('app.user'::text))::jsonb -> 'user_metadata'::text)",
        "(EXISTS ( SELECT 1\n   FROM auth.users u\n  WHERE (u.raw_app_meta_data IS NULL)))",
        "(EXISTS ( SELECT 1\n   FROM public.users u\n  WHERE (u.raw_user_meta_data IS NULL)))",
        "(EXISTS ( SELECT 1\n   FROM auth.users u\n  WHERE (notes.raw_user_meta_data = u.id)))",
        "(label = E'\\\\'' -> \\'user_metadata'::text)",
        "((auth.jwt() -> 'user_metadata",
        "",
    ],
)
def test_it_reads_nothing_that_users_may_edit(expression: str) -> None:
    assert trusts_the_user(expression) is False


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 50_000 + "auth.jwt()" + ")" * 49_000,
        "(" * 12_000 + "auth.jwt()" + ") -> 'x'" * 11_000,
        "(" * 4_000 + "auth.jwt()" + " -> 'app_metadata')" * 4_000,
        "auth.jwt() -> (" * 6_000 + ")" * 6_000,
        "COALESCE(" * 9_000 + ")" * 9_000 + " -> 'user_metadata'",
        "auth.users " * 9_000,
        "a -> 'user_metadata' " * 4_500,
        "auth.jwt() -> 'user_metadata' OR " * 40_000,
    ],
)
def test_hostile_expressions_are_soon_done_with(expression: str) -> None:
    began = time.process_time()
    assert trusts_the_user(expression) is False
    assert time.process_time() - began < 10


@pytest.mark.parametrize("changes", [{"command": "x"}, {"api": None}, {"using": 1}])
def test_evidence_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        list(judge(policy(**changes)))
