"""Make the chart's values.schema.json and README.md, from values.yaml and the models of the configuration.

    python -m helm [--check]

With --check nothing is written: it ends with 1 when a file is not what it would be.
"""

import sys
from pathlib import Path

from helm.page import page
from helm.schema import text
from helm.value import CHART
from pgvitals.document import Mistakes


def main(arguments: list[str]) -> int:
    """Write them; 1 when they are stale, or values.yaml does not explain itself."""
    try:
        made = {CHART / "values.schema.json": text(), CHART / "README.md": page()}
    except Mistakes as mistakes:
        print(mistakes, file=sys.stderr)
        return 1
    stale = [file for file, content in made.items() if _there(file) != content]
    for file in stale:
        if arguments == ["--check"]:
            print(f"{file.name} is not what values.yaml makes: run make docs", file=sys.stderr)
        else:
            file.write_text(made[file], "utf-8")
    return int(arguments == ["--check"] and bool(stale))


def _there(file: Path) -> str | None:
    return file.read_text("utf-8") if file.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
