"""Tokens: every tool's form is read, and nothing that a command prints can hurt, or is ever shown."""

import base64
import json
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgvitals.token import FORMS, LONGEST, Token
from unit.material import any_text, complaint, quick

NOW = 1_795_000_000.0
MARK = "S3CR3T"


def printed(data: object) -> bytes:
    return json.dumps(data).encode()


def zulu(seconds: float, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).strftime(form)


def local(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds).isoformat(" ", "microseconds")


def jwt(payload: object) -> str:
    return ".".join(
        base64.urlsafe_b64encode(printed(p)).decode().rstrip("=") for p in ({}, payload, "s")
    )


def rds(age: float, seconds: object) -> str:
    date = zulu(-age, "%Y%m%dT%H%M%SZ")
    return (
        f"db.example:5432/?Action=connect&DBUser=u&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}"
        f"&X-Amz-Expires={seconds}&X-Amz-Signature=0f"
    )


TOLD = {
    "az": {"accessToken": "x", "expiresOn": local(9), "expires_on": int(NOW + 60)},
    "az of before": {"accessToken": "x", "expiresOn": local(60)},
    "kubectl": {
        "kind": "ExecCredential",
        "status": {"token": "x", "expirationTimestamp": zulu(60)},
    },
    "gcloud": {"configuration": {}, "credential": {"access_token": "x", "token_expiry": zulu(60)}},
    "metadata of Azure": {"access_token": "x", "expires_in": "9", "expires_on": str(NOW + 60)},
    "OAuth": {"access_token": "x", "expires_in": 60, "token_type": "Bearer"},
    "vault": {"lease_duration": 0, "data": {"password": "x", "ttl": 60, "username": "u"}},
    "plain, a time": {"token": "x", "expires_at": zulu(60)},
    "plain, a zone": {
        "password": "x",
        "expires_at": zulu(3660, "%Y-%m-%dT%H:%M:%S.000000000+01:00"),
    },
    "plain, Unix time": {"password": "x", "expires_on": NOW + 60},
    "plain, a lifetime": {"token": "x", "expires_in": 60},
    "plain, another word": {"token": "x", "expiration": zulu(60)},
}


@pytest.mark.parametrize("tool", TOLD)
def test_the_json_of_a_tool_has_a_token_and_its_end(tool: str) -> None:
    assert Token.parse(printed(TOLD[tool]), NOW) == Token("x", 60)


@pytest.mark.parametrize("tool", TOLD)
def test_what_a_tool_prints_may_be_indented_and_end_in_a_line_feed(tool: str) -> None:
    assert Token.parse(json.dumps(TOLD[tool], indent=2).encode() + b"\n", NOW).lifetime == 60


@pytest.mark.parametrize(
    "text", ["plain", 'it\'s \\ "hard" @%é', "a.b.c", "a..c", "h/?X-Amz-Date=x&X-Amz-Expires=9"]
)
def test_a_bare_token_need_not_tell_its_end(text: str) -> None:
    assert Token.parse(f"{text}\r\n".encode(), NOW) == Token(text, None)


def test_some_tokens_tell_their_own_end() -> None:
    assert Token.parse(rds(60, 900).encode(), NOW) == Token(rds(60, 900), 840)
    assert Token.parse(jwt({"exp": NOW + 77}).encode(), NOW).lifetime == 77
    assert Token.parse(printed({"token": jwt({"exp": NOW + 77})}), NOW).lifetime == 77


def test_what_json_says_of_the_end_wins_over_the_token() -> None:
    data = {"token": jwt({"exp": NOW + 77}), "expires_in": 60}
    assert Token.parse(printed(data), NOW).lifetime == 60


