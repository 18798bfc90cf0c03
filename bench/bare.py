"""The bare client: it logs in, has our statements run and throws their rows away, unread.

What twenty databases take of it more than one, nobody saves who has two connections.
"""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import Connection

import psycopg

from bench.cost import Cost, median
from bench.entry import TABLES
from bench.ground import PEER, Ground
from pgvitals.catalogue import shipped
from pgvitals.session import Session

TIMEOUT = 60.0


def bare(grounds: Sequence[Ground], number: int) -> list[Cost]:
    """The medians of so many refreshes of each, in turn; of one database it keeps the session."""
    with ExitStack() as stack:
        pipes = [stack.enter_context(_client(there)) for there in grounds]
        # The first come with cold caches.
        _, *rounds = [list(map(_refresh, grounds, pipes)) for _ in range(number + 1)]
    return [median(costs) for costs in zip(*rounds, strict=True)]


def _refresh(there: Ground, pipe: Connection) -> Cost:
    there.touch()
    before = there.ledger(PEER).milliseconds
    pipe.send(True)
    return Cost(pipe.recv(), there.ledger(PEER).milliseconds - before)


@contextmanager
def _client(there: Ground) -> Iterator[Connection]:
    """A process that refreshes for each message, and answers with the processor time in milliseconds."""
    statements = [shipped()[name].statement(there.server.major) or "" for name in TABLES]
    dsns = [there.server.dsn(name, **there.login(PEER)) for name in there.databases]
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
