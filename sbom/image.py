"""All parts of an unpacked image: Debian, CPython, Python packages and the libraries inside these."""

from collections.abc import Iterator
from pathlib import Path

from sbom import debian, interpreter
from sbom.libraries import libraries
from sbom.packages import packages
from sbom.part import Part

_SITES = ("usr/local/lib/python3.*/site-packages", "opt/pgvitals/lib/python3.*/site-packages")


def parts(root: Path) -> Iterator[Part]:
    """What is in the image below `root`; raises FileNotFoundError when that is no image of pgvitals."""
    sites = [site for pattern in _SITES for site in sorted(root.glob(pattern))]
    if not (root / debian.STATUS).is_file() or not (root / "opt/pgvitals").is_dir():
        raise FileNotFoundError(
            f"{root} has no {debian.STATUS} or no opt/pgvitals, expected an unpacked image of pgvitals:"
            f" docker create --name bill pgvitals; docker export bill | tar -x -C {root}"
        )
    yield from debian.packages(root)
    yield from interpreter.interpreters(root)
    for site in sites:
        yield from within(site, root)


def within(site: Path, root: Path) -> Iterator[Part]:
    """The Python packages in a directory, each followed by what is inside."""
    for part, package in packages(site, root):
        yield part
        yield from libraries(part, package, root)
