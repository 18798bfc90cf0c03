"""Measure pgvitals beside postgres_exporter, and print what came out.

    PYTHONPATH=tests:. python -m bench --tables 1000 --refreshes 4

runs tables 1 and 2 at one size, in about six minutes; `make bench` runs all of it, in about fifty.
"""

import argparse
import signal
import sys
from pathlib import Path

from bench import page
from bench.contest import Pace
from bench.generate import TOUCHED
from bench.run import run

SIZES = [100, 1_000, 10_000]


def main() -> int:
    """Run what the command line asks for; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure beside postgres_exporter.")
    parser.add_argument("--tables", type=int, nargs="+", default=SIZES, help="sizes of databases")
    parser.add_argument("--refreshes", type=int, default=Pace().refreshes, help="of each, in turn")
    parser.add_argument("--whole", action="store_true", help="what we cost alone, too")
    parser.add_argument(
        "--soak", type=int, default=0, metavar="MINUTES", help="watch memory so long"
    )
    parser.add_argument("--markdown", type=Path, help="write the page to this file, too")
    options = parser.parse_args()
    if options.refreshes < 1 or min(options.tables) < TOUCHED:
        parser.error(f"expected one refresh or more, and {TOUCHED} tables or more")
    if options.markdown and not options.markdown.parent.is_dir():
        parser.error(f"found no directory {options.markdown.parent}, expected one to write to")
    # A terminated run cleans up like an interrupted one.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pace = Pace(options.refreshes)
    try:
        found = run(sorted(options.tables), pace, whole=options.whole, minutes=options.soak)
    except KeyboardInterrupt:
        print("interrupted; all that was started is stopped", file=sys.stderr)
        return 130
    reached = found.bars()
    print(f"\n{page.bars(reached)}")
    if options.markdown:
        options.markdown.write_text(page.page(found), "utf-8")
    return int(not all(bar.held for bar in reached))


if __name__ == "__main__":
    sys.exit(main())
