"""Outcomes: what an error means for the next run, and for whoever reads the page."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import PoolTimeout

from pgvitals.outcome import CredentialError, Kind, Outcome, down_reason, first_line, of_error
from unit.material import quick

E = psycopg.errors


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (E.InsufficientPrivilege("no"), "skipped", "privilege"),
        (E.FeatureNotSupported("no"), "skipped", "unsupported"),
        (E.UndefinedFunction("no"), "error", "42883"),
        (E.UndefinedTable("no"), "error", "42P01"),
        (E.UndefinedColumn("no"), "error", "42703"),
        (E.QueryCanceled("slow"), "timeout", "statement_timeout"),
        (E.LockNotAvailable("busy"), "timeout", "lock_timeout"),
        (E.SerializationFailure("conflict"), "error", "40001"),
        (E.AdminShutdown("bye"), "error", "57P01"),
        (E.CrashShutdown("bye"), "error", "57P02"),
        (E.CannotConnectNow("wait"), "error", "57P03"),
        (E.ConnectionFailure("lost"), "error", "08006"),
        (E.TooManyConnections("full"), "error", "53300"),
        (E.DivisionByZero("x/0"), "error", "22012"),
        (psycopg.OperationalError("server closed"), "error", "connection"),
        (PoolTimeout("none"), "error", "connection"),
        (KeyError("n"), "error", "internal"),
    ],
)
def test_the_sqlstate_decides_how_a_run_ended(error: Exception, kind: Kind, reason: str) -> None:
    assert of_error(error)[:2] == (kind, reason)


@pytest.mark.parametrize("error", [E.UndefinedFunction, E.UndefinedTable, E.UndefinedColumn])
def test_only_an_optional_query_may_miss_its_object(error: type[psycopg.Error]) -> None:
    ended = of_error(error("gone"), optional=True)
    assert ended == Outcome("skipped", "missing_object", "gone")


def test_optional_excuses_nothing_else() -> None:
    assert of_error(E.DivisionByZero("x"), optional=True).kind == "error"
    assert of_error(E.QueryCanceled("x"), optional=True).kind == "timeout"


def test_what_was_cut_off_is_a_timeout_whatever_the_socket_said() -> None:
    ended = of_error(psycopg.OperationalError("server closed the connection"), overdue=True)
    assert ended == Outcome("timeout", "visit_deadline", "no answer until the visit's deadline")


def test_a_message_is_the_first_line_of_the_error() -> None:
    assert of_error(E.UndefinedTable("no such\nLINE 1: select\n  ^")).message == "no such"
    assert first_line(KeyError()) == "KeyError"
    assert first_line(ValueError("  \n")) == "ValueError"


intervals = st.floats(1, 3600)
failures = st.integers(1, 10_000)
kinds = st.sampled_from(["success", "error", "timeout", "skipped"])
reasons = st.sampled_from(["", "42P01", "privilege", "unsupported", "missing_object", "version"])


@quick
@given(kinds, reasons, intervals, st.integers(0, 10_000))
def test_the_next_run_is_never_lost_and_only_a_slow_query_that_failed_runs_early(
    kind: Kind, reason: str, interval: float, failed: int
) -> None:
    delay = Outcome(kind, reason).delay(interval, failed)
    failing = kind in ("error", "timeout")
    assert (min(interval, 30) if failing else interval) <= delay <= max(interval, 600)


@pytest.mark.parametrize("kind", ["error", "timeout"])
def test_failures_double_the_time_to_the_next_run_up_to_five_minutes(kind: Kind) -> None:
    delays = [Outcome(kind, "40001").delay(15, failed) for failed in range(1, 9)]
    assert delays == [15, 30, 60, 120, 240, 300, 300, 300]


def test_a_slow_query_that_failed_comes_again_soon_and_then_at_its_interval() -> None:
    delays = [Outcome("error").delay(900, failed) for failed in range(1, 8)]
    assert delays == [30, 60, 120, 240, 480, 900, 900]


@quick
@given(intervals, failures)
def test_more_failures_never_shorten_the_wait(interval: float, failed: int) -> None:
    ended = Outcome("timeout", "lock_timeout")
    assert ended.delay(interval, failed) <= ended.delay(interval, failed + 1)


@pytest.mark.parametrize("reason", ["privilege", "unsupported", "missing_object"])
def test_what_the_server_refuses_is_asked_again_rarely(reason: str) -> None:
    assert Outcome("skipped", reason).delay(15, 0) == 600
    assert Outcome("skipped", reason).delay(900, 0) == 900


@pytest.mark.parametrize("reason", ["version", "role", "extension", "relation"])
def test_what_we_skip_ourselves_costs_nothing_and_keeps_its_interval(reason: str) -> None:
    assert Outcome("skipped", reason).delay(15, 0) == 15


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FATAL:  sorry, too many clients already", "too_many_connections"),
        ('FATAL:  too many connections for role "app"', "too_many_connections"),
        ('FATAL:  too many connections for database "app"', "too_many_connections"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "too_many_connections",
        ),
        ("FATAL:  the database system is starting up", "starting_up"),
        ("FATAL:  the database system is shutting down", "starting_up"),
        ("FATAL:  the database system is not yet accepting connections", "starting_up"),
        ("FATAL:  the database system is in recovery mode", "starting_up"),
        ('FATAL:  database "nope" does not exist', "database_missing"),
        ('FATAL:  password authentication failed for user "app"', "login_refused"),
        ('FATAL:  role "app" does not exist', "login_refused"),
        ('FATAL:  role "app" is not permitted to log in', "login_refused"),
        ("fe_sendauth: no password supplied", "login_refused"),
        (
            'no pg_hba.conf entry for host "10.0.0.1", user "app", no encryption',
            "login_refused",
        ),
        ("server does not support SSL, but SSL was required", "tls"),
        ('root certificate file "/x" does not exist', "credentials"),
        ('connection to server at "10.0.0.1", port 5432 failed: Connection refused', "refused"),
        (
            'connection to server on socket "/tmp/.s.PGSQL.5432" failed: No such file or directory',
            "refused",
        ),
        ('could not translate host name "db" to address: Name not known', "unreachable"),
        ("failed to resolve host 'db': Name or service not known", "unreachable"),
        ("connection failed: No route to host", "unreachable"),
        ("connection timeout expired", "no_answer"),
        ("something that nobody has seen before", "connection_failed"),
    ],
)
def test_a_refused_login_has_a_reason_in_one_of_few_words(text: str, reason: str) -> None:
    assert down_reason(psycopg.OperationalError(text)) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'no pg_hba.conf entry for host "::1", user "u", database "d", SSL off',
            "login_refused",
        ),
        ('FATAL:  permission denied for database "app"', "login_refused"),
        (
            'connection to server at "10.0.0.1", port 5432 failed: FATAL:  no pg_hba.conf entry for'
            ' host "10.0.0.2", user "app", database "app", no encryption',
            "login_refused",
        ),
    ],
)
def test_the_reason_of_a_login_does_not_depend_on_names_in_the_text(text: str, reason: str) -> None:
    assert down_reason(psycopg.OperationalError(text)) == reason


def test_an_error_that_has_a_sqlstate_needs_no_text() -> None:
    assert down_reason(E.TooManyConnections("?")) == "too_many_connections"
    assert down_reason(E.CannotConnectNow("?")) == "starting_up"
    assert down_reason(E.InvalidCatalogName("?")) == "database_missing"
    assert down_reason(E.InvalidPassword("?")) == "login_refused"


def test_silence_and_a_bad_password_file_have_reasons_of_their_own() -> None:
    assert down_reason(E.ConnectionTimeout("x")) == "no_answer"
    assert down_reason(PoolTimeout("x")) == "no_answer"
    assert down_reason(CredentialError("password file /x: it is empty")) == "credentials"
