"""The bill of materials of the image, compared with what the image itself says is in it."""

import base64
import hashlib
import json
import platform
import re
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from sbom.__main__ import main
from sbom.image import within
from sbom.page import page
from support import image

ROOT = Path(__file__).parents[2]
FILE = ROOT / "dist" / "pgvitals-sbom.cdx.json"
SITES = "opt/pgvitals/lib/python3.*/site-packages"


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The image, as in test_image.py."""
    image.provide()


@pytest.fixture(scope="module")
def components() -> list[dict[str, Any]]:
    """What the bill lists; the bill is left for who wants to read it."""
    with image.unpacked() as root:
        assert main(["image", str(root), str(FILE)]) == 0
    bill = json.loads(FILE.read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "pgvitals")
    return list(bill["components"])


def versions(components: list[dict[str, Any]], source: str) -> dict[str, str]:
    """The versions of what has a package URL of that kind, by name."""
    return {c["name"]: c.get("version", "") for c in components if c["purl"].startswith(source)}


def test_every_python_package_is_listed(components: list[dict[str, Any]]) -> None:
    listing = (
        "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    )
    lines = image.inside("python3", "-c", listing).splitlines()
    there = {canonicalize_name(name): version for name, version in map(str.split, lines)}
    assert {"pgvitals", "psycopg-binary", "bcrypt"} <= set(there)
    assert versions(components, "pkg:pypi/") == there


def test_every_package_of_debian_is_listed(components: list[dict[str, Any]]) -> None:
    lines = image.inside("dpkg-query", "--show").splitlines()
    there = {name.partition(":")[0]: version for name, version in map(str.split, lines)}
    assert len(there) > 50
    assert versions(components, "pkg:deb/") == there


def test_every_library_inside_a_package_is_listed_with_its_hash(
    components: list[dict[str, Any]],
) -> None:
    files = [file for component in components for file in component.get("components", [])]
    listed = {file["name"]: file["hashes"][0]["content"] for file in files}
    sums = image.inside("sh", "-c", "sha256sum /opt/pgvitals/lib/*/site-packages/*.libs/*")
    there = {path: digest for digest, path in map(str.split, sums.splitlines())}
    assert any("libcrypto" in path for path in there)
    assert there.items() <= listed.items()


def test_versions_are_those_that_the_libraries_tell(components: list[dict[str, Any]]) -> None:
    asking = "import psycopg, yaml; print(psycopg.pq.version(), yaml._yaml.get_version_string())"
    libpq, libyaml = image.inside("python3", "-c", asking).split()
    listed = versions(components, "pkg:generic/")
    assert listed["postgresql (libpq)"] == f"{int(libpq) // 10000}.{int(libpq) % 10000}"
    assert listed["libyaml"] == libyaml
    known = [
        name for name in ("openssl", "krb5", "openldap") if re.fullmatch(r"[\d.]+", listed[name])
    ]
    assert known == ["openssl", "krb5", "openldap"]


def test_cpython_is_listed(components: list[dict[str, Any]]) -> None:
    said = image.inside("python3", "--version").split()[1]
    pythons = {
        c["name"]: c["version"] for c in components if c["name"] in ("cpython", "python3.13")
    }
    assert pythons
    assert all(version.startswith(said) for version in pythons.values())


def test_everything_has_a_licence_or_says_that_nobody_states_it(
    components: list[dict[str, Any]],
) -> None:
    assert [c["name"] for c in components if not c["licenses"]] == []
    unknown = [c["purl"] for c in components if c["licenses"] == [{"license": {"name": "unknown"}}]]
    # Of Debian's there are texts that only people can read; all else is known.
    assert [purl for purl in unknown if not purl.startswith("pkg:deb/")] == []


def test_every_licence_text_that_is_named_is_there(components: list[dict[str, Any]]) -> None:
    named = [entry["value"] for c in components for entry in c.get("properties", [])]
    found = image.inside("sh", "-c", f"ls {' '.join(named)} 2>&1 || true").splitlines()
    assert len(named) > 100
    assert sorted(named) == sorted(found)


def test_every_python_package_has_its_licence_text_in_the_image() -> None:
    with image.unpacked() as root:
        (site,) = root.glob(SITES)
        packages = [part for part in within(site, root) if part.kind == "python"]
        assert [part.name for part in packages if not part.texts] == []
        assert all((root / text.lstrip("/")).is_file() for p in packages for text in p.texts)


def test_no_file_of_a_package_was_changed() -> None:
    with image.unpacked() as root:
        (site,) = root.glob(SITES)
        files = [
            file for package in distributions(path=[str(site)]) for file in package.files or ()
        ]
        recorded = [file for file in files if file.hash]
        changed = [
            str(file)
            for file in recorded
            if _digest(Path(str(file.locate()))) != (file.hash and file.hash.value)
        ]
    assert len(recorded) > 300
    assert changed == []


def _digest(file: Path) -> str:
    """As wheels note it."""
    found = hashlib.sha256(file.read_bytes()).digest()
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the page is about x86_64"
)
def test_the_page_of_licences_is_about_what_is_in_the_image() -> None:
    with image.unpacked() as root:
        (site,) = root.glob(SITES)
        fresh = page(within(site, site))
    assert (ROOT / "docs" / "licences.md").read_text() == fresh, "stale: make requirements"
