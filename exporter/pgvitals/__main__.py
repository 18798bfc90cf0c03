"""The entry point of `pgvitals` and `python -m pgvitals`."""

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:  # it takes a while, and until there is a handler nobody would be heard
    import click


def main() -> NoReturn:
    """Run the command; whoever ends it while it loads is heard, too."""
    # Process 1 of a container has no default action: without a handler SIGTERM would be lost, and
    # a stop during the start would take as long as the engine waits.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(load()(prog_name="pgvitals"))


def load() -> "click.Group":
    """The command, without Python's ssl: that is loaded where TLS is spoken, by who speaks it.

    psycopg loads asyncio and our server http.client, which take ssl along where there is one, and do
    without it where there is none; of both we run nothing that needs it. It has an OpenSSL of its own
    beside libpq's, together 4 MB. That a name leads to None is how the import system says "none".
    """
    modules: dict[str, object] = sys.modules  # type: ignore[assignment]  # its type knows no None
    modules.setdefault("ssl", None)
    try:
        import http.client  # noqa: F401 - for `run`, which is loaded later

        from pgvitals.cli import command
    finally:
        if modules["ssl"] is None:
            del modules["ssl"]
    return command


if __name__ == "__main__":
    main()
