"""How many connections a process has to a port, counted from outside every 20 ms."""

import re
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

EVERY = 0.02
_INODE = re.compile(r"socket:\[(\d+)\]")
# Linux: netlink(7), sock_diag(7). Reading /proc/net/tcp instead costs milliseconds for each thousand
# connections that others closed within the last minute.
_NETLINK_SOCK_DIAG, _BY_FAMILY, _DUMP, _DONE = 4, 20, 0x301, 3
_LIVE = 1 << 1 | 1 << 2  # ESTABLISHED, SYN_SENT
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI2s2s44x")
_INODE_AT = 68  # of struct inet_diag_msg


class Sockets:
    """Counts in a thread while its `with` block runs; `most` is the highest count."""

    def __init__(self, pid: int, port: int, family: int = socket.AF_INET) -> None:
        self.most = self.samples = 0
        self._pid, self._port, self._family = pid, port, family
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sockets", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        assert self.samples, "nothing was counted"

    def count(self) -> int:
        """Connections that are there, or being made, now."""
        live = set(self._live())
        return len(live & self._own()) if live else 0

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            self.most = max(self.most, self.count())
            self.samples += 1

    def _own(self) -> set[int]:
        found = set()
        for link in Path(f"/proc/{self._pid}/fd").iterdir():
            try:
                match = _INODE.match(str(link.readlink()))
            except OSError:
                continue  # closed meanwhile
            if match:
                found.add(int(match[1]))
        return found

    def _live(self) -> Iterator[int]:
        """The inodes of every process' live connections to the port."""
        port = struct.pack("!H", self._port)
        request = _REQUEST.pack(self._family, socket.IPPROTO_TCP, 0, _LIVE, bytes(2), port)
        head = _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _DUMP, 0, 0)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as diag:
            diag.send(head + request)
            while data := diag.recv(65536):
                while data:
                    length, kind, *_ = _HEADER.unpack_from(data)
                    if kind != _BY_FAMILY:
                        assert kind == _DONE, f"netlink answered {data!r}"
                        return
                    yield struct.unpack_from("=I", data, _HEADER.size + _INODE_AT)[0]
                    data = data[(length + 3) & ~3 :]
