"""The Python packages in a directory, as their metadata tells about them."""

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.spdx import fixup_id
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from sbom.part import Part

_STATED = ("License-Expression", "License", "Classifier")


def packages(site: Path, root: Path) -> Iterator[tuple[Part, Distribution]]:
    """The packages in `site`, sorted by name; paths of their files are given as below `root`."""
    found = distributions(path=[str(site)])
    for package in sorted(found, key=lambda found: canonicalize_name(found.name)):
        yield _part(package, root), package


def shipped(package: Distribution, root: Path) -> dict[Path, str]:
    """The files of a package, with the paths that they have below `root`; what lies elsewhere is left out."""
    top = root.resolve()
    files = [Path(str(package.locate_file(file))).resolve() for file in package.files or ()]
    there = sorted(file for file in files if file.is_relative_to(top) and file.is_file())
    return {file: f"/{file.relative_to(top)}" for file in there}


def _part(package: Distribution, root: Path) -> Part:
    name = canonicalize_name(package.name)
    stated = package.metadata.get_all("License-File") or []
    texts = tuple(f".dist-info/licenses/{file}" for file in stated)
    return Part(
        kind="python",
        name=name,
        version=package.version,
        source=PackageURL("pypi", name=name),
        licences=_licences(package),
        texts=tuple(path for path in shipped(package, root).values() if path.endswith(texts)),
    )


def _licences(package: Distribution) -> tuple[str, ...]:
    """The expression; in older metadata what the author wrote, or the classifiers."""
    stated = {key: package.metadata.get_all(key) or [] for key in _STATED}
    words = [licence for licence in stated["License"] if "\n" not in licence]
    classifiers = [c for c in stated["Classifier"] if c.startswith("License :: ")]
    return tuple(
        stated["License-Expression"]
        or [fixup_id(licence) or licence for licence in words]
        or [classifier.rpartition(" :: ")[2] for classifier in classifiers]
    )
