"""Make the JSON of all dashboards, and the page about them, from their boards.

    python -m grafana [--check]

With --check nothing is written: it ends with 1 when a file is not what it would be.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from grafana.board import every_board
from grafana.dashboard import dashboard
from grafana.page import page
from pgvitals.document import Mistakes

MADE = Path(__file__).parent / "dashboards"
PAGE = Path(__file__).parents[1] / "docs" / "dashboards.md"


def main(arguments: list[str]) -> int:
    """Write them, and remove those whose boards are gone; 1 when a board cannot be read."""
    try:
        texts = {MADE / f"{board.uid}.json": dashboard(board) for board in every_board()}
        texts[PAGE] = page()
    except Mistakes as mistakes:
        print(mistakes, file=sys.stderr)
        return 1
    return _check(texts) if arguments == ["--check"] else _write(texts)


def _write(texts: Mapping[Path, str]) -> int:
    for file in set(MADE.glob("*.json")) - set(texts):
        file.unlink()
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    return 0


def _check(texts: Mapping[Path, str]) -> int:
    there = {file: file.read_text("utf-8") for file in (*MADE.glob("*.json"), PAGE)}
    stale = sorted(f.name for f in {*there, *texts} if there.get(f) != texts.get(f))
    for name in stale:
        print(f"{name} is not what the boards make: run make docs", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
