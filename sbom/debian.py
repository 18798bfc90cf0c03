"""The packages of Debian in an image, from dpkg's own notes."""

from collections.abc import Iterator
from pathlib import Path

from debian.deb822 import Deb822
from packageurl import PackageURL

from sbom.part import Part

STATUS = "var/lib/dpkg/status"
"""Where dpkg notes what is installed."""


def packages(root: Path) -> Iterator[Part]:
    """What is installed in the image below `root`; raises FileNotFoundError when dpkg noted nothing."""
    release = _release(root)
    with (root / STATUS).open(encoding="utf-8") as notes:
        for package in Deb822.iter_paragraphs(notes, use_apt_pkg=False):
            if package["Status"].endswith(" installed"):
                yield _part(root, release, package)


def _part(root: Path, release: str, package: Deb822) -> Part:
    name = package["Package"]
    origin, _, version = package.get("Source", name).partition(" (")
    about = {"arch": package["Architecture"], "distro": release, "upstream": origin}
    if version:
        about["upstream"] += f"@{version.rstrip(')')}"
    text = f"/usr/share/doc/{name}/copyright"
    file = _inside(root, text)
    return Part(
        kind="debian",
        name=name,
        version=package["Version"],
        source=PackageURL("deb", "debian", name, qualifiers=about),
        licences=_licences(file) if file else (),
        texts=(text,) if file else (),
    )


def _inside(root: Path, path: str) -> Path | None:
    """The file, unless it is missing, or a link that leads out of the image."""
    file = (root / path.lstrip("/")).resolve()
    return file if file.is_relative_to(root.resolve()) and file.is_file() else None


def _licences(file: Path) -> tuple[str, ...]:
    """Debian's names of licences; none where the text is for people alone (no DEP 5)."""
    paragraphs = list(Deb822.iter_paragraphs(file.read_bytes(), use_apt_pkg=False))
    if not paragraphs or "Format" not in paragraphs[0]:
        return ()
    stated = [paragraph.get("License", "") for paragraph in paragraphs if "Files" in paragraph]
    return tuple(sorted({name for text in stated if (name := text.partition("\n")[0].strip())}))


def _release(root: Path) -> str:
    """Such as debian-13."""
    lines = (root / "etc/os-release").read_text("utf-8").splitlines()
    release = dict(line.split("=", 1) for line in lines if "=" in line)
    return f"{release['ID']}-{release['VERSION_ID']}".replace('"', "")
