"""What the image is built from: a clean Dockerfile, little context, and packages pinned by hash."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pgvitals import __version__
from pgvitals.config import Web

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
WANTED = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "requirements-build.txt": PROJECT["build-system"]["requires"],
}
ENTRY = re.compile(r"^\S+==.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
PIN = re.compile(r"(\S+)==(\S+) \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+(    #.*\n)*")


def entries(file: str) -> dict[str, str]:
    """The names that are pinned, and what stands there about each."""
    text = (ROOT / file).read_text("utf-8")
    return {entry.partition("==")[0]: entry for entry in ENTRY.findall(text)}


def test_hadolint_has_nothing_to_say() -> None:
    program = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_all_stages_stand_on_one_base_that_can_be_replaced() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases == ["${BASE}", "packages", "${BASE}"]


def test_it_is_as_the_program_is() -> None:
    assert f"\nEXPOSE {Web().listen_addresses[0].removeprefix(':')}\n" in DOCKERFILE
    assert f"\nARG VERSION={__version__}\n" in DOCKERFILE


def test_only_what_is_listed_is_sent_to_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    sent = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert [path for path in sent if not (ROOT / path).exists()] == []
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    sources = {*wheel["packages"], *wheel["force-include"]}
    about = {"pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
    assert set(sent) == sources | about | set(WANTED)


@pytest.mark.parametrize("file", WANTED)
def test_what_the_project_wants_is_pinned(file: str) -> None:
    pinned = entries(file)
    for requirement in map(Requirement, WANTED[file]):
        entry = pinned.get(canonicalize_name(requirement.name), "nothing==0 ")
        version = entry.partition("==")[2].split()[0]
        stale = f"found {version}, expected {requirement}: run make requirements"
        assert requirement.specifier.contains(version), stale


def test_nothing_is_pinned_that_the_project_no_longer_wants() -> None:
    direct = {n for n, entry in entries("requirements.txt").items() if "(pyproject.toml)" in entry}
    wanted = {canonicalize_name(Requirement(w).name) for w in WANTED["requirements.txt"]}
    assert direct == wanted, "run make requirements"


@pytest.mark.parametrize("file", WANTED)
def test_every_package_is_pinned_by_hash_and_none_by_a_place(file: str) -> None:
    pinned = entries(file)
    assert [name for name, entry in pinned.items() if not PIN.fullmatch(entry)] == []
    text = (ROOT / file).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
