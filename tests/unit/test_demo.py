"""What the demo knows without a server."""

import itertools
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pgvitals import catalogue
from pgvitals.demo import exporter, faults, home, installation, tour
from pgvitals.demo.progress import Ended, Failure, Progress

PAGE = """\
# HELP pg_blocked_sessions Sessions that wait.
# TYPE pg_blocked_sessions gauge
pg_blocked_sessions{datname="postgres"} 0
pg_blocked_sessions{datname="shop"} 2
pg_blocked_sessions_longest_wait_seconds{datname="shop"} 3.5
"""


def test_a_sight_is_the_line_of_the_page() -> None:
    sight = tour.Sight("somebody waits", "pg_blocked_sessions", ('datname="shop"',))
    assert sight.look(PAGE) == 'pg_blocked_sessions{datname="shop"} 2'


@pytest.mark.parametrize(
    ("family", "label"),
    [("pg_blocked_sessions", "postgres"), ("pg_blocked_sessions", "x"), ("pg_blocked", "shop")],
    ids=["zero", "no such series", "no such family"],
)
def test_what_is_not_there_is_no_sight(family: str, label: str) -> None:
    assert tour.Sight("?", family, (f'datname="{label}"',)).look(PAGE) is None


def test_a_page_without_one_of_the_faults_is_not_complete() -> None:
    assert list(tour.seen(PAGE)) == [("and another one waits for it", PAGE.splitlines()[3])]
    assert tour.complete(PAGE) is None


def test_every_sight_is_a_family_of_the_release() -> None:
    families = {name for query in catalogue.shipped().values() for name in query.metrics}
    assert {sight.family for sight in tour.SIGHTS} <= families


def test_the_intervals_are_those_of_queries_of_the_release() -> None:
    assert exporter.INTERVALS.keys() <= catalogue.shipped().keys()


def test_the_faults_have_titles_and_statements() -> None:
    sections = list(faults.sections())
    assert len(sections) > 10
    for section in sections:
        assert section.title.strip(), section
        assert re.search(r"^\w.*;$", section.sql, re.M | re.S), section


def test_a_statement_that_no_transaction_takes_stands_alone() -> None:
    (vacuum,) = (
        s.sql for s in faults.sections() if re.search(r"^vacuum|concurrently", s.sql, re.M)
    )
    assert vacuum.count(";") == 1


def test_progress_has_times_and_goes_where_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(to_stderr=False).say("first")
    Progress(to_stderr=True).say("second")
    out, err = capsys.readouterr()
    assert re.fullmatch(r" +0\.\d s  first\n", out)
    assert re.fullmatch(r" +0\.\d s  second\n", err)


@pytest.fixture
def signalled() -> Progress:
    """One that a SIGTERM reached."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    interrupt = signal.getsignal(signal.SIGINT)
    progress = Progress(to_stderr=False)
    progress.listen()
    signal.raise_signal(signal.SIGTERM)
    for number, handler in [*before.items(), (signal.SIGINT, interrupt)]:
        signal.signal(number, handler)
    return progress


def test_a_signal_is_found_by_whoever_tells_or_waits(
    signalled: Progress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signalled.signal == signal.SIGTERM
    with pytest.raises(Ended):
        signalled.say("not said any more")
    with pytest.raises(Ended):
        signalled.wait(lambda: None, 60)
    assert capsys.readouterr().out == ""


def test_what_nohup_ignores_stays_ignored() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        Progress(to_stderr=False).listen()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        for number, handler in [*before.items(), (signal.SIGHUP, hangup)]:
            signal.signal(number, handler)


def test_waiting_gives_what_was_found_and_has_an_end() -> None:
    progress = Progress(to_stderr=False)
    assert progress.wait(lambda: "found", 0) == "found"
    with pytest.raises(TimeoutError):
        progress.wait(lambda: None, -1)


def test_a_home_goes_with_everything_in_it() -> None:
    with suppress(ZeroDivisionError), home.temporary() as place:
        (place.path / "below").mkdir()
        (place.path / "below" / "file").touch()
        raise ZeroDivisionError
    assert not place.path.exists()


def test_root_takes_a_home_that_others_can_enter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as somebody else")
    tmp_path.chmod(0o700)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with home.temporary() as place:
        assert tmp_path not in place.path.parents
        assert all(path.stat().st_mode & 0o001 for path in (place.path, *place.path.parents))


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, installation.PACKAGE, None)
    with pytest.raises(Failure, match=r"pip install 'pgvitals\[demo\]'"):
        installation.programs(home.Home(tmp_path, None))


def test_no_two_sights_are_the_same() -> None:
    assert all(a != b for a, b in itertools.combinations(tour.SIGHTS, 2))
