"""A part of the image: what it is called, where it comes from, and under which licence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from packageurl import PackageURL

Kind = Literal["python", "library", "interpreter", "debian"]
"""A Python package, a library inside one, CPython, or a package of Debian."""


@dataclass(frozen=True)
class Part:
    """One thing that has a version and a licence of its own.

    `version` is empty when nothing tells it, `licences` when nobody states them: both are never guessed.
    `licences` are SPDX expressions, or the words of who states them. `inside` names the Python package
    that a library came with, `files` are the SHA-256 of its files by their paths in the image, `texts`
    the paths of its licences there, and `cpe` is vendor and product in the list of vulnerabilities.
    """

    kind: Kind
    name: str
    version: str
    source: PackageURL
    licences: tuple[str, ...] = ()
    inside: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    cpe: str = ""

    @property
    def purl(self) -> PackageURL:
        """Where it comes from, with the version, as package URL."""
        return PackageURL(**self.source.to_dict() | {"version": self.version or None})
