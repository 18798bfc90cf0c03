"""The trouble table: what the daemon says while its servers are in trouble, against bars.

    PYTHONPATH=tests:. python -m support.trouble [--long] [--only NAME] [--markdown FILE]

Ends with code 1 if any row misses a bar. The short form is what CI runs.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from support.faults import FAULTS, Fault, make_roles
from support.row import COLUMNS, Row
from support.servers import Server, launch
from support.table import table
from support.trial import Trial

AT_ONCE = 2
"""Trials that run at the same time, each with servers, a daemon and a bare server of its own."""
ATTEMPTS = 3
"""Trials of a fault, while the machine is too slow to tell p99."""


def run(faults: Sequence[type[Fault]] = FAULTS, long: bool = False) -> list[Row]:
    """Try every fault, a few at a time."""
    with closing(_server()) as healthy, ThreadPoolExecutor(AT_ONCE) as pool:
        attempts = [partial(_attempt, kind, healthy, long) for kind in faults]
        return list(pool.map(last_word, attempts))


def last_word(attempt: Callable[[], Row]) -> Row:
    """Attempt it until p99 can be told, three times at most; what the last one says counts."""
    for _ in range(ATTEMPTS):
        row = attempt()
        print("  ".join(row.cells()), file=sys.stderr, flush=True)
        if not row.untold:
            break
    return row


def _attempt(kind: type[Fault], healthy: Server, long: bool) -> Row:
    """One trial on a server of its own."""
    with closing(_server()) as victim:
        fault = kind(victim, long)
        fault.prepare()
        with closing(fault):
            return Trial(fault, healthy, long).run()


def _server() -> Server:
    server = launch()
    make_roles(server)
    return server


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Try every trouble, print what the daemon did.")
    parser.add_argument("--long", action="store_true", help="30 stalls, and every trouble longer")
    parser.add_argument("--only", action="append", help="the name of a trouble; may be repeated")
    parser.add_argument("--markdown", type=Path, help="write the table to this file too")
    options = parser.parse_args()
    chosen = [f for f in FAULTS if not options.only or f.name in options.only]
    rows = run(chosen, options.long)
    print(text := table(COLUMNS, rows))
    if options.markdown:
        options.markdown.write_text(f"{text}\n")
    sys.exit(any(row.misses for row in rows))


if __name__ == "__main__":
    main()
