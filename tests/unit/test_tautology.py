"""Whether an expression is true in every row; test_tautology.py beside the servers asks them too."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals.evaluators.expression import LONGEST
from pgvitals.evaluators.tautology import SUPPOSED, always_true

NOT_NULL = ["n", "Odd name", "unknown", "true"]

TRUE = [
    "true",
    "TRUE",
    "((true))",
    "(1 = 1)",
    "(1 < 2)",
    "(1.50 = 1.5)",
    "((1)::numeric = 1.0)",
    "('-1'::integer < 1)",
    "('5'::bigint <> '6'::smallint)",
    "('a'::text = 'a'::text)",
    "('it''s'::text <> 'it'::text)",
    "(E'a\\\\b'::text = E'a\\\\b'::text)",
    "(('a'::character varying)::text = 'a'::text)",
    "(NOT false)",
    "(NOT (NOT true))",
    "(true AND (1 = 1))",
    "((owner = auth.uid()) OR true)",
    "(true OR public.f(x, 'a) OR ('::text))",
    "((a @@ b) OR (x BETWEEN 1 AND 2) OR true)",
    "('t'::text)::boolean",
    "('1'::text)::integer = 1",
    "(1)::boolean",
    "((true)::text = 'true'::text)",
    "(n = n)",
    '("Odd name" = "Odd name")',
    "((n)::text = (n)::text)",
    "(unknown IS NOT NULL)",
    "(n IS NOT NULL)",
    "(NOT (n IS NULL))",
    "(NOT (n IS DISTINCT FROM n))",
    "((owner IS NULL) OR (owner IS NOT NULL))",
    "((owner IS NOT NULL) OR (owner IS NULL) OR (n = 3))",
    "((owner = owner) OR (owner IS NULL))",
    "(NOT ((owner IS NULL) AND (owner IS NOT NULL)))",
    "((is_public IS NULL) OR (is_public IS UNKNOWN) OR (is_public IS NOT NULL))",
    "(true IS TRUE)",
    "(false IS NOT TRUE)",
    "(NULL::boolean IS UNKNOWN)",
    "(NULL::text IS NULL)",
    "((1 = 1) IS NOT UNKNOWN)",
    "(1 IS DISTINCT FROM 2)",
    "(1 IS DISTINCT FROM NULL::integer)",
    "(NULL::integer IS NOT DISTINCT FROM NULL::integer)",
    "(1 = ANY (ARRAY[1, 2]))",
    "(1 = ANY ('{1,2}'::integer[]))",
    "(1 = ANY (ARRAY[NULL::integer, 1]))",
    "(1 <> ALL (ARRAY[2, 3]))",
    "(1 < ALL ('{}'::integer[]))",
    "('b'::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
    "('{a}'::text[] @> '{a}'::text[])",
    "('{}'::text[] <@ '{a}'::text[])",
    "(ARRAY['a'::text, 'b'::text] = '{a,b}'::text[])",
    "COALESCE(true, false)",
    "COALESCE(NULL::boolean, true)",
    "COALESCE((is_public IS NULL), false) OR COALESCE((is_public IS NOT NULL), false)",
    "\nCASE\n    WHEN true THEN true\n    ELSE false\nEND",
    "CASE WHEN (owner = n) THEN true WHEN false THEN false ELSE (1 = 1) END",
    "CASE WHEN CASE WHEN false THEN false ELSE true END THEN true END",
    "(length('x'::text) = 1)",
    "(length(''::text) = 0)",
    "(lower('ABC'::text) = 'abc'::text)",
    "(upper('abc'::text) = 'ABC'::text)",
    "( SELECT true AS bool)",
    "( SELECT true)",
    "( SELECT ((1 = 1) OR false))",
    "(EXISTS ( SELECT 1))",
    "(EXISTS ( SELECT NULL::text))",
]

NOT_TRUE = [
    "",
    " ",
    "false",
    "NULL::boolean",
    "(NULL = NULL)",
    '"true" AND "TRUE"',
    '"TRUE"',
    "is_public",
    "(is_public = true)",
    "(1 = 2)",
    "(NOT true)",
    "(NOT NULL::boolean)",
    "(NOT auth.f())",
    "(true AND (owner = auth.uid()))",
    "(false OR (owner = auth.uid()))",
    "((owner = auth.uid()) AND (true OR is_public))",
    "(owner = owner)",
    "(n = m)",
    "(n <> n)",
    "(n <= n)",
    "(t.n = t.n)",
    "(n.a IS NOT NULL)",
    "(n OPERATOR(public.=) n)",
    "(n ~ n)",
    "(NOT (owner <> owner))",
    "(owner IS NOT NULL)",
    "((owner IS NULL) OR (truename IS NOT NULL))",
    "((auth.f() IS NULL) OR (auth.f() IS NOT NULL))",
    "(truename = 'x OR true'::text)",
    "(truename = 'x'' OR true OR '''::text)",
    "(truename = E'x\\' OR true OR \\''::text)",
    "COALESCE(is_public, true)",
    "COALESCE(auth.f(), true)",
    "(current_setting('request.tenant'::text, true) = 'x'::text)",
    "(length('x'::text) = 2)",
    "(length('é'::text) = 1)",
    "(lower('I'::text) = 'i'::text)",
    "(public.length('x'::text) = 1)",
    "( SELECT false)",
    "( SELECT true AS bool WHERE (false OR true))",
    "( SELECT false AS bool WHERE x OR true)",
    "( SELECT true LIMIT 0)",
    "( SELECT true FROM auth.users)",
    "( SELECT ((generate_series(1, 0) IS NULL) OR true))",
    "(WITH a AS ( SELECT 1) SELECT true OR true FROM a)",
    "(EXISTS ( SELECT generate_series(1, 0) AS generate_series))",
    "(EXISTS ( SELECT 1 FROM auth.users u WHERE (u.id = policy.owner)))",
    "(EXISTS ( SELECT 1 WHERE false))",
    "(NOT (EXISTS ( SELECT 1)))",
    "(1 = ANY (ARRAY[2, 3]))",
    "(NULL::integer = ANY (ARRAY[1, 2]))",
    "(NULL::integer <> ALL (ARRAY[1, 2]))",
    "(2 <> ALL (ARRAY[1, NULL::integer]))",
    "(1 = ANY ( SELECT 1))",
    "(n = ANY (ARRAY[n]))",
    "(ARRAY[n] <> ARRAY[m])",
    "('{a}'::text[] @> '{b}'::text[])",
    "('{NULL}'::text[] @> '{NULL}'::text[])",
    "('{a}'::jsonb @> '{a}'::jsonb)",
    "('a'::text = 'A'::text)",
    "('a'::text < 'b'::text)",
    "('a'::text COLLATE x = 'a'::text)",
    "('a'::public.citext = 'a'::public.citext)",
    "('a '::character(2) = 'a'::character(1))",
    "('ab'::character varying(1) = 'ab'::character varying)",
    "('a'::text = 1)",
    "('a'::text IS DISTINCT FROM 1)",
    "('NaN'::double precision = 'NaN'::double precision)",
    "('1'::real < '2'::real)",
    "((1.5)::integer = 2)",
    "(('99999999999'::text)::integer IS NOT NULL)",
    "((1)::numeric(5,2) = 1)",
    "(1e400 = 1e400)",
    "((1 - 1) = 0)",
    "(1 = 1 = 1)",
    "(ROW(1, NULL::integer) IS NOT NULL)",
    "(B'1' = B'1')",
    "CASE WHEN is_public THEN true ELSE false END",
    "CASE WHEN is_public THEN true END",
    "CASE WHEN NULL::boolean THEN true END",
    "CASE n WHEN n THEN true ELSE true END",
    "(true BETWEEN false AND true)",
    "(random() = random())",
]

BROKEN = [
    "true)",
    "(true",
    "(true]",
    "CASE true",
    "true END",
    "'true",
    '"true',
    "true -- x",
    "true /* x */",
    "$$ OR true OR $$",
    "true; true",
    "E'\\x' = E'\\x' OR true",
    "é OR true",
    *("OR", "AND", "NOT", "IS", "IS NULL", "IS DISTINCT FROM", "DISTINCT", "DISTINCT FROM", "="),
    *("= ANY", "::", "::text", "CASE END", "CASE ELSE END", "CASE WHEN END", "CASE WHEN true END"),
    *("COALESCE()", "ARRAY[]", "LENGTH()", "EXISTS()", "EXISTS", "SELECT", "(SELECT)", "()", "[]"),
    *(
        "AS",
        "SELECT AS x",
        "ANY",
        ".",
        ",",
        "1 IS DISTINCT",
        "NOT DISTINCT FROM 1",
        "CASE WHEN true",
    ),
]

PIECES = [
    *(
        "true",
        "false",
        "NULL",
        "n",
        "m",
        '"n"',
        "1",
        "2.5",
        "'a'",
        "'{a}'",
        "E'\\\\'",
        "'",
        '"',
        "$",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "OR",
        "AND",
        "NOT",
        "IS",
        "DISTINCT",
    ),
    *("FROM", "=", "<>", "<", "@>", "ANY", "ALL", "ARRAY", "COALESCE", "length", "lower", "EXISTS"),
    *("SELECT", "AS", "::", "text", "text[]", "integer", "boolean", ",", ".", "-", ";", "é", "\0"),
]


@pytest.mark.parametrize("expression", TRUE)
def test_it_is_always_true(expression: str) -> None:
    assert always_true(expression, NOT_NULL)


@pytest.mark.parametrize("expression", TRUE)
def test_not_true_is_never_true(expression: str) -> None:
    assert not always_true(f"(NOT ({expression}))", NOT_NULL)


@pytest.mark.parametrize("expression", NOT_TRUE)
def test_it_is_not_known_to_be_true(expression: str) -> None:
    assert not always_true(expression, NOT_NULL)


@pytest.mark.parametrize("expression", NOT_TRUE)
def test_what_is_not_understood_is_no_obstacle(expression: str) -> None:
    assert always_true(f"(({expression}) OR true)", NOT_NULL)


@pytest.mark.parametrize("expression", BROKEN)
def test_broken_expressions_are_not_true(expression: str) -> None:
    assert not always_true(expression, NOT_NULL)


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_no_sequence_of_tokens_raises(pieces: list[str]) -> None:
    always_true(" ".join(pieces), NOT_NULL)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    always_true(text, NOT_NULL)


def test_a_composite_column_is_neither_null_nor_not_null() -> None:
    assert not always_true("(n IS NOT NULL)", ["n"], ["n"])
    assert not always_true("((m IS NULL) OR (m IS NOT NULL))", [], ["m"])
    assert always_true("((m IS NULL) OR (m IS NOT NULL))", [], ["n"])


def test_only_so_many_columns_are_supposed() -> None:
    either = [f"((c{i} IS NULL) OR (c{i} IS NOT NULL))" for i in range(SUPPOSED + 1)]
    assert always_true(" AND ".join(either[:-1]), [])
    assert not always_true(" AND ".join(either), [])


HOSTILE = {
    "parentheses": "(" * 10_000 + "true" + ")" * 10_000,
    "open parentheses": "(" * 90_000,
    "brackets": "ARRAY" + "[" * 40_000 + "]" * 40_000,
    "cases": "CASE " * 15_000,
    "nested cases": "CASE WHEN " * 4_000 + "true" + " THEN false END" * 4_000,
    "negations": "NOT " * 20_000 + "false",
    "nested negations": "(NOT " * 10_000 + "false" + ")" * 10_000,
    "casts": "'t'" + "::text" * 15_000,
    "tests": "true" + " IS TRUE" * 10_000,
    "distinctions": "true" + " IS DISTINCT FROM true" * 4_000,
    "comparisons": "1" + " = 1" * 20_000,
    "false alternatives": "false" + " OR false" * 10_000,
    "quotes": "'" * 99_999,
    "names": '"' * 99_999,
    "escapes": "E'" + "\\" * 99_997,
    "operators": "-+" * 49_999,
    "digits": "9" * 90_000 + " = 1",
    "array": f"1 = ANY ('{{{'0,' * 45_000}0}}'::integer[])",
    "columns": " AND ".join(f"((c{i} IS NULL) OR (c{i} IS NOT NULL))" for i in range(2_000)),
    "values": f"{(case := 'CASE ' + ' '.join(f'WHEN b THEN {i}' for i in range(2_500)) + ' END')} = {case}",
    "a megabyte": "true OR " * 125_000 + "true",
    "a megabyte of parentheses": "(" * 500_000 + "true" + ")" * 500_000,
}


@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_hostile_expressions_are_not_true_and_soon_done_with(expression: str) -> None:
    began = time.process_time()
    assert not always_true(expression, NOT_NULL)
    assert time.process_time() - began < 10


def test_long_expressions_are_understood() -> None:
    assert always_true("true" + " AND true" * 10_000, [])
    assert len("true" + " AND true" * 10_000) < LONGEST
    assert always_true("(" * 50 + "true" + ")" * 50, [])
