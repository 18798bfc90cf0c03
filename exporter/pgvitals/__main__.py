"""The entry point of `pgvitals` and `python -m pgvitals`."""

import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command; whoever ends it while it loads is heard, too."""
    # Process 1 of a container has no default action: without a handler SIGTERM would be lost, and
    # a stop during the start would take as long as the engine waits.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    from pgvitals.cli import command

    sys.exit(command(prog_name="pgvitals"))


if __name__ == "__main__":
    main()
