"""What the bill of materials says of parts that tell little about themselves."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.spdx import is_expression

from sbom.__main__ import main
from sbom.bom import document
from sbom.debian import packages
from sbom.image import within
from sbom.interpreter import interpreters
from sbom.libraries import KNOWN, LICENCES
from sbom.part import Part

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Puts a Python package of given metadata and files into the directory."""

    def put(name: str, metadata: str = "", **files: bytes) -> None:
        about = tmp_path / f"{name}-1.0.dist-info"
        about.mkdir()
        text = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{metadata}"
        (about / "METADATA").write_text(text)
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
        listed = [*files, f"{about.name}/METADATA"]
        (about / "RECORD").write_text("".join(f"{path},,\n" for path in listed))

    return put


def bill(*parts: Part) -> list[dict[str, Any]]:
    return list(json.loads(document(parts, "1.0"))["components"])


@pytest.mark.parametrize(
    ("metadata", "licences"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: GPL", ("MIT OR Apache-2.0",)),
        ("License: mit\nClassifier: License :: OSI Approved :: BSD License", ("MIT",)),
        ("License: My own words", ("My own words",)),
        ("Classifier: License :: OSI Approved :: BSD License", ("BSD License",)),
        ("License: Copyright me\n        All of its text", ()),
        ("", ()),
    ],
)
def test_licences_of_packages_are_those_that_are_stated(
    install: Install, tmp_path: Path, metadata: str, licences: tuple[str, ...]
) -> None:
    install("thing", metadata)
    (part,) = within(tmp_path, tmp_path)
    assert part.licences == licences


def test_a_licence_that_nobody_states_is_unknown(install: Install, tmp_path: Path) -> None:
    install("thing")
    (component,) = bill(*within(tmp_path, tmp_path))
    assert component["licenses"] == [{"license": {"name": "unknown"}}]


def test_a_licence_text_is_found_where_it_is(install: Install, tmp_path: Path) -> None:
    text = "thing-1.0.dist-info/licenses/LICENSE"
    install("thing", "License-File: LICENSE\nLicense-File: LOST", **{text: b"You may."})
    (part,) = within(tmp_path, tmp_path)
    assert part.texts == (f"/{text}",)


def test_a_library_that_nobody_knows_is_listed_by_its_file(
    install: Install, tmp_path: Path
) -> None:
    install("thing", **{"thing.libs/libnew-1234.so.5": b"content"})
    package, library = within(tmp_path, tmp_path)
    assert (library.name, library.version, library.inside) == ("libnew-1234.so.5", "", "thing")
    digest = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    listed = next(c for c in bill(package, library) if c["name"] == library.name)
    (file,) = listed["components"]
    assert file["name"] == "/thing.libs/libnew-1234.so.5"
    assert file["hashes"] == [{"alg": "SHA-256", "content": digest}]
    assert "version" not in listed


def test_versions_are_read_from_the_libraries(install: Install, tmp_path: Path) -> None:
    files = {
        "psycopg_binary.libs/libcrypto-1.so.3": b"\0OpenSSL 3.5.9 29 Sep 2026\0",
        "psycopg_binary.libs/libkrb5-1.so.3.3": b"no version",
        "psycopg_binary.libs/libpq-1.so.5": b"no library at all",
    }
    install("psycopg_binary", **files)
    parts = {part.name: part for part in within(tmp_path, tmp_path)}
    assert parts["openssl"].version == "3.5.9"
    assert parts["krb5"].version == parts["postgresql (libpq)"].version == ""
    listed = {component["name"]: component for component in bill(*parts.values())}
    assert listed["openssl"]["cpe"] == "cpe:2.3:a:openssl:openssl:3.5.9:*:*:*:*:*:*:*"
    assert "cpe" not in listed["krb5"]


def test_versions_are_those_that_the_wheel_was_made_with(install: Install, tmp_path: Path) -> None:
    purl = "pkg:rpm/centos/cyrus-sasl-lib@2.1.26-24.el7_9"
    noted = {"components": [{"name": "cyrus-sasl-lib", "version": "2", "purl": purl}]}
    files = {
        "psycopg_binary.libs/libsasl2-1.so.3": b"",
        "psycopg_binary.libs/libkeyutils-1.so.1": b"",
        "psycopg_binary-1.0.dist-info/sboms/auditwheel.cdx.json": json.dumps(noted).encode(),
    }
    install("psycopg_binary", **files)
    package, sasl, keyutils = within(tmp_path, tmp_path)
    assert (str(sasl.purl), sasl.version) == (purl, "2.1.26-24.el7_9")
    assert (str(keyutils.purl), keyutils.version) == ("pkg:generic/keyutils", "")
    cpes = [component.get("cpe", "") for component in bill(package, sasl)]
    assert any(cpe.startswith("cpe:2.3:a:cyrusimap:cyrus-sasl:2.1.26:*") for cpe in cpes)


