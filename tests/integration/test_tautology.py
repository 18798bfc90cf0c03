"""What is called always true is true in every row, says a server that was asked about each."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from psycopg import sql

from pgvitals.evaluators.tautology import always_true
from support.servers import Server

Connection = psycopg.Connection[Any]

TABLE = """
create table t (n int not null, b boolean not null, m int, c boolean, x text, v varchar not null);
insert into t
select n, b, m, c, x, v
  from (values (0), (1)) as ns (n), (values (true), (false)) as bs (b),
       (values (1), (2), (null)) as ms (m), (values (true), (false), (null)) as cs (c),
       (values ('a'), ('1'), (null)) as xs (x), (values ('a'), ('')) as vs (v);
alter table t enable row level security;
set search_path = pg_catalog;
"""
NOT_NULL = ["n", "b", "v"]

NUMBERS = st.sampled_from(
    [
        *(
            "0",
            "1",
            "2",
            "-1",
            "1.0",
            "1::numeric",
            "null::int",
            "n",
            "m",
            "length('a')",
            "'1'::int",
        ),
        *(
            "coalesce(m, 1)",
            "coalesce(null, 1)",
            "(select 1)",
            "length(x)",
            "case when c then 1 end",
        ),
    ]
)
TEXTS = st.sampled_from(
    [
        *("'a'::text", "'A'::text", "'1'::text", "''::text", "null::text", "x", "v", "lower('A')"),
        *("upper('a')", "'it''s'::text", "'\\'::text", "coalesce(x, 'a')", "true::text", "v::text"),
    ]
)
ARRAYS = st.sampled_from(
    ["array[1, 2]", "array[1, null]", "array[n, m]", "'{1,2}'::int[]", "'{}'::int[]", "null::int[]"]
)
WORDS = st.sampled_from(["'{a}'::text[]", "'{a,NULL}'::text[]", "'{}'::text[]", "array['a', 'b']"])
EQUAL = st.sampled_from(["=", "<>", "is distinct from", "is not distinct from"])
ORDER = st.sampled_from(["<", "<=", ">", ">=", "=", "<>"])
TEST = st.sampled_from(["null", "true", "false", "unknown"])
NOT = st.sampled_from(["", "not "])


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: f"({' '.join(found)})")


def word(text: str) -> st.SearchStrategy[str]:
    return st.just(text)


LEAVES = st.one_of(
    st.sampled_from(
        ["true", "false", "null::boolean", "b", "c", "'t'::text::boolean", "1::boolean"]
    ),
    joined(NUMBERS, ORDER, NUMBERS),
    joined(NUMBERS, EQUAL, NUMBERS),
    joined(TEXTS, EQUAL, TEXTS),
    joined(TEXTS, ORDER, TEXTS),
    joined(NUMBERS, ORDER, st.sampled_from(["any", "all"]), word("("), ARRAYS, word(")")),
    joined(TEXTS, EQUAL, word("any ("), WORDS, word(")")),
    joined(WORDS, st.sampled_from(["@>", "<@", "=", "<>"]), WORDS),
    joined(st.one_of(NUMBERS, TEXTS), word("is"), NOT, word("null")),
    st.sampled_from(["exists (select 1)", "exists (select 1 where c)", "exists (table public.t)"]),
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        joined(inner, st.sampled_from(["and", "or"]), inner),
        joined(inner, word("or"), inner, word("or"), inner),
        joined(word("not"), inner),
        joined(inner, word("is"), NOT, TEST),
        joined(inner, EQUAL, inner),
        joined(word("coalesce("), inner, word(","), inner, word(")")),
        joined(word("case when"), inner, word("then"), inner, word("else"), inner, word("end")),
        joined(word("case when"), inner, word("then"), inner, word("end")),
        joined(word("select"), inner),
        joined(word("select"), inner, word("where"), inner),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=8)


@pytest.fixture(scope="module")
def session(newest: Server) -> Iterator[Connection]:
    name = newest.create_database()
    with newest.connect(name) as connection:
        connection.execute(TABLE)
        yield connection
    newest.drop_database(name)


def printed(session: Connection, expression: str) -> str:
    """The expression of a policy, as its evidence has it."""
    session.execute("drop policy if exists p on public.t")
    session.execute(f"create policy p on public.t using ({expression})".encode())
    [[text]] = session.execute("select pg_get_expr(polqual, polrelid) from pg_policy").fetchall()
    return str(text)


def exceptions(session: Connection, expression: str) -> int:
    """The rows of which it is not true."""
    query = sql.SQL("select count(*) from public.t where ({}) is not true")
    found = session.execute(query.format(sql.SQL(expression))).fetchone()
    return int(found[0]) if found else 0


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expression=EXPRESSIONS)
def test_what_is_called_always_true_is(session: Connection, expression: str) -> None:
    try:
        text = printed(session, expression)
        wrong = exceptions(session, text)
    except psycopg.Error as error:
        event(type(error).__name__)
        return
    called = always_true(text, NOT_NULL)
    event(f"always true: {not wrong}, called so: {called}")
    assert not (called and wrong), text


@pytest.mark.parametrize(
    "expression",
    [
        "true or c",
        "c is null or c is not null",
        "m = m or m is null",
        "v = v",
        "1 in (1, 2)",
        "1 not in (2, 3)",
        "'a' in ('a'::varchar, 'b')",
        "'t'::text::boolean",
        "null is null",
        "case when 1 = 1 then b = b else c end",
        "exists (select true)",
        "(select (select not false))",
        "coalesce(null, 'a') = 'a'",
        r"'\' = '\'",
        "n is not distinct from n",
    ],
)
def test_what_the_server_prints_is_understood(session: Connection, expression: str) -> None:
    text = printed(session, expression)
    assert always_true(text, NOT_NULL), text
    assert exceptions(session, text) == 0
