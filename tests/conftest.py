"""Fixtures that give tests a PostgreSQL server. Tests that ask for none start and look for none.

    server    each major in turn, shared by all tests: leave it as it was
    newest    the newest of them
    database  a fresh database on server
    victim    a private server of the newest major, to be broken

A test of `server` or `database` marked `since(16)` runs on 16 and later only. One marked `alone` measures
what other tests would disturb, or needs what there is once on a machine: `make test` runs those that are not
in several processes, each with shared servers of its own, and then these, one after the other. One marked
`long` runs where PGVITALS_LONG is set.
"""

import functools
import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from xdist.workermanage import NodeManager  # type: ignore[import-untyped]  # xdist has no types

from support import servers
from support.servers import Database, Server

NEEDS = {"server", "newest", "database", "victim", "local_majors"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "since(major): run on this PostgreSQL major and later")
    config.addinivalue_line("markers", "alone: nothing else may run meanwhile")
    config.addinivalue_line("markers", "long: only in the long form of the tests")
    # A terminated run cleans up like an interrupted one.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Workers hear of it after 5 s, have servers to stop, and were killed 5 s later.
    NodeManager.EXIT_TIMEOUT = 60


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" not in metafunc.fixturenames:
        return
    params = [pytest.param(major, id=f"pg{major}") for major in servers.available_majors()]
    # Without any server there is still one test, to say so.
    params = params or [pytest.param(None, id="none")]
    metafunc.parametrize("server", params, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests of later majors, and long ones: a skip would fail in CI."""
    long = bool(os.environ.get("PGVITALS_LONG"))
    out = [i for i in items if _is_too_early(i) or (i.get_closest_marker("long") and not long)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def _is_too_early(item: pytest.Item) -> bool:
    since = item.get_closest_marker("since")
    call = getattr(item, "callspec", None)
    major = call.params.get("server") if call else None
    return bool(since and major and major < since.args[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing that needs PostgreSQL is skipped in silence."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("CI") and NEEDS & set(getattr(item, "fixturenames", ())):
        report.outcome = "failed"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"In CI: {reason}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Most tests wait, so one more than processors; on a server that was given, tests would meet."""
    given = os.environ.get("PGVITALS_TEST_DSN")
    return 1 if given else min(4, (os.cpu_count() or 1) + 1)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells which versions ran."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["used"] = list(servers.used)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """So they stand in the summary; a worker that crashed tells nothing."""
    servers.used.update(dict.fromkeys(getattr(node, "workeroutput", {}).get("used", ())))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if line := servers.summary():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def shared() -> Iterator[Callable[[int], Server]]:
    """Starts one server per major, on first use, for the whole session."""
    with ExitStack() as stack:
        yield functools.cache(lambda major: stack.enter_context(closing(servers.provide(major))))


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, shared: Callable[[int], Server]) -> Server:
    """The shared server of each major in turn."""
    return shared(request.param) if request.param else servers.no_server()


@pytest.fixture(scope="session")
def newest(shared: Callable[[int], Server]) -> Server:
    """The shared server of the newest major."""
    majors = servers.available_majors()
    return shared(max(majors)) if majors else servers.no_server()


@pytest.fixture(scope="session")
def local_majors() -> list[int]:
    """The majors launch() can start, lowest first."""
    return servers.local_majors() or servers.no_server()


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A fresh database on the shared server."""
    fresh = Database(server, server.create_database())
    yield fresh
    server.drop_database(fresh.name)


@pytest.fixture
def victim() -> Iterator[Server]:
    """A private local server of the newest major that the test may break."""
    with closing(servers.launch()) as private:
        yield private