def test_the_licence_text_of_a_library_is_below_the_image(install: Install, tmp_path: Path) -> None:
    install("isal", **{"isal/isal_zlib.abi3.so": b"", "isal/isa-l/LICENSE": b"You may."})
    _, library = within(tmp_path, tmp_path)
    assert library.texts == ("/isal/isa-l/LICENSE",)


def test_crates_are_found_by_the_paths_that_their_compiler_left(
    install: Install, tmp_path: Path
) -> None:
    where = b"/home/builder/.cargo/registry/src/index-19/"
    content = b"\0" + where + b"pyo3-ffi-0.26.0/src/lib.rs\0" + where + b"newer-1.2.3/src/lib.rs\0"
    install("thing", **{"thing/core.abi3.so": content})
    _, newer, known = within(tmp_path, tmp_path)
    assert (newer.name, newer.version, newer.licences) == ("newer", "1.2.3", ())
    assert str(known.purl) == "pkg:cargo/pyo3-ffi@0.26.0"
    assert known.licences == (LICENCES["pyo3-ffi"],)


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """An unpacked image with some packages of Debian."""
    release = 'PRETTY_NAME="Debian"\nID=debian\nVERSION_ID="13"\n\nBROKEN\n'
    texts = {
        "good": "Format: https://example.org\n\nFiles: *\nLicense: GPL-2+\n text\n\n"
        "Files: a\nLicense: MIT\n\nLicense: unused\n",
        "prose": "This package is in the public domain.\n",
        "odd": "\xff\n\n\n",
    }
    status = "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2\n"
        f"Source: origin (3)\n\n"
        for name in [*texts, "lost", "escape"]
    )
    gone = "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
    files = {"etc/os-release": release, "var/lib/dpkg/status": status + gone}
    files |= {f"usr/share/doc/{name}/copyright": text for name, text in texts.items()}
    for path, text in files.items():
        (tmp_path / "root" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / path).write_text(text, "latin-1")
    (tmp_path / "secret").write_text(texts["good"])
    (tmp_path / "root/usr/share/doc/escape").mkdir()
    (tmp_path / "root/usr/share/doc/escape/copyright").symlink_to(tmp_path / "secret")
    return tmp_path / "root"


def test_packages_of_debian_have_the_licences_that_programs_can_read(debian: Path) -> None:
    licences = {part.name: part.licences for part in packages(debian)}
    assert licences == {"good": ("GPL-2+", "MIT"), "prose": (), "odd": (), "lost": (), "escape": ()}


def test_packages_of_debian_say_what_they_are_made_from(debian: Path) -> None:
    purl = next(packages(debian)).purl
    assert purl.qualifiers == {"arch": "amd64", "distro": "debian-13", "upstream": "origin@3"}
    assert (purl.namespace, purl.version) == ("debian", "1:2")


def test_a_licence_text_outside_the_image_is_none(debian: Path) -> None:
    texts = {part.name: part.texts for part in packages(debian)}
    assert texts["prose"] == ("/usr/share/doc/prose/copyright",)
    assert texts["lost"] == texts["escape"] == ()


def test_several_licences_are_all_named(debian: Path) -> None:
    good = next(component for component in bill(*packages(debian)) if component["name"] == "good")
    assert [entry["license"]["name"] for entry in good["licenses"]] == ["GPL-2+", "MIT"]


def test_cpython_that_was_built_from_source_is_found(tmp_path: Path) -> None:
    header = tmp_path / "usr/local/include/python3.13/patchlevel.h"
    header.parent.mkdir(parents=True)
    header.write_text('#define PY_MAJOR_VERSION 3\n#define PY_VERSION      "3.13.9"\n')
    (part,) = interpreters(tmp_path)
    assert (str(part.purl), part.texts) == ("pkg:generic/python@3.13.9", ())


@pytest.mark.parametrize("what", ["image", "licences"])
def test_a_wrong_directory_is_told(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([what, str(tmp_path), str(tmp_path / "file")]) == 2
    assert re.search(f"{tmp_path} has no .*, expected ", capsys.readouterr().err)
    assert not (tmp_path / "file").exists()


def test_wrong_arguments_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image"]) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_the_page_of_licences_is_about_what_is_pinned() -> None:
    packages, _, libraries = PAGE.partition("## Libraries")
    rows = re.findall(r"^\| ([\w-]+) \| (\d\S*) \|", packages, re.MULTILINE)
    pinned = (ROOT / "requirements.txt").read_text("utf-8")
    wanted = re.findall(r"^(\S+)==(\S+)", pinned, re.MULTILINE)
    assert rows == wanted, "stale: make requirements"
    assert all(f"| {owner} |" in libraries for owner in KNOWN)


def test_licences_of_libraries_are_names_of_spdx() -> None:
    known = {library.licence for libraries in KNOWN.values() for library in libraries}
    wrong = {stated for stated in known | {*LICENCES.values()} if not is_expression(stated)}
    assert wrong == {"BSD with advertising"}  # Red Hat's word; SPDX has no name for just that
