"""The terminal: what commands share, from the option for a connection to the way out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click
import psycopg

from pgvitals import checkup, outcome
from pgvitals.document import Mistakes
from pgvitals.login import Login
from pgvitals.session import Session

WRONG, USAGE, UNKNOWN = 1, 2, 3
"""Exit codes: something is wrong; the call is; something could not be told."""

HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""What the context of each command is set to."""

dsn_option = click.option(
    "--dsn",
    envvar="PGVITALS_DSN",
    metavar="DSN",
    help="Connection string; a password in it is visible to `ps`, so prefer PGVITALS_DSN or PGPASSFILE.",
)


@contextmanager
def complaints() -> Iterator[None]:
    """Say what is wrong with the configuration, and leave."""
    try:
        yield
    except Mistakes as mistakes:
        leave(str(mistakes), USAGE)


@contextmanager
def opened(dsn: str | None) -> Iterator[Session]:
    """A session on the server that `dsn`, or libpq's variables, name; leaves when there is none."""
    login = login_of(dsn)
    with reaching(login), checkup.session(login) as session:
        yield session


def login_of(dsn: str | None) -> Login:
    """The login that `dsn`, or libpq's variables, name; leaves when it is no connection string."""
    try:
        return Login(dsn or "")
    except ValueError as error:
        leave(f"--dsn: {error}", USAGE)


@contextmanager
def reaching(login: Login) -> Iterator[None]:
    """Leave when the server is out of reach."""
    try:
        yield
    except psycopg.Error as error:
        leave(f"{login.server}: {login.scrub(outcome.first_line(error))}", USAGE)


def leave(text: str, code: int) -> NoReturn:
    """Say why on stderr, and end with an exit code."""
    click.echo(text, err=True)
    sys.exit(code)
