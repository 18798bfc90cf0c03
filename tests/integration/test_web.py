"""The HTTP side over real sockets: many clients, slow clients, odd requests, and every way to listen."""

import gzip
import http.client
import json
import re
import select
import socket
import statistics
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pgvitals.acceptor import HEAD_LIMIT, MOST_CLIENTS
from pgvitals.catalogue import shipped
from pgvitals.workers import ANSWER_LIMIT, MOST_WORKERS
from support.daemon import Daemon, instance, until
from support.servers import Server
from support.sockets import Sockets

GZIP = ("/metrics", "GET", "Accept-Encoding: gzip")
NOWHERE = {"DATA_SOURCE_NAME": "postgresql://nobody@127.0.0.1:1/none"}
RARELY = {name: {"interval": "10m"} for name in shipped()}
"""Each query runs once in a test: what two pages then differ by is not the server."""
AT_ONCE = 200
PROMPT = 1.0
"""Seconds that an answer may take while others are slow."""
LATE = 1.5
"""Seconds by which a slow client may be cut later than its limit, on a busy machine."""
LIVE = ("pgvitals_", "process_")
"""What families begin with whose values change from one page to the next."""


class Answer(NamedTuple):
    """What came back, byte by byte; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


def rows_query(rows: int, label_length: int) -> dict[str, Any]:
    """A query file's content: many rows under one family, web_rows."""
    statement = (
        f"select g as row, repeat('x', {label_length}) as filling from generate_series(1, {rows}) g"
    )
    return {
        "description": "Rows for a page of a certain size",
        "scope": "cluster",
        "interval": "10m",
        "max_series": rows,
        "sql": statement,
        "labels": {"row": "its number", "filling": "as many letters as asked for"},
        "metrics": {"web_rows": {"column": "row", "type": "gauge", "help": "Numbers."}},
    }


def write_query(folder: Path, rows: int, label_length: int) -> list[str]:
    """Write it as the query `rows`; gives what query_directories wants."""
    (folder / "rows.yaml").write_text(json.dumps(rows_query(rows, label_length)))
    return [str(folder)]


@pytest.fixture(scope="module")
def daemon(newest: Server) -> Iterator[Daemon]:
    """One that watches one server, and has read everything once."""
    with Daemon(instance(newest.dsn(), queries=RARELY)) as running:
        yield running.wait_ready()