def test_no_token_is_believed_for_more_than_a_day() -> None:
    assert Token.parse(printed({"token": "x", "expires_on": NOW * 1000}), NOW).lifetime == LONGEST


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (b"", "found nothing, expected a token"),
        (b" \n", "found nothing, expected a token"),
        (b"caf\xe9", "found what is no UTF-8 text, expected a token"),
        (b"WARNING: old\ntoken", "found 2 lines, expected a token, or JSON with one"),
        (b"a\0b", "found a NUL, expected a token"),
        (b"{token", "found what begins like JSON and is not, expected a token"),
        (b'{"a":' * 60_000, "found what begins like JSON and is not, expected a token"),
        (
            b"{}",
            "found JSON without a token that is known, expected one of accessToken, status.token",
        ),
        (b'{"token": 5}', "found a token that is no text, expected one"),
        (b'{"token": ""}', "found nothing, expected a token"),
        (b'{"token": "x", "expires_at": "soon"}', "found an expiry that is no time, expected Unix"),
        (
            b'{"token": "x", "expires_at": []}',
            "found an expiry that is no time, expected Unix time",
        ),
        (b'{"token": "x", "expires_at": 1e999}', "found an expiry that is no time, expected Unix"),
        (b'{"token": "x", "expires_in": "9 s"}', "found an expiry that is no number"),
        (b'{"token": "x", "expires_in": -5}', "found a token that expired 5 s ago, by our clock"),
    ],
)
def test_what_is_no_token_is_refused_with_what_was_expected(output: bytes, said: str) -> None:
    assert complaint(lambda: Token.parse(output, NOW)).startswith(said)


def test_a_token_that_has_expired_is_refused() -> None:
    said = "found a token that expired 100 s ago, by our clock"
    assert complaint(lambda: Token.parse(rds(1000, 900).encode(), NOW)) == said
    assert complaint(lambda: Token.parse(jwt({"exp": NOW - 100}).encode(), NOW)) == said


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | any_text.map(lambda t: MARK + t),
    lambda inside: st.lists(inside, max_size=2),
    max_leaves=4,
)
names = st.sampled_from(
    sorted({name for form in FORMS for path in form for name in path.split(".")})
)
documents = st.recursive(
    st.dictionaries(names, junk, max_size=4),
    lambda inside: st.dictionaries(names, inside | junk, max_size=4),
    max_leaves=6,
)


def unseen(output: bytes) -> None:
    """A token comes of it or a ValueError, and neither shows what is secret."""
    said = complaint(lambda: Token.parse(output, NOW))
    assert MARK not in said
    if not said:
        token = Token.parse(output, NOW)
        assert MARK not in repr(token)
        assert token.text
        assert token.lifetime is None or 0 < token.lifetime <= LONGEST


def test_the_traceback_of_what_is_no_token_does_not_show_it_either() -> None:
    for output in (f"{{{MARK}", f'{{"token": "x", "expires_at": "{MARK}"}}', f"{MARK}\xff"):
        with pytest.raises(ValueError, match="found") as raised:
            Token.parse(output.encode("latin-1"), NOW)
        assert MARK not in "".join(traceback.format_exception(raised.value))


@quick
@given(documents)
def test_no_document_hurts_or_is_shown(document: dict[str, Any]) -> None:
    unseen(printed(document))


@quick
@given(st.binary(max_size=60), any_text)
@example(b"{", "")
def test_no_bytes_hurt_or_are_shown(some: bytes, text: str) -> None:
    unseen(some)
    unseen(MARK.encode() + some)
    unseen(f'{{"token": "{MARK}{text}'.encode())
    unseen(f'{{"token": "{MARK}", "expires_at": "{text}"}}'.encode())


@quick
@given(st.lists(any_text, min_size=3, max_size=3), any_text, any_text)
def test_nothing_that_looks_like_a_jwt_or_one_of_rds_hurts(
    parts: list[str], date: str, seconds: str
) -> None:
    unseen(".".join(parts).encode())
    unseen(jwt({"exp": date}).encode())
    unseen(f"{MARK}?X-Amz-Date={date}&X-Amz-Expires={seconds}".encode())
    unseen(rds(0, seconds).encode())
