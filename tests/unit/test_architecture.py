"""The shape of the package: imports go one way, modules stay small, nothing heavy is loaded."""

import ast
import functools
import itertools
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import pgvitals

PACKAGE = Path(pgvitals.__file__).parent
MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
    for file in sorted(PACKAGE.rglob("*.py"))
    if file.stem != "__init__"
}
"""By their names below the package, such as query or demo.server."""
IO = {"asyncio", "http", "psycopg", "psycopg_pool", "signal", "socket", "subprocess", "urllib"}
"""What only modules that talk to somebody import."""
HEAVY = ("rich", "pglast", "hypothesis", "prometheus_client", "requests", "testcontainers")


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def imported(module: str) -> Iterator[str]:
    """Dotted names that a module imports, at whatever place."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(module: str) -> set[str]:
    """The modules of the package that a module imports."""
    names = [f"{name}." for name in imported(module)]
    found = {m for m in MODULES if any(n.startswith(f"pgvitals.{m}.") for n in names)}
    return found - {module}


def outside(module: str) -> set[str]:
    return {name.split(".")[0] for name in imported(module)} - {"pgvitals"}


GRAPH = {module: ours(module) for module in MODULES}


def below(module: str) -> set[str]:
    """Everything that a module needs, directly or not."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        new = GRAPH[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_imports_go_one_way() -> None:
    order = list(TopologicalSorter(GRAPH).static_order())  # raises CycleError
    assert set(order) == set(MODULES)


def test_the_layers_stand_on_each_other() -> None:
    layers = ["run_command", "daemon", "web", "poller", "instance", "binding", "collector", "query"]
    also = ["instance", "visitor", "task", "reading"]
    for upper, lower in (*itertools.pairwise(layers), *itertools.pairwise(also)):
        assert lower in below(upper), f"{upper} should need {lower}"


def test_nothing_imports_the_commands() -> None:
    commands = {module for module in MODULES if module.endswith(("_command", "_commands"))}
    assert {module for module in MODULES if "cli" in GRAPH[module]} <= {"__main__"}
    assert {module for module in MODULES if "daemon" in GRAPH[module]} <= {"run_command"}
    assert [module for module in MODULES if GRAPH[module] & commands] == []


def test_only_the_demo_knows_the_demo() -> None:
    demo = {module for module in MODULES if module.startswith("demo.")}
    assert demo
    assert [module for module in set(MODULES) - demo if GRAPH[module] & demo] == []


@pytest.mark.parametrize(
    "module",
    ["document", "facts", "query", "catalogue", "sample", "exposition", "markup", "deadline"],
)
def test_the_pure_modules_know_nobody_who_talks_to_servers(module: str) -> None:
    needed = below(module) | {module}
    talking = {name for name in needed if outside(name) & IO}
    assert talking <= ({"deadline"} if module == "deadline" else set())


def test_the_web_side_does_not_know_how_to_talk_to_postgresql() -> None:
    assert not outside("web") & {"psycopg", "psycopg_pool"}
    assert not outside("telemetry") & {"psycopg", "psycopg_pool"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_small_enough_to_read(module: str) -> None:
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= 250


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_says_what_it_is_for(module: str) -> None:
    whole = tree(module)
    silent = [] if ast.get_docstring(whole) or module.endswith("__main__") else [module]
    classes = [node for node in ast.walk(whole) if isinstance(node, ast.ClassDef)]
    owners: list[ast.Module | ast.ClassDef] = [whole, *classes]
    for owner in owners:
        for node in owner.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                private = isinstance(owner, ast.ClassDef) and owner.name.startswith("_")
                silent += [] if private or ast.get_docstring(node) else [node.name]
    assert silent == []


LOAD = """
import sys
from pgvitals.__main__ import load
load().get_command(None, "run")
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that the command which runs the daemon loads."""
    run = subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


def test_the_daemon_loads_what_it_needs(loaded: set[str]) -> None:
    assert {"psycopg", "psycopg_pool", "structlog", "yaml"} <= loaded


@pytest.mark.parametrize("package", HEAVY)
def test_the_daemon_loads_nothing_heavy(package: str, loaded: set[str]) -> None:
    assert package not in loaded


def test_the_daemon_loads_no_openssl_but_that_of_libpq(loaded: set[str]) -> None:
    assert "asyncio" in loaded
    assert not {"ssl", "_ssl", "_hashlib"} & loaded


def test_who_speaks_tls_gets_it_though_the_daemon_was_loaded_without() -> None:
    speak = f"{LOAD}import pgvitals.tls, ssl; assert ssl.SSLContext is pgvitals.tls.ssl.SSLContext"
    subprocess.run([sys.executable, "-c", speak], check=True, capture_output=True)


def test_the_daemon_loads_no_other_command(loaded: set[str]) -> None:
    others = {module for module in MODULES if module.endswith("_commands")}
    assert len(others) >= 3
    assert not {f"pgvitals.{module}" for module in others | {"reference"}} & loaded


@pytest.mark.parametrize("package", HEAVY)
def test_no_module_asks_for_anything_heavy(package: str) -> None:
    assert [module for module in MODULES if package in outside(module)] == []
