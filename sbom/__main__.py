"""What `python -m sbom` does: see the package."""

import sys
from pathlib import Path

from sbom.bom import document
from sbom.image import parts, within
from sbom.page import page

_USAGE = "usage: python -m sbom image|licences DIRECTORY FILE"


def main(arguments: list[str]) -> int:
    """Write FILE; gives the exit code: 2 when DIRECTORY is not what it should be."""
    match arguments:
        case [("image" | "licences") as what, directory, file]:
            try:
                text = image(Path(directory)) if what == "image" else licences(Path(directory))
            except FileNotFoundError as mistake:
                print(mistake, file=sys.stderr)
                return 2
        case _:
            print(_USAGE, file=sys.stderr)
            return 2
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(text, "utf-8")
    return 0


def image(root: Path) -> str:
    """The bill of an unpacked image; raises FileNotFoundError when it is none."""
    every = list(parts(root))
    (version,) = {part.version for part in every if part.name == "pgvitals"}
    return document(every, version)


def licences(site: Path) -> str:
    """The page about a directory of packages; raises FileNotFoundError when there are none."""
    if not (every := list(within(site, site))):
        raise FileNotFoundError(
            f"{site} has no Python packages, expected a directory that `pip install --target` filled"
        )
    return page(every)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
