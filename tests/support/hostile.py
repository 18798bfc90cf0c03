"""Clients that mean harm, hundreds of a kind, and what a scraper beside them waits.

Each is cut sooner or later, and connects again at once.
"""

import http.client
import multiprocessing
import select
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET, socket
from typing import NamedTuple

from bench.floor import floor
from bench.scrapes import times

COLUMNS = (
    "clients",
    "TLS",
    "number",
    "come back a second",
    "scrapes",
    "lost",
    "p50 ms",
    "p99 ms",
    "longest ms",
    "bare p99 ms",
)
BEYOND_MS = 50.0
"""What a scrape may take at p99 beyond what the bare server takes."""
ATTEMPTS = 3
"""So often it is measured, until it is good: the machine has bad moments, a bad server has no good ones."""
EVERY = 0.025
"""Seconds between two scrapes."""
_BARE = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\nConnection: close\r\n\r\n" + bytes(3000)
_BYTE_EVERY = 1.0
_SETTLING = 1.0
_PATIENCE = 30_000
"""Milliseconds after which even these give up."""
_ASK = b"GET %s HTTP/1.1\r\nHost: localhost\r\n"


def silent(plug: socket, _: bytes) -> None:
    """Says nothing."""
    _until_cut(plug)


def dribbling(plug: socket, path: bytes) -> None:
    """Says what it wants, a byte a second."""
    for byte in _ASK % path:
        plug.send(bytes([byte]))
        time.sleep(_BYTE_EVERY)


def endless(plug: socket, path: bytes) -> None:
    """Adds a header each second, and never ends."""
    plug.send(_ASK % path)
    while True:
        plug.send(b"X-More: and more\r\n")
        time.sleep(_BYTE_EVERY)


def deaf(plug: socket, path: bytes) -> None:
    """Asks for a large page, and never reads."""
    plug.sendall(_ASK % path + b"\r\n")
    _until_cut(plug)


