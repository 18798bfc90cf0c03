"""Targets on real servers: what they say of the truth fixture, and what they cannot say."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgvitals import agenda, check
from pgvitals.check import Report
from pgvitals.config import Config, InstanceConfig, Loaded
from pgvitals.login import Login
from pgvitals.measuring import LISTED
from pgvitals.verdict import LOST
from support import examined, servers, truth
from support.servers import Server
from support.truth import Key

Truth = tuple[int, psycopg.Connection[Any]]
AGENDA = Config().agenda_of(InstanceConfig(), Loaded({}))
MADE_OF_ROWS = "migration_sequence"
"""Its verdict for a whole history that is well has no detail, and its rows have one a migration."""


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A private server of each major: the fixture makes roles."""
    with closing(servers.launch(request.param) if request.param else servers.no_server()) as own:
        yield own


@pytest.fixture(scope="module")
def loaded(server: Server) -> Iterator[Truth]:
    """The major, and the session that loaded the fixture."""
    with server.connect(server.create_database("truth")) as connection:
        truth.load(connection)
        yield server.major, connection


@pytest.fixture(scope="module")
def seen(loaded: Truth) -> dict[str, dict[Key, bool]]:
    """By target, whether each thing that it examines violates it."""
    targets = agenda.shipped()
    return {name: examined.judged(loaded[1], targets[name]) for name in truth.TARGETS}


def verdict(verdicts: dict[Key, str], key: Key) -> str | None:
    """The right answer; `*` stands for every other table of a schema."""
    return verdicts.get(key, verdicts.get((key[0], "*", "")))


def test_every_target_that_is_implemented_has_its_verdicts() -> None:
    implemented = {name for name, target in agenda.shipped().items() if target.implemented}
    assert implemented == set(truth.TARGETS)


@pytest.mark.parametrize("target", truth.TARGETS)
def test_there_is_no_wrong_green(loaded: Truth, seen: dict[str, Any], target: str) -> None:
    verdicts = truth.verdicts(target, loaded[0])
    faults = {key for key, word in verdicts.items() if word == "violates" and key[1] != "*"}
    assert {key for key in faults if not seen[target].get(key)} == set()


@pytest.mark.parametrize("target", truth.TARGETS)
def test_there_is_no_wrong_red(loaded: Truth, seen: dict[str, Any], target: str) -> None:
    verdicts = truth.verdicts(target, loaded[0])
    found = {key for key, violated in seen[target].items() if violated}
    assert {key for key in found if verdict(verdicts, key) != "violates"} == set()


@pytest.mark.parametrize("target", truth.TARGETS)
def test_nothing_out_of_scope_is_counted(loaded: Truth, seen: dict[str, Any], target: str) -> None:
    verdicts = truth.verdicts(target, loaded[0])
    outside = {key for key, word in verdicts.items() if word == "out"}
    objects = {key[:2] for key in seen[target]}
    assert outside & seen[target].keys() == set()
    assert {key for key in outside if not key[2] and key[:2] in objects} == set()


@pytest.mark.parametrize("target", [t for t in truth.TARGETS if t != "auth_bypass"])
def test_nothing_that_passes_is_left_out(loaded: Truth, seen: dict[str, Any], target: str) -> None:
    verdicts = truth.verdicts(target, loaded[0])
    well = {key for key, word in verdicts.items() if word == "passes" and key[1] != "*"}
    there = {(s, o, "") for s, o, _ in seen[target]} if target == MADE_OF_ROWS else seen[target]
    assert well - set(there) == set()


ROLES = {"bare": "", "pg_monitor": "pg_monitor", "pg_read_all_data": "pg_monitor, pg_read_all_data"}
"""Roles that may log in, and what they are members of; the last one since 14."""
ROLE_TABLE = Path(__file__).parents[2] / "docs" / "targets" / "roles.md"


@pytest.fixture(scope="module")
def reports(server: Server, loaded: Truth) -> dict[str, Report]:
    """What a superuser is told of the fixture, and what the roles are."""
    major, connection = loaded
    known = {
        name: given for name, given in ROLES.items() if name != "pg_read_all_data" or major > 13
    }
    for name, given in known.items():
        connection.execute(f"create role target_{name} login password 'secret'")
        if given:
            connection.execute(f"grant {given} to target_{name}")
    logins = {name: server.dsn("truth", f"target_{name}", "secret") for name in known}
    return {
        name: checked(dsn) for name, dsn in {"superuser": server.dsn("truth"), **logins}.items()
    }


def checked(dsn: str) -> Report:
    return check.run(Login(dsn), AGENDA, lambda *_: None, most=LISTED)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_sees_less_is_told_the_truth_or_that_evidence_is_lost(
    reports: dict[str, Report], role: str
) -> None:
    if role not in reports:
        assert role == "pg_read_all_data"
        return
    pairs = zip(reports["superuser"].checked, reports[role].checked, strict=True)
    for (whole, _), (part, message) in pairs:
        if part.reason in LOST:
            assert (part.state, part.value, message != "") == ("not_evaluated", None, True)
        else:
            assert part._replace(evaluated_at=None) == whole._replace(evaluated_at=None)


def test_what_each_role_sees_stands_in_the_documentation(
    reports: dict[str, Report], loaded: Truth
) -> None:
    if loaded[0] != max(servers.available_majors()):
        return
    lines = [
        "# What a role sees",
        "<!-- Made by tests/integration/test_targets.py from the truth fixture;"
        " PGVITALS_UPDATE_GOLDEN=1 writes it anew. -->",
        "",
        "Of each implemented target, whether a role is told the truth about a database made to fool the"
        " checks, or that evidence is lost and why. `bare` may log in and nothing else;"
        " `pg_read_all_data` has no BYPASSRLS.",
        "",
        f"| target | {' | '.join(reports)} |",
        "| --- |" + " --- |" * len(reports),
    ]
    for row in zip(*(report.checked for report in reports.values()), strict=True):
        if row[0].verdict.reason != "not_implemented":
            words = [one.verdict.reason or "evaluated" for one in row]
            lines.append(f"| `{row[0].verdict.target.id}` | {' | '.join(words)} |")
    text = "\n".join(lines) + "\n"
    if os.environ.get("PGVITALS_UPDATE_GOLDEN"):
        ROLE_TABLE.write_text(text)
    assert ROLE_TABLE.read_text() == text
