"""The floor: a server that only hands out bytes, to tell what the machine itself takes for them."""

import multiprocessing
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

_HEAD = 65_536


class _Handler(socketserver.BaseRequestHandler):
    """Reads the head of a request, and answers."""

    server: "_Server"

    def handle(self) -> None:
        self.request.recv(_HEAD)
        self.request.sendall(self.server.answer)


class _Server(socketserver.ThreadingTCPServer):
    """A thread for each request, as the daemon has it."""

    daemon_threads = True

    def __init__(self, answer: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer


@contextmanager
def floor(answer: bytes) -> Iterator[int]:
    """Serve this answer, head and body, in a process of its own; gives the port."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.send_bytes(answer)
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection) -> None:
    with _Server(pipe.recv_bytes()) as server:
        pipe.send(server.server_address[1])
        server.serve_forever()
