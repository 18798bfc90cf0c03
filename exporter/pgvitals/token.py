"""A token: a password that expires, as the tools of clouds and vaults print it."""

import base64
import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs

LONGEST = 86_400.0
"""Seconds for which any token is believed: a day, whatever it says of itself."""


class Token(NamedTuple):
    """`lifetime` are the seconds that are left of it; None where nothing tells."""

    text: str
    lifetime: float | None = None

    @classmethod
    def parse(cls, printed: bytes, now: float) -> "Token":
        """Read what a command printed, at `now` (Unix time); raises ValueError, which never shows it."""
        try:
            text = printed.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise ValueError("found what is no UTF-8 text, expected a token") from None
        token, ends = _from_json(text, now) if text.startswith("{") else (text, None)
        _check(token)
        ends = ends if ends is not None else _own_end(token)
        if ends is None:
            return cls(token)
        if not ends > now:
            raise ValueError(f"found a token that expired {_ago(now - ends)} ago, by our clock")
        return cls(token, min(ends - now, LONGEST))

    def __repr__(self) -> str:
        return f"Token({self.lifetime})"


class Form(NamedTuple):
    """Where a tool's JSON has the token, its end (a time), and its lifetime (seconds)."""

    token: str
    end: str = ""
    seconds: str = ""


# The first that fits counts, so that what says more of the end comes before what says less.
FORMS = (
    Form("accessToken", end="expires_on"),  # az account get-access-token
    Form("accessToken", end="expiresOn"),  # of older versions, in local time
    Form("status.token", end="status.expirationTimestamp"),  # credentials of Kubernetes' kubectl
    Form("credential.access_token", end="credential.token_expiry"),  # gcloud config config-helper
    Form("access_token", end="expires_on"),  # Azure's metadata service
    Form("access_token", seconds="expires_in"),  # OAuth 2, and Google's metadata service
    Form("data.password", seconds="data.ttl"),  # vault read database/static-creds/...
    *(
        Form(name, end=end)
        for name in ("token", "password")
        for end in ("expires_at", "expires_on")
    ),
    *(Form(name, end="expiration") for name in ("token", "password")),
    *(Form(name, seconds="expires_in") for name in ("token", "password")),
)


def _from_json(text: str, now: float) -> tuple[str, float | None]:
    """Token and end (Unix time), from one of FORMS; without an end where it has none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("found what begins like JSON and is not, expected a token") from None
    for form in FORMS:
        token, end, seconds = (_at(found, path) for path in form)
        if token is not None and (end, seconds) != (None, None):
            return _text(token), _time(end) if end is not None else now + _number(seconds)
    for form in FORMS:
        if (token := _at(found, form.token)) is not None:
            return _text(token), None
    names = ", ".join(dict.fromkeys(form.token for form in FORMS))
    raise ValueError(f"found JSON without a token that is known, expected one of {names}")


def _at(found: Any, path: str) -> Any:
    """What stands at a path with dots; None where nothing does."""
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("found a token that is no text, expected one")
    return value


def _time(value: Any) -> float:
    """Unix time, from a number or ISO 8601; without a zone it is local, as az means it."""
    try:
        return _number(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError(
            "found an expiry that is no time, expected Unix time or ISO 8601"
        ) from None


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("found an expiry that is no number")
    return number


def _check(token: str) -> None:
    """Whether this may be one: a single line, which a C library can hold."""
    if not token:
        raise ValueError("found nothing, expected a token")
    if lines := len(token.splitlines()) - 1:
        raise ValueError(f"found {lines + 1} lines, expected a token, or JSON with one")
    if "\0" in token:
        raise ValueError("found a NUL, expected a token")


def _own_end(token: str) -> float | None:
    """When a token ends (Unix time) that says so itself: one of RDS, or a JWT."""
    return next(filter(None, (*_of_rds(token), *_of_jwt(token))), None)


def _of_rds(token: str) -> Iterator[float]:
    try:
        query = parse_qs(token.partition("?")[2], max_num_fields=100)
        begins = datetime.strptime(query["X-Amz-Date"][0] + "+0000", "%Y%m%dT%H%M%SZ%z")
        yield begins.timestamp() + _number(query["X-Amz-Expires"][0])
    except (KeyError, ValueError, OverflowError):
        return


def _of_jwt(token: str) -> Iterator[float]:
    parts = token.split(".")
    if len(parts) != 3:
        return
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        yield _number(_at(json.loads(payload), "exp"))
    except (ValueError, RecursionError):
        return


def _ago(seconds: float) -> str:
    return f"{min(seconds, 1e9):.0f} s"
