"""The bare client: it logs in, has our statements run and throws their rows away, unread.

What it takes nobody saves who has two connections, and reads one database after the other.
"""

import multiprocessing
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection

import psycopg

from bench.cost import Cost
from bench.entry import TABLES
from bench.ground import PEER, Ground
from pgvitals.catalogue import shipped
from pgvitals.session import Session

TIMEOUT = 60.0


def bare(there: Ground, number: int) -> Cost:
    """The medians of so many refreshes, in a process of its own; of one database it keeps the session."""
    statements = [shipped()[name].statement(there.server.major) or "" for name in TABLES]
    dsns = [there.server.dsn(name, **there.login(PEER)) for name in there.databases]
    spent = []
    with _client(dsns, statements) as pipe:
        for _ in range(number + 1):
            there.touch()
            before = there.ledger(PEER).milliseconds
            pipe.send(True)
            spent.append((pipe.recv(), there.ledger(PEER).milliseconds - before))
    # The first comes with cold caches.
    return Cost(*map(statistics.median, zip(*spent[1:], strict=True)))


@contextmanager
def _client(dsns: Sequence[str], statements: Sequence[str]) -> Iterator[Connection]:
    """Refreshes for each message, and answers with the milliseconds of processor time that it took."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, dsns, statements), daemon=True)
    process.start()
    theirs.close()  # or nobody would notice that the process has ended
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection, dsns: Sequence[str], statements: Sequence[str]) -> None:
    kept = Session(psycopg.connect(dsns[0], autocommit=True)) if len(dsns) == 1 else None
    while pipe.recv():
        began = time.process_time()
        if kept:
            _read(kept, statements)
        else:
            for dsn in dsns:
                with closing(psycopg.connect(dsn, autocommit=True)) as connection:
                    _read(Session(connection), statements)
        pipe.send((time.process_time() - began) * 1000)


def _read(session: Session, statements: Sequence[str]) -> None:
    for statement in statements:
        for _ in session.read(statement, TIMEOUT):
            pass
