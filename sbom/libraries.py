"""The libraries inside Python packages: bundled.yaml says what they are, their files which version."""

import hashlib
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib.metadata import Distribution
from pathlib import Path

import msgspec
import yaml
from packageurl import PackageURL

from sbom.asking import ask
from sbom.packages import shipped
from sbom.part import Part

HERE = Path(__file__).parent
_CRATE = re.compile(
    rb"(?:/registry/src/[^/\0]+|/rust/deps)/([a-z][\w-]*?)-(\d+\.\d+\.\d+[\w.+-]*)/"
)
_LIBRARY = re.compile(r"\.so(\.\d+)*$")
_BUNDLED = re.compile(r"\.libs/[^/]+$")  # where auditwheel puts them


class Library(msgspec.Struct, forbid_unknown_fields=True):
    """An entry of bundled.yaml, which says what the keys are."""

    name: str
    files: list[str]
    purl: str
    licence: str
    cpe: str = ""
    version: str = ""
    rpm: str = ""
    ask: str = ""
    text: str = ""


KNOWN = msgspec.convert(
    yaml.safe_load((HERE / "bundled.yaml").read_text("utf-8")), dict[str, list[Library]]
)
"""What is known of libraries, by the Python package that they come with."""
LICENCES: dict[str, str] = yaml.safe_load((HERE / "crates.yaml").read_text("utf-8"))
"""The licences of Rust crates by their names."""


def libraries(owner: Part, package: Distribution, root: Path) -> Iterator[Part]:
    """What is inside a package; a library of which nothing is known has the name of its file."""
    files = shipped(package, root)
    entries = KNOWN.get(owner.name, [])
    known = [part for entry in entries if (part := _known(owner, entry, package, files))]
    yield from known
    named = {path for part in known for path in part.files}
    for file, path in files.items():
        if _BUNDLED.search(path) and path not in named:
            source = PackageURL("generic", name=file.name)
            yield Part("library", file.name, "", source, (), owner.name, _hashes({file: path}))
        if _LIBRARY.search(path):
            yield from _crates(owner, file)


def _known(
    owner: Part, known: Library, package: Distribution, files: dict[Path, str]
) -> Part | None:
    own = {f: p for f, p in files.items() if any(fnmatchcase(p, f"*/{g}") for g in known.files)}
    if not own:
        return None
    source = _source(known, package)
    return Part(
        kind="library",
        name=known.name,
        version=source.version or _version(known, list(own)),
        source=source,
        licences=(known.licence,),
        inside=owner.name,
        files=_hashes(own),
        texts=tuple(p for p in files.values() if known.text and p.endswith(known.text)),
        cpe=known.cpe,
    )


def _source(known: Library, package: Distribution) -> PackageURL:
    """With a version where auditwheel noted it, when it made the wheel on a Red Hat."""
    text = package.read_text("sboms/auditwheel.cdx.json") if known.rpm else None
    noted = {part["name"]: part["purl"] for part in json.loads(text)["components"]} if text else {}
    return PackageURL.from_string(noted.get(known.rpm, known.purl))


def _version(known: Library, files: list[Path]) -> str:
    if known.ask:
        return ask(known.ask, files)
    pattern = known.version.encode()
    found = [re.search(pattern, file.read_bytes()) for file in files] if pattern else []
    return next((match.group(1).decode() for match in found if match), "")


def _crates(owner: Part, file: Path) -> Iterator[Part]:
    found = {(n.decode(), v.decode()) for n, v in _CRATE.findall(file.read_bytes())}
    for name, version in sorted(found):
        licences = (LICENCES[name],) if name in LICENCES else ()
        source = PackageURL("cargo", name=name)
        yield Part("library", name, version, source, licences, owner.name)


def _hashes(files: dict[Path, str]) -> dict[str, str]:
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for file, path in files.items()}
