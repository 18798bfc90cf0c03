"""Databases to measure on: tables as applications have them, and updates of a few between two polls.

    python -m bench.generate DSN TABLES [--databases N]

fills the database of the connection string, or N new ones on its server, bench_1 and so on.
"""

import argparse
from collections.abc import Sequence

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

SCHEMAS = 10
A_TRANSACTION = 100
TOUCHED = 50
"""One in so many tables is updated between two polls."""

# Ten schemas, the first of them public, where row level security matters.
_NAME = "format('%I.table_%s', case n % 10 when 0 then 'public' else 'app_' || n % 10 end, n)"
_TABLES = """
do $$ declare name text; target text := null; begin
  for n in {first}..{last} loop
    name := {name};
    execute format('create table %s (id int primary key, parent int references %s, amount int, note text)',
                   name, coalesce(target, name));
    execute format('create index on %s (amount)', name);
    execute format('create index on %s (%s)', name, case n % 2 when 0 then 'parent' else 'note' end);
    execute format('insert into %s select g, null, g, ''note '' || g from generate_series(1, %s) g',
                   name, 5 + n % 20);
    if n % 10 = 0 then
      execute format('alter table %s enable row level security', name);
      execute format('create policy reader on %s for select using (amount > 0)', name);
    end if;
    target := name;
  end loop;
end $$"""
_TOUCH = """
do $$ declare name text; begin
  for n in {first}..{last} by {step} loop
    name := {name};
    execute format('update %s set amount = amount + 1 where id <= 3', name);
  end loop;
end $$"""


def create(dsn: str, tables: int, databases: int = 1) -> list[str]:
    """Create databases on a server, with so many tables together, and give their names."""
    names = [f"bench_{number + 1}" for number in range(databases)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    for name in names:
        fill(make_conninfo(dsn, dbname=name), tables // databases)
    return names


def fill(dsn: str, tables: int) -> None:
    """Make tables: a few rows, a primary key, two more indexes, a foreign key; a tenth has RLS."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(1, SCHEMAS):
            connection.execute(f"create schema app_{number}".encode())
        for first in range(0, tables, A_TRANSACTION):
            last = min(first + A_TRANSACTION, tables) - 1
            connection.execute(_TABLES.format(first=first, last=last, name=_NAME).encode())
        connection.execute("analyze")


def touch(dsns: Sequence[str], tables: int, turn: int) -> None:
    """Update a few rows in one of fifty of a database's tables, others at each turn.

    Each over a session of its own, which tells what it counted when it ends.
    """
    statement = _TOUCH.format(first=turn % TOUCHED, last=tables - 1, step=TOUCHED, name=_NAME)
    for dsn in dsns:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement.encode())


def main() -> None:
    """Fill what the command line names."""
    parser = argparse.ArgumentParser(description="Make tables to measure on.")
    parser.add_argument("dsn", help="connection string of a superuser")
    parser.add_argument("tables", type=int, help="how many, in all databases together")
    parser.add_argument("--databases", type=int, help="so many new ones, instead of that of DSN")
    options = parser.parse_args()
    if options.databases:
        print(*create(options.dsn, options.tables, options.databases), sep="\n")
    else:
        fill(options.dsn, options.tables)


if __name__ == "__main__":
    main()
