"""Scrapes as Prometheus makes them, timed: one, or those of several clients at once."""

import gc
import gzip
import http.client
import math
import re
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from typing import NamedTuple

CLIENTS = 4
PAUSE = 0.25
"""Seconds from the end of a client's scrape to its next one."""
_STARTING = 3.0
"""Seconds until all clients are there."""
_LIMIT = 120.0
_BUFFER = 1 << 20


class Scrape(NamedTuple):
    """Bytes received, and the milliseconds from connecting to the last of them."""

    size: int
    milliseconds: float


class Page(NamedTuple):
    """The text of a page, and the milliseconds that its compressed form took to come."""

    text: str
    milliseconds: float

    @property
    def families(self) -> frozenset[str]:
        """Their names."""
        return frozenset(re.findall(r"^# TYPE (\S+)", self.text, re.MULTILINE))

    @property
    def samples(self) -> int:
        """How many samples it has."""
        return sum(not line.startswith("#") for line in self.text.splitlines())


class Times(NamedTuple):
    """Milliseconds of so many `scrapes`; of fewer than a hundred, `p99` is the longest."""

    p50: float
    p99: float
    scrapes: int


def times(milliseconds: Sequence[float]) -> Times:
    """The distribution of these times."""
    ranked = sorted(milliseconds)
    return Times(statistics.median(ranked), ranked[math.ceil(len(ranked) * 0.99) - 1], len(ranked))


def page(port: int) -> Page:
    """Scrape, and unpack after the clock has stopped. Raises OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LIMIT)
    started = time.monotonic()
    try:
        connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    taken = (time.monotonic() - started) * 1000
    _demand(answer.status == 200, f"{answer.status} {answer.reason}")
    return Page(gzip.decompress(body).decode(), taken)


def fetch(port: int, *, packed: bool, path: str = "/metrics") -> Scrape:
    """Scrape, and throw the body away: what a client does with it would count. Raises OSError."""
    started = time.monotonic()
    size = sum(map(len, _received(port, path, packed=packed)))
    return Scrape(size, (time.monotonic() - started) * 1000)


def answer(port: int, *, packed: bool) -> bytes:
    """What comes back, head and body. Raises OSError."""
    return b"".join(map(bytes, _received(port, "/metrics", packed=packed)))


def crowd(ports: Sequence[int], seconds: float, *, packed: bool) -> list[Times]:
    """Scrapes of four clients at once for so long, of each port in turn, and two of each at least.

    Each client is a process: threads of one would wait for each other.
    """
    client = partial(_client, ports, time.monotonic() + _STARTING, seconds, packed)
    with ProcessPoolExecutor(CLIENTS, get_context("spawn")) as pool:
        each = list(pool.map(client, range(CLIENTS)))
    return [times([one for taken in each for one in taken[port]]) for port in ports]


def _client(
    ports: Sequence[int], begin: float, seconds: float, packed: bool, number: int
) -> dict[int, list[float]]:
    """The milliseconds of the scrapes of one client, from `begin` (time.monotonic, one for all)."""
    gc.disable()  # it would stop all clients for up to 70 ms, after as many scrapes of each
    time.sleep(max(0.0, begin + number * PAUSE / CLIENTS - time.monotonic()))
    end = begin + seconds
    taken: dict[int, list[float]] = {port: [] for port in ports}
    for port in cycle(ports):
        if time.monotonic() > end and min(map(len, taken.values())) > 1:
            break
        taken[port].append(fetch(port, packed=packed).milliseconds)
        time.sleep(PAUSE / len(ports))
    return taken


def _received(port: int, path: str, *, packed: bool) -> Iterator[memoryview]:
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n"
    coding = "gzip" if packed else "identity"
    buffer = memoryview(bytearray(_BUFFER))
    fine = False
    with socket.create_connection(("127.0.0.1", port), timeout=_LIMIT) as connection:
        connection.sendall(f"{head}Accept-Encoding: {coding}\r\n\r\n".encode())
        while got := connection.recv_into(buffer):
            fine = fine or bytes(buffer[:13]) == b"HTTP/1.1 200 "
            _demand(fine, repr(bytes(buffer[:80])))
            yield buffer[:got]


def _demand(fine: bool, found: str) -> None:
    if not fine:
        raise OSError(f"found {found}, expected HTTP/1.1 200")
