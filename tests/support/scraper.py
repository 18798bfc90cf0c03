"""A client in a process of its own: whatever the tests do meanwhile, it takes no time from a scrape."""

import http.client
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

EVERY = 0.2
_LIMIT = 10.0


class Answer(NamedTuple):
    """What a server sent, the milliseconds until its last byte, and what was wrong with it."""

    milliseconds: float
    body: bytes
    failure: str


class Exchange(NamedTuple):
    """The answer for a path asked for `at` (time.monotonic), and what the bare server took beside it."""

    path: str
    at: float
    ours: Answer
    bare: Answer


@contextmanager
def scraping(
    ours: int, bare: int, paths: Sequence[str], note: Callable[[Exchange], None]
) -> Iterator[None]:
    """Meanwhile scrape the paths five times a second, beside the bare server; a thread notes them.

    That is asked before each scrape and after it, and what counts is both: alone, one of them is under
    way for half as long as a scrape, and would meet half of what the machine does to that.
    """
    spawn = multiprocessing.get_context("spawn")
    mine, its = spawn.Pipe()
    process = spawn.Process(target=_scrape, args=(its, ours, bare, paths), daemon=True)
    thread = threading.Thread(target=_receive, args=(mine, note), name="scraping", daemon=True)
    process.start()
    its.close()
    thread.start()
    try:
        yield
    finally:
        mine.send("enough")
        thread.join()
        process.join()
        mine.close()


def _receive(pipe: Connection, note: Callable[[Exchange], None]) -> None:
    while True:
        try:
            exchange = pipe.recv()
        except EOFError:
            return
        note(exchange)


def _scrape(pipe: Connection, ours: int, bare: int, paths: Sequence[str]) -> None:
    tick = time.monotonic()
    # The end of the parent is readable too.
    while not pipe.poll(max(0.0, tick - time.monotonic())):
        for path in paths:
            before, at = _ask(bare, path), time.monotonic()
            scrape, after = _ask(ours, path), _ask(bare, path)
            both = before.milliseconds + after.milliseconds
            failure = before.failure or after.failure
            pipe.send(Exchange(path, at, scrape, Answer(both, b"", failure)))
        tick += EVERY
    # Unread, the word would reset the pipe, and what was sent last be lost.
    with suppress(EOFError):
        pipe.recv()


def _ask(port: int, path: str) -> Answer:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LIMIT)
    started, body, failure = time.monotonic(), b"", ""
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        failure = "" if answer.status == 200 else str(answer.status)
    except (OSError, http.client.HTTPException) as error:
        failure = repr(error)
    finally:
        connection.close()
    return Answer((time.monotonic() - started) * 1000, body, failure)
