"""Access: which passwords are right, and what it costs to find out."""

import base64
import subprocess
import sys
import threading

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgvitals.access import Access, Verdict, credentials
from unit.material import quick

USERS = {
    name: bcrypt.hashpw(password, bcrypt.gensalt(4)).decode()
    for name, password in {
        "alice": b"secret",
        "b\u00f6b": "pa\u00dfwort".encode(),
        "long": b"x" * 72,
        "empty": b"",
    }.items()
}


def header(user: str, password: bytes | str) -> str:
    said = user.encode() + b":" + (password if isinstance(password, bytes) else password.encode())
    return f"Basic {base64.b64encode(said).decode()}"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The hashes that bcrypt was asked about."""
    asked: list[bytes] = []
    check = bcrypt.checkpw

    def noted(password: bytes, hashed: bytes) -> bool:
        asked.append(hashed)
        return check(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", noted)
    return asked


@pytest.mark.parametrize(
    ("user", "password", "verdict"),
    [
        ("alice", "secret", Verdict.RIGHT),
        ("b\u00f6b", "pa\u00dfwort", Verdict.RIGHT),
        ("empty", "", Verdict.RIGHT),
        ("long", "x" * 72, Verdict.RIGHT),
        ("long", "x" * 100, Verdict.RIGHT),  # as everywhere: bcrypt does not look further
        ("long", "x" * 71, Verdict.WRONG),
        ("alice", "Secret", Verdict.WRONG),
        ("alice", "", Verdict.WRONG),
        ("alice", "secret\0", Verdict.WRONG),
        ("alice", b"\0", Verdict.WRONG),
        ("alice", b"\xff" * 100_000, Verdict.WRONG),
        ("Alice", "secret", Verdict.WRONG),
        ("", "secret", Verdict.WRONG),
        ("nobody", "." * 31, Verdict.WRONG),
    ],
)
def test_a_password_is_right_for_its_user_alone(
    user: str, password: bytes | str, verdict: Verdict
) -> None:
    access = Access()
    assert [access.judge(USERS, header(user, password)) for _ in range(2)] == [verdict] * 2


@pytest.mark.parametrize(
    "said",
    ["Basic", "Basic ", "Basic !!!", "Basic YWxpY2U=", "Bearer YWxpY2U6c2VjcmV0", "Basic YQ"],
)
def test_what_is_no_password_is_not_compared(said: str, compared: list[bytes]) -> None:
    assert Access().judge(USERS, said) is Verdict.WRONG
    assert compared == []


def test_who_says_none_is_not_who_is_wrong(compared: list[bytes]) -> None:
    assert Access().judge(USERS, "") is Verdict.ABSENT
    assert compared == []


@quick
@given(st.text())
def test_whatever_is_said_there_is_an_answer(said: str) -> None:
    user, password = credentials(said)
    assert len(password) <= 72
    assert user is None or said.lower().startswith("basic ")


def test_the_name_of_the_scheme_is_of_any_case() -> None:
    said = header("alice", "secret").removeprefix("Basic ")
    assert Access().judge(USERS, f"bAsIc  {said} ") is Verdict.RIGHT


def test_what_was_right_is_known_again_until_its_hash_changes(compared: list[bytes]) -> None:
    access, said = Access(), header("alice", "secret")
    assert [access.judge(USERS, said) for _ in range(5)] == [Verdict.RIGHT] * 5
    assert len(compared) == 1
    others = USERS | {"alice": bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()}
    assert access.judge(others, said) is Verdict.WRONG
    assert access.judge({"long": USERS["long"]}, said) is Verdict.WRONG
    assert access.judge(USERS, header("alice", "secre")) is Verdict.WRONG


def test_who_is_not_known_costs_what_the_dearest_costs(compared: list[bytes]) -> None:
    users = {"alice": USERS["alice"], "bob": bcrypt.hashpw(b"x", bcrypt.gensalt(6)).decode()}
    access = Access()
    for user in ("alice", "bob", "nobody"):
        assert access.judge(users, header(user, "wrong")) is Verdict.WRONG
    assert [hashed[:7] for hashed in compared] == [b"$2b$04$", b"$2b$06$", b"$2b$06$"]


def test_a_hash_that_bcrypt_refuses_is_nobodys() -> None:
    users = {"alice": f"$2b$04${'z' * 53}"}
    assert Access().judge(users, header("alice", "secret")) is Verdict.WRONG


def test_it_keeps_no_password() -> None:
    access = Access()
    access.judge(USERS, header("alice", "secret"))
    assert b"secret" not in b"".join(access._right.values())


def test_one_is_compared_at_a_time_and_who_is_known_waits_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    access, busy, goes_on, at_once = Access(), threading.Event(), threading.Event(), []
    assert access.judge(USERS, header("alice", "secret")) is Verdict.RIGHT
    inside = threading.Semaphore(1)

    def slow(_: bytes, __: bytes) -> bool:
        at_once.append(inside.acquire(blocking=False))
        busy.set()
        goes_on.wait(30)
        inside.release()
        return False

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    verdicts: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(access.judge(USERS, header("x", "y"))))
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    assert busy.wait(30)
    assert access.judge(USERS, header("alice", "secret")) is Verdict.RIGHT
    while verdicts.count(Verdict.BUSY) < 24:
        threads[0].join(0.001)
    goes_on.set()
    for thread in threads:
        thread.join(30)
    assert verdicts.count(Verdict.BUSY) == 24
    assert verdicts.count(Verdict.WRONG) == 16
    assert at_once == [True] * 16


def test_at_the_end_nothing_more_is_compared() -> None:
    access, said = Access(), header("alice", "secret")
    assert access.judge(USERS, said) is Verdict.RIGHT
    access.close()
    assert access.judge(USERS, said) is Verdict.RIGHT
    assert access.judge(USERS, header("alice", "wrong")) is Verdict.BUSY


def test_bcrypt_is_loaded_only_where_passwords_are_asked_for() -> None:
    load = "import pgvitals.daemon, sys; print('bcrypt' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", load], check=True, capture_output=True, text=True)
    assert run.stdout == "False\n"