@pytest.fixture(scope="module")
def heavy(newest: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A configuration with two instances, `big` with a page of 20 MB and `small` without."""
    directories = write_query(tmp_path_factory.mktemp("queries"), 20_000, 1000)
    small = {"dsn": newest.dsn(), "queries": {"rows": {"enabled": False}}}
    instances = {"big": {"dsn": newest.dsn()}, "small": small}
    return {"instances": instances, "queries": RARELY, "query_directories": directories}


# Sockets


def connect(daemon: Daemon, request: bytes = b"", buffer: int = 0) -> socket.socket:
    """A connection that has sent `request`; `buffer` limits what the kernel takes for us."""
    plug = socket.socket()
    if buffer:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    plug.settimeout(20)
    plug.connect(daemon.addresses[0])
    with suppress(ConnectionError):  # it may have heard enough before the end
        plug.sendall(request)
    return plug


def drain(plug: socket.socket) -> bytes:
    """Everything that comes until the other side closes, gently or not."""
    parts = []
    with suppress(ConnectionError):
        while part := plug.recv(1 << 20):
            parts.append(part)
    return b"".join(parts)


def talk(daemon: Daemon, request: bytes) -> Answer:
    """Whatever is answered to these bytes, to the end of the connection."""
    with connect(daemon, request) as plug:
        return answer(drain(plug))


def answer(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    match = re.match(r"HTTP/1\.1 (\d{3}) ", first)
    assert match, f"no answer: {received[:100]!r}"
    return Answer(
        int(match[1]), {n.lower(): v for n, v in (li.split(": ", 1) for li in lines)}, body
    )


def request(path: str = "/metrics", method: str = "GET", *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: pgvitals", *headers, "", ""]).encode()


def threads(daemon: Daemon) -> int:
    return len(list(Path(f"/proc/{daemon.pid}/task").iterdir()))


def at_rest(daemon: Daemon) -> int:
    """Its threads while it answers nobody; that of the last answer may live a moment longer."""
    found = []
    for _ in range(20):
        found.append(threads(daemon))
        time.sleep(0.01)
    return min(found)


def series(page: str) -> list[str]:
    """A page without the values of what is live."""
    return [
        line.rpartition(" ")[0] if line.startswith(LIVE) else line for line in page.splitlines()
    ]


# Many clients


class Backends:
    """The highest number of sessions under an application_name, while its `with` block runs."""

    def __init__(self, server: Server, name: str) -> None:
        self.most = 0
        self._server, self._name = server, name
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backends", daemon=True)

    def __enter__(self) -> "Backends":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        count = "select count(*) from pg_stat_activity where application_name = %s"
        with self._server.connect() as connection:
            while not self._over.wait(0.02):
                row = connection.execute(count, [self._name]).fetchone()
                self.most = max(self.most, row[0] if row else 0)


def burst(daemon: Daemon, sent: bytes) -> list[Answer]:
    """All have connected before the first asks, and all have asked before the first is heard."""
    with ExitStack() as stack:
        plugs = [stack.enter_context(connect(daemon)) for _ in range(AT_ONCE)]
        for plug in plugs:
            plug.sendall(sent)
        return [answer(drain(plug)) for plug in plugs]


def test_two_hundred_scrapes_at_once_cost_the_server_no_connection(newest: Server) -> None:
    name = "pgvitals burst"
    often = {n: {"interval": "1s"} for n, query in shipped().items() if query.interval <= 60}
    config = instance(newest.dsn(application_name=name), queries=often)
    # Begun before the first page, so that logins, visits and scrapes fall together.
    with ExitStack() as stack:
        backends = stack.enter_context(Backends(newest, name))
        daemon = stack.enter_context(Daemon(config))
        sockets = stack.enter_context(Sockets(daemon.pid, newest.port))
        early = burst(daemon, request())
        daemon.wait_ready()
        plain, small = burst(daemon, request()), burst(daemon, request(*GZIP))
    for answers in (early, plain, small):
        assert [a.status for a in answers] == [200] * AT_ONCE
        assert all(int(a.headers["content-length"]) == len(a.body) for a in answers)
    assert all("\npg_up 1\n" in a.text for a in (*plain, *small))
    assert 1 <= sockets.most <= 2
    assert 1 <= backends.most <= 2


def test_who_says_nothing_costs_no_thread_and_keeps_nobody_waiting(daemon: Daemon) -> None:
    calm = at_rest(daemon)
    with ExitStack() as stack:
        plugs = [stack.enter_context(connect(daemon)) for _ in range(AT_ONCE)]
        scrape = daemon.get("/metrics")
        assert threads(daemon) <= calm + 1
        assert scrape.status == 200
        assert scrape.seconds < PROMPT
        assert len(closings(plugs, HEAD_LIMIT + LATE)) == AT_ONCE


def test_for_one_more_than_there_is_room_for_who_came_first_is_cut(daemon: Daemon) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(connect(daemon))
        others = [stack.enter_context(connect(daemon)) for _ in range(MOST_CLIENTS - 1)]
        assert closings([first, *others], 0.2) == []
        last = stack.enter_context(connect(daemon))
        assert len(closings([first], PROMPT)) == 1
        assert closings([*others, last], 0.1) == []
        last.sendall(request())
        assert answer(drain(last)).status == 200


def test_when_all_workers_are_taken_who_reads_longest_is_cut(heavy: dict[str, Any]) -> None:
    with ExitStack() as stack, Daemon(heavy) as daemon:
        daemon.wait_ready()
        calm = at_rest(daemon)
        for _ in range(MOST_WORKERS):
            stack.enter_context(connect(daemon, request("/probe?target=big"), 4096))
        until(lambda: threads(daemon) == calm + MOST_WORKERS, 5, "have all workers taken")
        scrape = daemon.get("/probe?target=small")
        assert (scrape.status, scrape.seconds < PROMPT) == (200, True)
        until(lambda: threads(daemon) == calm + MOST_WORKERS - 1, 2, "cut one, and no more")


# Slow clients


class Asker:
    """Scrapes in a thread while its `with` block runs, as if nobody else were there."""

    PATHS = ("/-/healthy", "/metrics", "/probe?target=small", "/probe?target=big")

    def __init__(self, daemon: Daemon) -> None:
        self.answers: list[tuple[str, int, float]] = []
        self._daemon = daemon
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asker", daemon=True)

    def __enter__(self) -> "Asker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.05):
            for path in self.PATHS:
                got = self._daemon.get(path, gzip="target" in path)
                self.answers.append((path, got.status, got.seconds))


def speak_slowly(plugs: Sequence[socket.socket], parts: Sequence[bytes]) -> None:
    """One part a second to each; who was cut hears no more."""
    for part in parts:
        for plug in plugs:
            with suppress(OSError):
                plug.send(part)
        time.sleep(1)


def sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def closings(plugs: Sequence[socket.socket], seconds: float) -> list[float]:
    """When each was closed by the other side (time.monotonic), as far as it was in this time."""
    found, open_, deadline = [], list(plugs), time.monotonic() + seconds
    while open_ and (left := deadline - time.monotonic()) > 0:
        for plug in select.select(open_, [], [], left)[0]:
            assert drain(plug) == b"", "an answer to what was not yet asked"
            open_.remove(plug)
            found.append(time.monotonic())
    return found


def test_slow_clients_are_cut_at_their_limits_and_hold_nobody_up(heavy: dict[str, Any]) -> None:
    each, big = 15, request("/probe?target=big")
    with ExitStack() as stack:
        daemon = stack.enter_context(Daemon(heavy)).wait_ready()
        length = len(daemon.get("/probe?target=big").body)
        calm, began = at_rest(daemon), time.monotonic()

        def some(sent: bytes = b"", buffer: int = 0) -> list[socket.socket]:
            return [stack.enter_context(connect(daemon, sent, buffer)) for _ in range(each)]

        late, *deaf = some(big, 4096)
        silent, dribbling, endless = some(), some(), some(b"GET /metrics HTTP/1.1\r\n")
        pool = stack.enter_context(ThreadPoolExecutor(2))
        pool.submit(speak_slowly, dribbling, [bytes([byte]) for byte in big[:8]])
        pool.submit(speak_slowly, endless, [b"X-More: and more\r\n"] * 8)
        with Asker(daemon) as asker:
            speaking = closings([*silent, *dribbling, *endless], HEAD_LIMIT + 5)
            sleep_until(began + HEAD_LIMIT + 3)
            in_time = len(answer(drain(late)).body)
            sleep_until(began + ANSWER_LIMIT - 1)
            hanging = threads(daemon) - calm
            until(lambda: threads(daemon) <= calm + 1, 1 + LATE, "let go of who does not read")
        taken = [len(answer(drain(plug)).body) for plug in deaf]
        events = daemon.events
    assert len(speaking) == 3 * each
    assert began + HEAD_LIMIT <= min(speaking)
    assert max(speaking) < began + HEAD_LIMIT + LATE
    assert in_time == pytest.approx(length, abs=1000), "slow, but in time"
    assert hanging >= len(deaf), "cut before the limit"
    assert max(taken) < length / 2
    slowest = max(asker.answers, key=lambda a: a[2])
    print(
        f"\ncut after {min(speaking) - began:.2f} to {max(speaking) - began:.2f} s, deaf ones had"
        f" {max(taken)} of {length} bytes; slowest of {len(asker.answers)} others: {slowest}"
    )
    assert slowest[2] < PROMPT, slowest
    assert {a[:2] for a in asker.answers} == {(path, 200) for path in Asker.PATHS}
    assert len(asker.answers) > 40
    assert {event["level"] for event in events} <= {"info", "warning"}


def test_it_ends_in_time_with_slow_clients_connected(heavy: dict[str, Any]) -> None:
    with ExitStack() as stack, Daemon(heavy) as daemon:
        daemon.wait_ready()
        calm = at_rest(daemon)
        for _ in range(20):
            stack.enter_context(connect(daemon, request("/probe?target=big"), 4096))
        for _ in range(AT_ONCE):
            stack.enter_context(connect(daemon))
        until(lambda: threads(daemon) >= calm + 20, 8, "be busy")
        daemon.stop()


# Requests


def test_a_page_says_what_it_is_and_how_long(daemon: Daemon) -> None:
    plain = talk(daemon, request())
    assert plain.status == 200
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert int(plain.headers["content-length"]) == len(plain.body) > 10_000
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    assert plain.headers["connection"] == "close"


def test_the_compressed_page_says_the_same_in_less(daemon: Daemon) -> None:
    plain = talk(daemon, request())
    small = talk(daemon, request("/metrics", "GET", "Accept-Encoding: deflate, gzip;q=0.5"))
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["content-type"] == plain.headers["content-type"]
    assert int(small.headers["content-length"]) == len(small.body) < len(plain.body) / 3
    assert series(small.text) == series(plain.text)
    still = [line for line in series(plain.text) if not line.startswith((*LIVE, "#"))]
    assert len(still) > 300


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/nothing"])
def test_head_is_get_without_the_body(daemon: Daemon, path: str) -> None:
    whole, head = talk(daemon, request(path)), talk(daemon, request(path, "HEAD"))
    assert whole.body
    assert head.body == b""
    assert head.status == whole.status
    assert head.headers.keys() == whole.headers.keys()
    assert int(head.headers["content-length"]) == pytest.approx(len(whole.body), abs=500)
    small = talk(daemon, request(path, "HEAD", "Accept-Encoding: gzip"))
    assert (small.headers.get("content-encoding") == "gzip") == (path == "/metrics")


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/-/reload", "*"])
def test_what_is_not_there_is_404(daemon: Daemon, path: str) -> None:
    found = talk(daemon, request(path))
    assert (found.status, found.body) == (404, b"not found\n")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "BREW", "get"])
def test_an_unknown_method_is_refused(daemon: Daemon, method: str) -> None:
    assert talk(daemon, request("/metrics", method)).status == 501


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(f"/{'x' * 70_000}"), 414),
        (request("/metrics", "GET", f"X-Long: {'x' * 70_000}"), 431),
        (request("/metrics", "GET", *["X-Many: x"] * 150), 431),
        (request(f"/metrics?{'x' * 9000}", "GET", f"X-Long: {'x' * 9000}"), 431),
        (request(f"/metrics?{'x' * 7000}", "GET", f"X-Long: {'x' * 7000}"), 200),
    ],
    ids=["url", "header", "headers", "together", "large"],
)
def test_what_is_too_large_is_refused(daemon: Daemon, sent: bytes, status: int) -> None:
    assert talk(daemon, sent).status == status
    assert daemon.get("/-/healthy").status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"one two three four five\r\n\r\n", 400),
        (b"GET /metrics HTTP/x\r\n\r\n", 400),
        (b"GET /metrics HTTP/9.0\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),
    ],
    ids=["words", "protocol", "version", "tls"],
)
def test_what_is_no_request_is_refused(daemon: Daemon, sent: bytes, status: int) -> None:
    with connect(daemon, sent) as plug:
        said = drain(plug)
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert daemon.get("/-/healthy").status == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\r\n" + request("/-/healthy"), 200),
        (request("http://pgvitals:9187/-/healthy"), 200),
        (request("http://pgvitals/-/reload", "POST"), 403),
        (request("/-/reload", "POST", "Content-Length: 20000") + bytes(20000), 403),
        (request("/-/reload", "POST", "Content-Length: 4000000") + bytes(4_000_000), 403),
        (request("/-/reload", "POST", "Content-Length: 9", "Expect: 100-continue"), 403),
        (request("/metrics", "PUT", "Content-Length: 4000000") + bytes(4_000_000), 501),
    ],
    ids=["empty line", "absolute", "absolute post", "body", "long body", "expecting", "unknown"],
)
def test_an_unusual_request_has_its_answer(daemon: Daemon, sent: bytes, status: int) -> None:
    with connect(daemon) as plug:
        plug.sendall(sent)  # raises where he is hung up on
        plug.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: plug.recv(65536), b""))
    assert answer(said).status == status


def test_who_never_ends_his_body_is_not_waited_for(daemon: Daemon) -> None:
    with connect(daemon, request("/-/reload", "POST", "Content-Length: 9")) as plug:
        began = time.monotonic()
        assert answer(drain(plug)).status == 403
        assert time.monotonic() - began < PROMPT
        until(lambda: hung_up(plug), 1 + LATE, "hang up")


def hung_up(plug: socket.socket) -> bool:
    try:
        plug.send(b"x")
    except ConnectionError:
        return True
    return False


def test_a_request_whose_head_was_cut_off_is_not_carried_out() -> None:
    nowhere = {"DATA_SOURCE_NAME": "postgresql://127.0.0.1:1/none"}
    with Daemon(environment=nowhere, arguments=["--web.enable-lifecycle"]) as daemon:
        with connect(daemon, b"POST /-/reload HTTP/1.1\r\nHost: x\r\nX-Half") as plug:
            assert drain(plug) == b""
        assert "configuration reloaded" not in daemon.log
        assert daemon.get("/-/reload", method="POST").status == 200
        assert "configuration reloaded" in daemon.log


# Health


def test_health_and_readiness_do_not_need_the_server() -> None:
    with Daemon(environment=NOWHERE) as daemon:
        assert daemon.wait_ready(10).value("pg_up") == 0
        ready, healthy = daemon.get("/-/ready"), daemon.get("/-/healthy")
    assert (healthy.status, healthy.text) == (200, "healthy\n")
    assert (ready.status, ready.text) == (200, "ready\n")


def test_it_is_not_ready_before_it_knows_whether_the_server_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        with Daemon(environment={"DATA_SOURCE_NAME": dsn}) as daemon:
            assert daemon.get("/-/ready").status == 503
            assert daemon.get("/-/healthy").status == 200
            daemon.wait_ready(15)
            assert daemon.value("pgvitals_down_reason", reason="no_answer") == 1


# Addresses


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def health(host: str, port: int) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/-/healthy")
        return connection.getresponse().status
    finally:
        connection.close()


def start_on(*addresses: str) -> Daemon:
    arguments = [f"--web.listen-address={address}" for address in addresses]
    return Daemon(environment=NOWHERE, arguments=arguments, address="")


@contextmanager
def listening_on(*addresses: str) -> Iterator[list[tuple[str, int]]]:
    """Host and port of each address that a daemon with these says it listens on."""
    daemon = start_on(*addresses)
    try:
        said = until(lambda: re.search(r'"addresses": (\[.*?"\])', daemon.log), 20, "listen")
        parts = [address.rpartition(":") for address in json.loads(said[1])]
        yield [(host.strip("[]"), int(port)) for host, _, port in parts]
        daemon.stop()
    finally:
        daemon.kill()


def test_it_listens_on_several_addresses() -> None:
    with listening_on("127.0.0.1:0", "127.0.0.2:0", "localhost:0") as addresses:
        assert [host for host, _ in addresses] == ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
        assert [health(*address) for address in addresses] == [200] * 3
        with pytest.raises(ConnectionRefusedError):
            health("127.0.0.1", addresses[1][1])


@needs_ipv6
def test_it_listens_on_an_address_of_ipv6_alone() -> None:
    with listening_on("[::1]:0", "127.0.0.1:0") as ((host, port), other):
        assert (host, health(host, port), health(*other)) == ("::1", 200, 200)
        with pytest.raises(ConnectionRefusedError):
            health("127.0.0.1", port)


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)])
def test_without_a_host_it_listens_on_all(host: str) -> None:
    with listening_on(":0") as ((_, port),):
        assert health(host, port) == 200


@pytest.mark.alone
def test_without_an_address_it_listens_on_all_at_9187() -> None:
    try:
        socket.create_server(("", 9187)).close()
    except OSError:
        pytest.skip("somebody else has port 9187")
    with listening_on() as ((host, port),):
        assert (host, port) in (("::", 9187), ("0.0.0.0", 9187))
        assert health("127.0.0.1", port) == 200


def test_an_address_in_use_ends_it_with_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        daemon = start_on("127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}")
        assert daemon.process.wait(timeout=20) == 1
        assert "in use" in daemon.log
        daemon.kill()


def test_the_metrics_are_where_the_flag_says() -> None:
    path = "--web.telemetry-path=/here/it/is"
    with Daemon(environment=NOWHERE, arguments=[path]) as daemon:
        assert "pg_up" in daemon.scrape("/here/it/is")
        assert daemon.get("/metrics").status == 404
        assert 'href="./here/it/is"' in daemon.scrape("/")


# Memory


def rss_kb(daemon: Daemon) -> float:
    return statistics.median(daemon.rss_kb() for _ in range(5))


def test_scrapes_of_ten_thousand_series_leave_no_memory_behind(
    newest: Server, tmp_path: Path
) -> None:
    config = instance(newest.dsn(), queries=RARELY)
    with Daemon(config | {"query_directories": write_query(tmp_path, 10_000, 10)}) as daemon:
        assert daemon.wait_ready().scrape().count("\nweb_rows{") == 10_000
        measured = []
        for scrapes in (60, 200):
            for turn in range(scrapes):
                assert daemon.get("/metrics", gzip=bool(turn % 2)).status == 200
            measured.append(rss_kb(daemon))
    print(f"\nmemory after 60 and 260 scrapes: {measured} kB")
    assert measured[1] - measured[0] < 1024
