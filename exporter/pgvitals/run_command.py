"""The command that runs the daemon."""

from typing import Any

import click

from pgvitals import __version__, daemon, flags
from pgvitals.terminal import HELP, WRONG, complaints, leave

_DROP_IN = """Also --[no-]collector.NAME, for each query and each collector of postgres_exporter; its
other flags are taken where they have a meaning, and else refused with what to do instead."""


@click.command(epilog=_DROP_IN, context_settings=HELP)
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


COMMANDS = (run,)
