"""A checkup: what each query would do on a server, found out without running it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import psycopg

from pgvitals import outcome
from pgvitals.catalogue import Catalogue, relations
from pgvitals.facts import Facts
from pgvitals.login import Login
from pgvitals.outcome import Outcome
from pgvitals.query import Query
from pgvitals.session import LOOK_TIMEOUT, Session


class Prospect(NamedTuple):
    """What is to be expected of a query: `series` is the planner's estimate of rows, times metrics."""

    query: Query
    outcome: Outcome
    series: int = 0


@contextmanager
def session(login: Login, database: str | None = None) -> Iterator[Session]:
    """Log in for a look around, into another `database` than the login's own; raises psycopg.Error."""
    with login.connect(database) as connection:
        yield Session(connection)


def facts(opened: Session, catalogue: Catalogue) -> Facts:
    """What `catalogue` needs to know of the database; raises psycopg.Error."""
    return opened.read_facts(relations(catalogue), LOOK_TIMEOUT)


def examine(opened: Session, catalogue: Catalogue) -> Iterator[Prospect]:
    """Look at each query; raises psycopg.Error when the connection is lost."""
    known = facts(opened, catalogue)
    for query in catalogue.values():
        try:
            yield _prospect(opened, query, known)
        except psycopg.Error as error:
            if opened.broken:
                raise
            yield Prospect(query, outcome.of_error(error, optional=query.optional))


def _prospect(opened: Session, query: Query, known: Facts) -> Prospect:
    if reason := query.skip_reason(known):
        return Prospect(query, Outcome("skipped", reason))
    statement = query.statement(known.major) or ""
    names = opened.describe(statement, query.schemas(known))
    if missing := [column for column in query.columns if column not in names]:
        text = f"found {', '.join(names)} in the result; expected also {', '.join(missing)}"
        return Prospect(query, Outcome("error", "columns", text))
    plan = json.loads(
        "".join(opened.explain(statement, query.schemas(known), options="FORMAT JSON"))
    )
    rows = int(plan[0]["Plan"]["Plan Rows"])
    series = min(rows * max(1, len(query.metrics)), query.max_series)
    return Prospect(query, Outcome("success"), series)


_GRANTS = """
select format('alter role %I connection limit 3;', r.rolname) as statement, 'limit' as need
  from pg_roles r where r.rolname = current_user and r.rolconnlimit = -1 and not r.rolsuper
union all
select format('grant pg_monitor to %I;', current_user), 'pg_monitor'
 where not pg_has_role(current_user, 'pg_monitor', 'usage')
union all
select format('grant usage on schema %I to %I;', n.nspname, current_user), e.extname
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace
 where not has_schema_privilege(current_user, n.oid, 'usage')
"""

NEW_ROLE = """\
-- As a superuser, once per server. pgvitals opens 2 connections; the third is for the moment in which
-- the server has not yet noticed that one of them is closed.
create role pgvitals login connection limit 3;
grant pg_monitor to pgvitals;
-- Then give it a password; in psql: \\password pgvitals
"""


def grants(opened: Session) -> Mapping[str, str]:
    """The statements that the role of `opened` still needs, and what for; raises psycopg.Error."""
    chunks = opened.read(_GRANTS, LOOK_TIMEOUT)
    return {row[0] or "": row[1] or "" for chunk in chunks for row in chunk.rows()}
