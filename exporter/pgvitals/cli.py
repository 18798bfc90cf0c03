"""The command line: parse, delegate, and leave with a code that scripts can trust.

Exit codes: 0 done; 1 something that was checked is wrong, or the daemon cannot start; 2 the command
line, the configuration or the connection is wrong.
"""

import json
import sys
from pathlib import Path
from typing import Any

import click

from pgvitals import (
    __version__,
    catalogue,
    checkup,
    daemon,
    flags,
    reference,
    security,
    target_commands,
)
from pgvitals.catalogue import Catalogue
from pgvitals.document import Mistakes
from pgvitals.terminal import USAGE, WRONG, complaints, dsn_option, leave, opened

_DROP_IN = """Also --[no-]collector.NAME, for each query and each collector of postgres_exporter; its
other flags are taken where they have a meaning, and else refused with what to do instead."""


_HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
@click.version_option(__version__, prog_name="pgvitals")
def command() -> None:
    """Turn a database team's promises into live numbers: a Prometheus exporter for PostgreSQL.

    Exit codes: 0 done; 1 something that was checked is wrong, or the daemon cannot start; 2 the
    command line, the configuration or the connection is wrong.
    """


@command.command(epilog=_DROP_IN)
@flags.options
@click.version_option(__version__, prog_name="pgvitals")
def run(**given: Any) -> None:
    """Poll the servers and serve their pages until SIGTERM; SIGHUP reloads the configuration."""
    with complaints():
        try:
            running = daemon.Daemon(flags.collect(given))
        except OSError as error:
            leave(f"cannot listen: {error.strerror or error}", WRONG)
    running.run()


@command.command()
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


@command.command()
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


@command.command()
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


@command.command()
@click.argument("of", type=click.Choice(list(reference.WRITTEN)), default="query")
def schema(of: str) -> None:
    """Print the JSON Schema of a query file, or of a target file, for editors."""
    click.echo(json.dumps(reference.schema(of), indent=2))


@command.command()
def version() -> None:
    """Print the version."""
    click.echo(f"pgvitals {__version__}")


@command.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is stale.")
def docs(directory: Path, check: bool) -> None:
    """Write the reference pages that are made from the code into DIRECTORY."""
    stale = reference.write(directory, command, check=check)
    if check and stale:
        leave(f"stale, run make docs: {', '.join(stale)}", WRONG)


def _catalogue(files: tuple[Path, ...], config_file: Path | None) -> Catalogue:
    if files:
        return catalogue.load_beside(files)
    if config_file is None:
        return catalogue.shipped()
    settings, loaded = flags.settle(flags.Flags(config_file))
    if settings.web.config_file:
        security.read(Path(settings.web.config_file))
    return catalogue.override(loaded.queries, settings.queries)


for _command in target_commands.COMMANDS:
    command.add_command(_command)
for _command in command.commands.values():
    # Their own, and not only the group's: click keeps the option as it was first asked for.
    _command.context_settings = {**_HELP, **_command.context_settings}
