"""The commands that tell what there is: schema, docs."""

import json
from pathlib import Path
from typing import cast

import click

from pgvitals import reference
from pgvitals.terminal import HELP, WRONG, leave


@click.command(context_settings=HELP)
@click.argument("of", type=click.Choice(list(reference.WRITTEN)), default="query")
def schema(of: str) -> None:
    """Print the JSON Schema of a query file, or of a target file, for editors."""
    click.echo(json.dumps(reference.schema(of), indent=2))


@click.command(context_settings=HELP)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; fail where a page is stale.")
@click.pass_context
def docs(context: click.Context, directory: Path, check: bool) -> None:
    """Write the reference pages that are made from the code into DIRECTORY."""
    group = cast("click.Group", context.find_root().command)
    stale = reference.write(directory, group, check=check)
    if check and stale:
        leave(f"stale, run make docs: {', '.join(stale)}", WRONG)


COMMANDS = (schema, docs)
