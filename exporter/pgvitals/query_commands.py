"""The commands that are about queries: validate, explain, grants."""

import sys
from pathlib import Path

import click

from pgvitals import catalogue, checkup, flags, security
from pgvitals.catalogue import Catalogue
from pgvitals.document import Mistakes
from pgvitals.terminal import HELP, USAGE, WRONG, complaints, dsn_option, leave, opened


@click.command(context_settings=HELP)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@flags.config_file
@dsn_option
def validate(files: tuple[Path, ...], config_file: Path | None, dsn: str | None) -> None:
    """Check query FILES, or the configuration and all its queries; with --dsn also on a server.

    On a server every statement is parsed and planned, not run.
    """
    try:
        loaded = _catalogue(files, config_file)
    except Mistakes as mistakes:
        leave(str(mistakes), WRONG)
    if dsn is None:
        click.echo(f"{len(loaded)} {'query is' if len(loaded) == 1 else 'queries are'} right")
        return
    with opened(dsn) as session:
        prospects = list(checkup.examine(session, loaded))
    for query, ended, series in prospects:
        told = f"about {series} series" if ended.kind == "success" else ended.reason
        click.echo(f"{query.name:32} {ended.kind:8} {told}  {ended.message}".rstrip())
    sys.exit(WRONG if any(p.outcome.kind in ("error", "timeout") for p in prospects) else 0)


@click.command(context_settings=HELP)
@click.argument("name")
@flags.config_file
@dsn_option
@click.option("--analyze", is_flag=True, help="Run the query too, and show what it cost.")
def explain(name: str, config_file: Path | None, dsn: str | None, analyze: bool) -> None:
    """Print the SQL of query NAME for a server, and the server's plan for it."""
    with complaints():
        loaded = _catalogue((), config_file)
    if (query := loaded.get(name)) is None:
        leave(f"no query {name!r}, expected one of {', '.join(loaded)}", USAGE)
    with opened(dsn) as session:
        known = checkup.facts(session, loaded)
        if reason := query.skip_reason(known):
            leave(f"{name} is skipped here: {reason}", WRONG)
        statement = query.statement(known.major) or ""
        click.echo(f"-- {name}, PostgreSQL {known.major}\n{statement.strip()}\n")
        options = "ANALYZE, BUFFERS" if analyze else ""
        click.echo("\n".join(session.explain(statement, query.schemas(known), options=options)))


@click.command(context_settings=HELP)
@dsn_option
def grants(dsn: str | None) -> None:
    """Print the SQL that makes a role for pgvitals; with a connection, what its role still needs."""
    if dsn is None:
        click.echo(checkup.NEW_ROLE)
        return
    with opened(dsn) as session:
        needed = checkup.grants(session)
        if session.connection.info.parameter_status("is_superuser") == "on":
            click.echo(f"{checkup.NEW_ROLE}\n-- This login is a superuser: use this role instead.")
        denied = [
            p
            for p in checkup.examine(session, catalogue.shipped())
            if p.outcome.reason == "privilege"
        ]
    for statement, purpose in needed.items():
        click.echo(f"{statement}  -- {purpose}")
    for query, ended, _ in denied:
        click.echo(f"-- {query.name} is skipped for want of a privilege: {ended.message}")
    if not needed and not denied:
        click.echo("-- The role of this login needs nothing more.")


def _catalogue(files: tuple[Path, ...], config_file: Path | None) -> Catalogue:
    if files:
        return catalogue.load_beside(files)
    if config_file is None:
        return catalogue.shipped()
    settings, loaded = flags.settle(flags.Flags(config_file))
    if settings.web.config_file:
        security.read(Path(settings.web.config_file))
    return catalogue.override(loaded.queries, settings.queries)


COMMANDS = (validate, explain, grants)
