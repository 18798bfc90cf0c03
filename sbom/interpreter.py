"""CPython, where it is no package of Debian: the official images build it from source."""

import re
from collections.abc import Iterator
from pathlib import Path

from packageurl import PackageURL

from sbom.part import Part

_VERSION = re.compile(r'#define PY_VERSION\s+"([^"]+)"')


def interpreters(root: Path) -> Iterator[Part]:
    """Each CPython in /usr/local; the version is that of its headers."""
    for header in sorted(root.glob("usr/local/include/python3.*/patchlevel.h")):
        (version,) = _VERSION.findall(header.read_text("utf-8"))
        text = f"/usr/local/lib/{header.parent.name}/LICENSE.txt"
        there = (root / text.lstrip("/")).is_file()
        yield Part(
            kind="interpreter",
            name="cpython",
            version=version,
            source=PackageURL("generic", name="python"),
            licences=("PSF-2.0",),
            texts=(text,) if there else (),
            cpe="python:python",
        )
