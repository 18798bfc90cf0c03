"""The command line: parse, delegate, and leave with a code that scripts can trust.

Exit codes: 0 done; 1 something that was checked is wrong, or the daemon cannot start; 2 the command
line, the configuration or the connection is wrong.
"""

import importlib

import click

from pgvitals import __version__
from pgvitals.terminal import HELP

_MODULES = {
    "run": "run_command",
    "validate": "query_commands",
    "explain": "query_commands",
    "grants": "query_commands",
    "check": "target_commands",
    "baseline": "target_commands",
    "targets": "target_commands",
    "schema": "reference_commands",
    "docs": "reference_commands",
}
"""Where each command is; loaded when it is asked for, because the daemon would keep what it never runs."""


class _Commands(click.Group):
    """Commands of other modules, and its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all, in the order of the list."""
        return list(dict.fromkeys([*_MODULES, *super().list_commands(ctx)]))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None where there is no such."""
        if module := _MODULES.get(cmd_name):
            for each in importlib.import_module(f"pgvitals.{module}").COMMANDS:
                self.add_command(each)
        return super().get_command(ctx, cmd_name)


@click.group(cls=_Commands, context_settings=HELP)
@click.version_option(__version__, prog_name="pgvitals")
def command() -> None:
    """Turn a database team's promises into live numbers: a Prometheus exporter for PostgreSQL.

    Exit codes: 0 done; 1 something that was checked is wrong, or the daemon cannot start; 2 the
    command line, the configuration or the connection is wrong.
    """


@command.command(context_settings=HELP)
def version() -> None:
    """Print the version."""
    click.echo(f"pgvitals {__version__}")
