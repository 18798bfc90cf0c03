"""Outcomes: how a run of a collector ended, and what an error of PostgreSQL means for the next one.

SQLSTATE codes: PostgreSQL documentation, appendix A.
"""

import re
from typing import Literal, NamedTuple

import psycopg
from psycopg_pool import PoolTimeout

Kind = Literal["success", "error", "timeout", "skipped"]

_RARELY = 600.0
_FIRST_BACKOFF, _LONGEST_BACKOFF = 30.0, 300.0
_SKIPPED = {"42501": "privilege", "0A000": "unsupported"}
_MISSING = ("42883", "42P01", "42703")
_TIMEOUTS = {"57014": "statement_timeout", "55P03": "lock_timeout"}


class Outcome(NamedTuple):
    """`reason` is empty on success, else one of few words or a SQLSTATE; `message` is for the log."""

    kind: Kind
    reason: str = ""
    message: str = ""

    def delay(self, interval: float, failures: int) -> float:
        """Seconds from one start to the next: longer after failures, rare when the server refuses."""
        if self.kind == "skipped" and self.reason in (*_SKIPPED.values(), "missing_object"):
            return max(interval, _RARELY)
        if self.kind in ("error", "timeout"):
            # A slow query comes again soon, or one busy moment would leave a hole of its interval.
            first = min(interval, _FIRST_BACKOFF)
            return min(
                first * 2.0 ** (min(max(failures, 1), 20) - 1), max(interval, _LONGEST_BACKOFF)
            )
        return interval


def of_error(error: Exception, *, optional: bool = False, overdue: bool = False) -> Outcome:
    """Judge what a query raised; one that is `optional` may miss its object, `overdue` ones are cut off."""
    state = getattr(error, "sqlstate", None)
    message = first_line(error)
    if overdue:
        return Outcome("timeout", "visit_deadline", "no answer until the visit's deadline")
    if state in _SKIPPED:
        return Outcome("skipped", _SKIPPED[state], message)
    if state in _MISSING and optional:
        return Outcome("skipped", "missing_object", message)
    if state in _TIMEOUTS:
        return Outcome("timeout", _TIMEOUTS[state], message)
    return Outcome("error", state or _without_state(error), message)


def _without_state(error: Exception) -> str:
    if isinstance(error, psycopg.OperationalError | PoolTimeout):
        return "connection"
    return "no_rows" if isinstance(error, psycopg.ProgrammingError) else "internal"


def down_reason(error: Exception) -> str:
    """Why a login failed, in one of few words: the label of `pgvitals_down_reason`."""
    state = getattr(error, "sqlstate", None) or ""
    text = str(error)
    if isinstance(error, CredentialError):
        return "credentials"
    if isinstance(error, psycopg.errors.ConnectionTimeout | PoolTimeout):
        return "no_answer"
    for reason, marks in _DOWN_REASONS.items():
        if state in marks or any(re.search(mark, text) for mark in marks):
            return reason
    return "connection_failed"


class CredentialError(psycopg.OperationalError):
    """What a login needs cannot be had on our own side; the text names it, and never holds a secret."""


# libpq gives no SQLSTATE for a refused login, only the server's text, which is English where
# lc_messages is; the fallback is still a truthful reason.
_DOWN_REASONS = {
    "too_many_connections": (
        "53300",
        "too many clients already",
        "too many connections",
        "remaining connection slots",
    ),
    "starting_up": (
        "57P03",
        "starting up",
        "shutting down",
        "not yet accepting",
        "in recovery mode",
    ),
    "database_missing": ("3D000", r'database ".*" does not exist'),
    "login_refused": (
        "28000",
        "28P01",
        "authentication failed",
        "is not permitted to log in",
        "no pg_hba.conf entry",
        "rejects connection",
        "no password supplied",
        "permission denied for database",
        r'role ".*" does not exist',
    ),
    # Files of ours that libpq cannot use: the server was never asked.
    "credentials": (
        "private key file",
        r"(could not (open|read)|certificate present, but) .*certificate",
        r"root certificate file .* does not exist",
        r"service file|definition of service",
    ),
    "tls": ("SSL", "certificate"),
    "refused": ("Connection refused", "No such file or directory"),
    "unreachable": ("could not translate", "No route to host", "Network is unreachable", "resolve"),
    "no_answer": ("timeout expired", "timed out", "timeout"),
}


def first_line(error: Exception) -> str:
    """The first line of an error's text, whole: cut before secrets are hidden, half of one would stay."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