def verbose(plug: socket, path: bytes) -> None:
    """Sends headers beyond every limit, and hears what is said to that."""
    plug.sendall(_ASK % path + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n")
    while plug.recv(65536):
        pass


def greeting(plug: socket, _: bytes) -> None:
    """Begins a handshake, and leaves it at that."""
    plug.send(b"\x16\x03\x01")
    _until_cut(plug)


def guessing(plug: socket, path: bytes) -> None:
    """Tries passwords."""
    plug.sendall(_ASK % path + b"Authorization: Basic YWxpY2U6Z3Vlc3M=\r\n\r\n")
    while plug.recv(65536):
        pass


Kind = Callable[[socket, bytes], None]
BEFORE_TLS: tuple[Kind, ...] = (silent, greeting)
"""What is done without a handshake, also where TLS is spoken."""


def _until_cut(plug: socket) -> None:
    """Wait for the other side to hang up, without reading."""
    poll = select.poll()
    poll.register(plug.fileno(), select.POLLRDHUP)
    poll.poll(_PATIENCE)


class Target(NamedTuple):
    """Where to go, and the CA's file where TLS is spoken; `authorization` is for the scraper alone."""

    port: int
    scraped: str
    attacked: bytes
    authority: Path | None = None
    authorization: str = ""

    def context(self) -> ssl.SSLContext | None:
        """What a client needs for a handshake."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else None


_Seen = tuple[list[float], list[float], list[str]]


class Row(NamedTuple):
    """What the scraper saw, and what a bare server took meanwhile; times in milliseconds."""

    clients: str
    tls: bool
    number: int
    rate: float
    ours: Sequence[float]
    bare: Sequence[float]
    lost: Sequence[str]

    @property
    def beyond(self) -> float:
        """By how much p99 is above that of the bare server: what both take, the machine takes."""
        return times(self.ours).p99 - times(self.bare).p99

    @property
    def good(self) -> bool:
        """Whether nothing was lost, and nothing came late."""
        return not self.lost and self.beyond <= BEYOND_MS

    def cells(self) -> list[str]:
        """It as text."""
        found, bare = times(self.ours), times(self.bare)
        figures = (found.p50, found.p99, max(self.ours), bare.p99)
        told = [self.clients, "yes" if self.tls else "no", str(self.number), f"{self.rate:.0f}"]
        return [*told, str(found.scrapes), str(len(self.lost)), *(f"{ms:.1f}" for ms in figures)]


def measure(kind: Kind | None, number: int, target: Target, seconds: float) -> Row:
    """Scrape for so long beside so many clients of a kind, or nobody."""
    for _ in range(ATTEMPTS):
        row = _measured(kind, number, target, seconds)
        if row.good:
            break
    return row


def _measured(kind: Kind | None, number: int, target: Target, seconds: float) -> Row:
    with floor(_BARE) as bare, _crowd(kind, number, target) as rate:
        ours, theirs, lost = _scraped(target, bare, seconds)
        name = kind.__name__ if kind else "nobody"
        return Row(name, bool(target.authority), number if kind else 0, rate(), ours, theirs, lost)


def _scraped(target: Target, bare: int, seconds: float) -> _Seen:
    """Milliseconds of scrapes in a process of its own, of the bare server, and what was wrong."""
    spawn = multiprocessing.get_context("spawn")
    mine, its = spawn.Pipe()
    process = spawn.Process(target=_scrape, args=(its, target, bare, seconds), daemon=True)
    process.start()
    found: _Seen = mine.recv()
    process.join()
    return found


def _scrape(pipe: Connection, target: Target, bare: int, seconds: float) -> None:
    context = target.context()
    ours: list[float] = []
    theirs: list[float] = []
    lost: list[str] = []
    tick = time.monotonic()
    end = tick + seconds
    while (tick := max(tick + EVERY, time.monotonic())) < end:
        try:
            theirs.append(_fetch(bare, target, None))
            ours.append(_fetch(target.port, target, context))
        except (OSError, http.client.HTTPException, AssertionError) as error:
            lost.append(repr(error))
        time.sleep(max(0.0, tick - time.monotonic()))
    pipe.send((ours, theirs, lost))


def _fetch(port: int, target: Target, context: ssl.SSLContext | None) -> float:
    """Milliseconds of one scrape."""
    began = time.monotonic()
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        if context
        else http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    )
    try:
        headers = {"Authorization": target.authorization} if target.authorization else {}
        connection.request("GET", target.scraped, headers=headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    finally:
        connection.close()
    return (time.monotonic() - began) * 1000


@contextmanager
def _crowd(kind: Kind | None, number: int, target: Target) -> Iterator[Callable[[], float]]:
    """Meanwhile they are there; gives what tells how often each second one of them connected."""
    spawn = multiprocessing.get_context("spawn")
    made = spawn.Value("l", 0)
    process = spawn.Process(target=_gather, args=(kind, number, target, made), daemon=True)
    if kind:
        process.start()
        deadline = time.monotonic() + 20
        while made.value < number and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(_SETTLING)  # their own start takes what there is of the machine
    before, began = made.value, time.monotonic()
    try:
        yield lambda: (made.value - before) / (time.monotonic() - began)
    finally:
        if kind:
            process.kill()
            process.join()


def _gather(kind: Kind, number: int, target: Target, made: "Synchronized[int]") -> None:
    for _ in range(number):
        threading.Thread(target=_come_back, args=(kind, target, made), daemon=True).start()
    threading.Event().wait()


def _come_back(kind: Kind, target: Target, made: "Synchronized[int]") -> None:
    context = None if kind in BEFORE_TLS else target.context()
    while True:
        with suppress(OSError), socket() as plug:
            plug.settimeout(30)
            plug.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
            plug.connect(("127.0.0.1", target.port))
            with made.get_lock():
                made.value += 1
            if context is None:
                kind(plug, target.attacked)
                continue
            with context.wrap_socket(plug, server_hostname="127.0.0.1") as stream:
                kind(stream, target.attacked)
