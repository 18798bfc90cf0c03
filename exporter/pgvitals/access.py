"""Access: who may come in with which password, by basic authentication against bcrypt's hashes."""

import base64
import binascii
import os
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from enum import Enum, auto

_MOST = 72
"""Bytes of a password that bcrypt looks at; the rest counts nowhere."""
_WAITING = 16
"""Passwords that wait to be compared; further ones are turned away, or who comes late would wait for all."""


class Verdict(Enum):
    """What became of a password; `BUSY` if it was not looked at, `ABSENT` if there was none."""

    RIGHT = auto()
    WRONG = auto()
    BUSY = auto()
    ABSENT = auto()


class Access:
    """Compares passwords. Each that was right is known again at once, as long as its hash stays."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._right: dict[str, bytes] = {}
        self._queue = threading.BoundedSemaphore(_WAITING)
        # One at a time: a flood of passwords takes half a core, and no more.
        self._comparing = ThreadPoolExecutor(1, "passwords")

    def judge(self, users: Mapping[str, str], authorization: str) -> Verdict:
        """Judge an Authorization header, by `users`: bcrypt's hashes by name, at least one."""
        if not authorization:
            return Verdict.ABSENT
        from hmac import compare_digest  # here, as in `_compare`; it brings OpenSSL

        user, password = credentials(authorization)
        if user is None:
            return Verdict.WRONG
        hashed, known = users.get(user), user in users
        proof = self._proof(user, hashed or "", password)
        if known and compare_digest(self._right.get(user, b""), proof):
            return Verdict.RIGHT
        if not self._queue.acquire(blocking=False):
            return Verdict.BUSY
        try:
            asked = hashed or _fake(users.values())
            right = self._comparing.submit(self._compare, password, asked).result()
        except (CancelledError, RuntimeError):  # we are ending
            return Verdict.BUSY
        finally:
            self._queue.release()
        if not (known and right):
            return Verdict.WRONG
        self._right[user] = proof
        return Verdict.RIGHT

    def close(self) -> None:
        """Compare no more: a thread that is at it when Python ends would take the process down."""
        self._comparing.shutdown(cancel_futures=True)

    def _proof(self, user: str, hashed: str, password: bytes) -> bytes:
        """A digest that only this process can make, so that no password stays in its memory."""
        from hashlib import blake2b

        said = repr((user, hashed, password)).encode()
        return blake2b(said, key=self._key, digest_size=32).digest()

    def _compare(self, password: bytes, hashed: str) -> bool:
        import bcrypt  # here, for where no password is asked for it would only take memory

        began = time.monotonic()
        try:
            right = bcrypt.checkpw(password, hashed.encode())
        except ValueError:  # a hash that bcrypt does not take is nobody's
            right = False
        if not right:
            time.sleep(time.monotonic() - began)
        return right


def credentials(authorization: str) -> tuple[str | None, bytes]:
    """The user and the password in an Authorization header; no user where it is not of this kind."""
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None, b""
    try:
        user, colon, password = base64.b64decode(said.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None, b""
    return (user.decode("utf-8", "surrogateescape") if colon else None), password[:_MOST]


def _fake(hashes: Collection[str]) -> str:
    """A hash of nobody's, of the highest cost in use: who is not known takes as long as who is."""
    cost = max(hashed.split("$")[2] for hashed in hashes)
    return f"$2b${cost}$" + "." * 53
