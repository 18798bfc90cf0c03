"""TLS, client certificates and passwords, with real handshakes; and clients that mean harm."""

import base64
import http.client
import json
import os
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import bcrypt
import pytest
from cryptography import x509

from pgvitals.acceptor import HEAD_LIMIT
from pgvitals.tarpit import DELAY
from support import hostile
from support.certificates import CLIENT, SERVER, Authority, server_config, write
from support.daemon import Daemon, until
from support.prometheus import Prometheus
from support.servers import Server
from support.table import table

LONG = bool(os.environ.get("PGVITALS_LONG"))
NOWHERE = {"DATA_SOURCE_NAME": "postgresql://nobody@127.0.0.1:1/none"}
DEMANDING = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.crt"}
COST = 8
LATE = 1.5
"""Seconds by which something may come later, on a busy machine."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: Message
    body: bytes


def hashed(password: str, cost: int = COST) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def basic(user: str, password: str) -> dict[str, str]:
    said = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {said}"}


def start(file: Path, *arguments: str, **more: Any) -> Daemon:
    """A daemon with this web configuration file, that watches nothing worth mentioning."""
    return Daemon(environment=NOWHERE, arguments=[f"--web.config.file={file}", *arguments], **more)


def ask(
    daemon: Daemon,
    context: ssl.SSLContext | None,
    path: str = "/metrics",
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own, read to its end; raises OSError."""
    where = daemon.addresses[0]
    connection = (
        http.client.HTTPSConnection(*where, timeout=20, context=context)
        if context
        else http.client.HTTPConnection(*where, timeout=20)
    )
    with closing(connection):
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
    return Answer(answer.status, answer.headers, body)


def status(*arguments: Any, **more: Any) -> int:
    return ask(*arguments, **more).status


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the daemon does not trust."""
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def known(authority: Authority) -> ssl.SSLContext:
    """A client that may come in."""
    return authority.trusting(*authority.issue("client", CLIENT))


@pytest.fixture(scope="module")
def demanding(authority: Authority) -> Iterator[Daemon]:
    """One that wants a client certificate with a certain name."""
    tls = server_config(authority, **DEMANDING, client_allowed_sans=["other.test", CLIENT])
    file = write(authority.home / "demanding.yml", {"tls_server_config": tls})
    with start(file, "--log.level=debug") as daemon:
        yield daemon
        assert "internal error" not in daemon.log


# Handshakes


def without_certificate(ours: Authority, _: Authority) -> ssl.SSLContext:
    return ours.trusting()


def of_another_authority(ours: Authority, others: Authority) -> ssl.SSLContext:
    return ours.trusting(*others.issue("client", CLIENT))


def expired(ours: Authority, _: Authority) -> ssl.SSLContext:
    return ours.trusting(*ours.issue("expired", CLIENT, expired=True))


def with_another_name(ours: Authority, _: Authority) -> ssl.SSLContext:
    return ours.trusting(*ours.issue("misnamed", f"a.{CLIENT}", "10.0.0.1"))


def with_tls_1_1(ours: Authority, _: Authority) -> ssl.SSLContext:
    context = ours.trusting(*ours.issue("old", CLIENT))
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    return context


def with_trust_in_another(_: Authority, others: Authority) -> ssl.SSLContext:
    return others.trusting()


@pytest.mark.parametrize(
    "client",
    [
        without_certificate,
        of_another_authority,
        expired,
        with_another_name,
        with_tls_1_1,
        with_trust_in_another,
    ],
)
def test_who_does_not_get_through_the_handshake_hears_nothing(
    demanding: Daemon,
    authority: Authority,
    stranger: Authority,
    known: ssl.SSLContext,
    client: Callable[[Authority, Authority], ssl.SSLContext],
) -> None:
    context = client(authority, stranger)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        ask(demanding, context)
    assert status(demanding, known) == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_who_is_known_comes_in(
    demanding: Daemon, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = authority.trusting(*authority.issue("client", CLIENT))
    context.minimum_version = context.maximum_version = version
    assert status(demanding, context) == 200


def test_a_certificate_that_is_not_demanded_is_verified_where_it_is_shown(
    authority: Authority, stranger: Authority, known: ssl.SSLContext
) -> None:
    tls = server_config(
        authority, client_auth_type="VerifyClientCertIfGiven", client_ca_file="ca.crt"
    )
    with start(write(authority.home / "if_given.yml", {"tls_server_config": tls})) as daemon:
        assert status(daemon, known) == 200
        assert status(daemon, authority.trusting()) == 200
        with pytest.raises(OSError, match=r"."):
            ask(daemon, authority.trusting(*stranger.issue("client", CLIENT)))


def test_the_oldest_version_can_be_newer(authority: Authority) -> None:
    tls = server_config(authority, min_version="TLS13")
    with start(write(authority.home / "newer.yml", {"tls_server_config": tls})) as daemon:
        old = authority.trusting()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            ask(daemon, old)
        assert status(daemon, authority.trusting()) == 200


def test_plain_http_is_told_that_tls_is_spoken(demanding: Daemon) -> None:
    answer = ask(demanding, None)
    assert answer.status == 400
    assert b"https" in answer.body


def test_openssl_gets_through_the_handshake_and_negotiates_http(
    demanding: Daemon, authority: Authority
) -> None:
    certificate, key = authority.issue("client", CLIENT)
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{demanding.addresses[0][1]}"]
    command += ["-CAfile", str(authority.file), "-cert", str(certificate), "-key", str(key)]
    command += ["-alpn", "h2,http/1.1", "-verify_return_error"]
    said = subprocess.run(command, input="", capture_output=True, text=True, timeout=20).stdout
    assert "ALPN protocol: http/1.1" in said
    assert "Verify return code: 0 (ok)" in said


@pytest.mark.parametrize("said", [b"", b"\x16", b"\x16\x03\x01\x02\x00"])
def test_who_does_not_finish_the_handshake_is_cut(demanding: Daemon, said: bytes) -> None:
    began = time.monotonic()
    with socket.create_connection(demanding.addresses[0], timeout=20) as plug:
        plug.sendall(said)
        assert plug.recv(1) == b""
    assert HEAD_LIMIT - 0.1 < time.monotonic() - began < HEAD_LIMIT + LATE


def test_who_says_nothing_after_the_handshake_is_cut(
    demanding: Daemon, known: ssl.SSLContext
) -> None:
    began = time.monotonic()
    with (
        socket.create_connection(demanding.addresses[0], timeout=20) as plug,
        known.wrap_socket(plug, server_hostname=SERVER) as stream,
    ):
        assert stream.recv(1) == b""
    assert HEAD_LIMIT - 0.1 < time.monotonic() - began < HEAD_LIMIT + LATE


def test_who_says_more_than_was_asked_for_hears_the_answer(
    demanding: Daemon, known: ssl.SSLContext
) -> None:
    with (
        socket.create_connection(demanding.addresses[0], timeout=20) as plug,
        known.wrap_socket(plug, server_hostname=SERVER) as stream,
    ):
        stream.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        stream.sendall(bytes(4_000_000))
        assert stream.recv(65536).startswith(b"HTTP/1.1 404")


def test_junk_instead_of_a_handshake_disturbs_nobody(
    demanding: Daemon, known: ssl.SSLContext
) -> None:
    for said in (b"\x16" + bytes(1000), b"\x16" * 1000, b"\x15\x03\x01", os.urandom(2000)):
        with (
            suppress(OSError),  # it may be hung up before all was said
            socket.create_connection(demanding.addresses[0], timeout=20) as plug,
        ):
            plug.sendall(said)
            plug.shutdown(socket.SHUT_WR)
            while plug.recv(65536):
                pass
    assert status(demanding, known) == 200


# Passwords


def test_every_page_asks_for_a_password(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("secret")}})
    pages = [("/metrics", "GET"), ("/", "HEAD"), ("/-/healthy", "GET"), ("/-/ready", "GET")]
    with start(file, "--web.enable-lifecycle") as daemon, ThreadPoolExecutor(12) as pool:
        refused = [
            pool.submit(ask, daemon, None, path, method, said)
            for path, method in [*pages, ("/-/reload", "POST"), ("/nothing", "GET")]
            for said in ({}, basic("alice", "Secret"))
        ]
        for answer in (future.result() for future in refused):
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
            assert b"pg_" not in answer.body
        assert "configuration reloaded" not in daemon.log
        right = basic("alice", "secret")
        answers = [status(daemon, None, path, method, right) for path, method in pages]
        assert answers == [200] * len(pages)
        assert status(daemon, None, "/-/reload", "POST", right) == 200
        assert status(daemon, None, "/nothing", headers=right) == 404


def test_who_says_no_password_yet_is_asked_at_once(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("secret")}})
    with start(file) as daemon:
        began = time.monotonic()
        assert status(daemon, None) == 401
        assert time.monotonic() - began < DELAY
        assert status(daemon, None, headers=basic("alice", "Secret")) == 401
        assert time.monotonic() - began > DELAY


def test_who_is_unknown_waits_as_long_as_who_is_wrong(tmp_path: Path) -> None:
    names = [f"user{number}" for number in range(25 if LONG else 5)]
    users = {name: hashed(f"of {name}", 10) for name in names} | {"cheap": hashed("secret", 4)}
    kinds = ("known", "unknown", "wrong", "cheap", "known again")
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    with start(write(tmp_path / "web.yml", {"basic_auth_users": users})) as daemon:
        for name in names:
            for who, user, password, expected in (
                ("known", name, f"of {name}", 200),
                ("unknown", f"no{name}", f"of {name}", 401),
                ("wrong", name, "wrong", 401),
                ("cheap", "cheap", "wrong", 401),
                ("known again", name, f"of {name}", 200),
            ):
                began = time.perf_counter()
                assert status(daemon, None, headers=basic(user, password)) == expected
                times[who].append((time.perf_counter() - began) * 1000)
    medians = {who: statistics.median(found) for who, found in times.items()}
    print("\nmedian ms:", *(f"{who} {ms:.1f}" for who, ms in medians.items()))
    refused = [medians[who] - DELAY * 1000 for who in ("unknown", "wrong", "cheap")]
    assert min(refused) >= 0
    assert max(refused) < 20, "the comparison shows"
    assert medians["known again"] < medians["known"] / 2


def test_users_come_and_go_without_a_restart(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("one")}})
    with start(file) as daemon:
        assert status(daemon, None, headers=basic("alice", "one")) == 200
        assert status(daemon, None, headers=basic("bob", "two")) == 401
        write(file, {"basic_auth_users": {"alice": hashed("new"), "bob": hashed("two")}})
        assert status(daemon, None, headers=basic("alice", "one")) == 401
        assert status(daemon, None, headers=basic("alice", "new")) == 200
        assert status(daemon, None, headers=basic("bob", "two")) == 200
        write(file, {"basic_auth_users": {"bob": hashed("two")}})
        assert status(daemon, None, headers=basic("alice", "new")) == 401
        assert status(daemon, None, headers=basic("bob", "two")) == 200


def test_headers_stand_in_every_answer(tmp_path: Path) -> None:
    headers = {"X-Frame-Options": "deny", "Content-Security-Policy": "default-src 'self'"}
    file = write(
        tmp_path / "web.yml",
        {"http_server_config": {"headers": headers}, "basic_auth_users": {"a": hashed("b")}},
    )
    with start(file) as daemon:
        for path, method, said in (
            ("/", "GET", basic("a", "b")),
            ("/metrics", "GET", {}),
            ("/metrics", "PUT", {}),
        ):
            answer = ask(daemon, None, path, method, said)
            for name, value in headers.items():
                assert answer.headers.get_all(name) == [value]


# The address for health


def test_health_has_an_address_without_tls_and_passwords(authority: Authority) -> None:
    config = {
        "tls_server_config": server_config(authority, **DEMANDING),
        "basic_auth_users": {"alice": hashed("secret")},
    }
    file = write(authority.home / "both.yml", config)
    with start(file, "--web.health-address=127.0.0.1:0", "--web.enable-lifecycle") as daemon:
        assert len(daemon.addresses) == 2
        daemon.addresses.reverse()
        until(lambda: status(daemon, None, "/-/ready") == 200, 15, "get ready")
        assert status(daemon, None, "/-/healthy?x") == 200
        for path, method in (
            ("/metrics", "GET"),
            ("/", "GET"),
            ("/probe?target=x", "GET"),
            ("/-/reload", "POST"),
            ("/-/healthy", "POST"),
        ):
            assert status(daemon, None, path, method) == 404


# Files


def test_a_wrong_file_ends_the_start_and_validate_finds_it(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": "secret"}})
    daemon = start(file)
    assert daemon.process.wait(timeout=20) == 2
    said = f"{file}:3: basic_auth_users.alice: found no bcrypt hash"
    assert said in daemon.log
    daemon.kill()
    config = write(
        tmp_path / "pgvitals.json", {"instances": {"a": {}}, "web": {"config_file": str(file)}}
    )
    command = [sys.executable, "-m", "pgvitals", "validate", f"--config.file={config}"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 1
    assert said in checked.stderr
    write(file, {"basic_auth_users": {"alice": hashed("secret")}})
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0


def test_it_says_at_the_start_what_it_takes_to_come_in(tmp_path: Path) -> None:
    text = "the web configuration file asks for neither TLS nor passwords"
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("secret")}})
    with start(file) as daemon:
        [said] = [event for event in daemon.events if event["event"] == "listening"]
        assert (said["tls"], said["passwords"]) == (False, True)
        assert text not in daemon.log
    file.write_text("")
    with start(file) as daemon:
        [said] = [event for event in daemon.events if event["event"] == "listening"]
        assert (said["tls"], said["passwords"]) == (False, False)
        [warning] = [event for event in daemon.events if event["event"] == text]
        assert (warning["level"], warning["file"]) == ("warning", str(file))
        assert status(daemon, None) == 200


def test_a_file_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("secret")}})
    with start(file) as daemon:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "pipe").replace(file)
        began = time.monotonic()
        for _ in range(5):
            assert status(daemon, None, headers=basic("alice", "secret")) == 200
        assert time.monotonic() - began < LATE


def test_a_reload_tells_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("secret")}})
    with start(file) as daemon:
        file.write_text("basic_auth_users: [\n")
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: "configuration not reloaded" in daemon.log, 10, "reload")
        assert f"{file}:2: not YAML" in daemon.log
        assert status(daemon, None, headers=basic("alice", "secret")) == 200


def by_name(authority: Authority) -> None:
    """One file after the other, as cert-manager's older helpers and people do it."""
    certificate, key = authority.issue("next", SERVER, "127.0.0.1")
    certificate.replace(authority.home / "server.crt")
    time.sleep(0.002)
    key.replace(authority.home / "server.key")


def by_link(authority: Authority) -> None:
    """All at once, as Kubernetes does it."""
    fresh = authority.home / f"..{time.monotonic_ns()}"
    fresh.mkdir()
    for file in authority.issue("next", SERVER, "127.0.0.1"):
        file.replace(fresh / f"server{file.suffix}")
    link = authority.home / "..data_tmp"
    link.symlink_to(fresh.name)
    link.replace(authority.home / "..data")


def in_place(authority: Authority) -> None:
    """Written over, so that for a moment there is half a file."""
    for file in authority.issue("next", SERVER, "127.0.0.1"):
        whole, target = file.read_bytes(), authority.home / f"server{file.suffix}"
        with target.open("wb") as there:
            there.write(whole[:100])
            there.flush()
            time.sleep(0.002)
            there.write(whole[100:])


@pytest.mark.parametrize("swap", [by_name, by_link, in_place])
def test_rotation_under_load_loses_no_scrape(
    tmp_path: Path, swap: Callable[[Authority], None]
) -> None:
    swaps, authority = (300 if LONG else 60), Authority(tmp_path)
    pair = {"cert_file": "server.crt", "key_file": "server.key"}
    authority.issue("server", SERVER, "127.0.0.1")
    if swap is by_link:
        by_link(authority)
        for name in pair.values():
            (tmp_path / name).unlink()
            (tmp_path / name).symlink_to(f"..data/{name}")
    file = write(tmp_path / "web.yml", {"tls_server_config": pair})
    over, context = threading.Event(), authority.trusting()
    served: list[int] = []

    def scrape(daemon: Daemon) -> int:
        count = 0
        while not over.is_set():
            with (
                socket.create_connection(daemon.addresses[0], timeout=20) as plug,
                context.wrap_socket(plug, server_hostname=SERVER) as stream,
            ):
                served.append(int(str(dict(stream.getpeercert() or {})["serialNumber"]), 16))
                stream.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                said = b"".join(iter(lambda: stream.recv(65536), b""))
                assert said.startswith(b"HTTP/1.1 200")
                assert b"pgvitals_build_info" in said
            count += 1
        return count

    with start(file) as daemon, ThreadPoolExecutor(2) as pool:
        scrapers = [pool.submit(scrape, daemon) for _ in range(2)]
        try:
            began = time.monotonic()
            for _ in range(swaps):
                swap(authority)
                time.sleep(0.02)
            seconds = time.monotonic() - began
            last = len(served)
            until(lambda: len(served) > last + 5, 10, "go on")
        finally:
            over.set()
        scrapes = sum(scraper.result() for scraper in scrapers)  # raises what was lost
        current = x509.load_pem_x509_certificate((tmp_path / "server.crt").read_bytes())
        memory = daemon.rss_kb()
        assert "internal error" not in daemon.log
    print(
        f"\n{swap.__name__}: {swaps} swaps in {seconds:.1f} s, {scrapes} scrapes, 0 lost,"
        f" {len(set(served))} certificates seen, {memory} kB"
    )
    assert served[-1] == current.serial_number
    assert len(set(served)) > swaps / 4


# Prometheus


def test_a_real_prometheus_comes_in_with_certificate_and_password(
    newest: Server, authority: Authority
) -> None:
    certificate, key = authority.issue("client", CLIENT)
    config = {
        "tls_server_config": server_config(
            authority, **DEMANDING, client_allowed_sans=[CLIENT], min_version="TLS13"
        ),
        "basic_auth_users": {"prometheus": hashed("secret")},
    }
    file = write(authority.home / "prometheus.yml", config)
    with Daemon(
        environment={"DATA_SOURCE_NAME": newest.dsn()}, arguments=[f"--web.config.file={file}"]
    ) as daemon:
        tls = {"ca_file": str(authority.file), "server_name": SERVER}
        pair = {"cert_file": str(certificate), "key_file": str(key)}
        where = [{"targets": [f"127.0.0.1:{daemon.addresses[0][1]}"]}]
        right = {
            "scheme": "https",
            "tls_config": tls | pair,
            "basic_auth": {"username": "prometheus", "password": "secret"},
            "static_configs": where,
        }
        jobs = {
            "right": right,
            "wrong": right | {"basic_auth": {"username": "prometheus", "password": "Secret"}},
            "nameless": right | {"tls_config": tls},
        }
        with Prometheus([{"job_name": name, **job} for name, job in jobs.items()]) as prometheus:
            until(lambda: prometheus.ask('pg_up{job="right"} == 1'), 30, "be scraped")
            until(lambda: len(prometheus.ask("up")) == len(jobs), 30, "scrape all")
            up = {found["metric"]["job"]: found["value"][1] for found in prometheus.ask("up")}
    assert up == {"right": "1", "wrong": "0", "nameless": "0"}


# Clients that mean harm

ROWS = {
    "description": "Rows for a page that no kernel buffers whole",
    "scope": "cluster",
    "interval": "10m",
    "max_series": 10_000,
    "sql": "select g as row, repeat('x', 1000) as filling from generate_series(1, 8000) g",
    "labels": {"row": "its number", "filling": "letters"},
    "metrics": {"web_rows": {"column": "row", "type": "gauge", "help": "Numbers."}},
}
KINDS: tuple[hostile.Kind, ...] = (
    hostile.silent,
    hostile.dribbling,
    hostile.endless,
    hostile.deaf,
    hostile.verbose,
)


def seen(config: dict[str, Any], kinds: Sequence[hostile.Kind | None], tls: Path | None) -> None:
    """Scrape `small` beside clients of these kinds that attack `big`, and judge it."""
    seconds, crowd = (10, 300) if LONG else (5, 200)
    known = basic("alice", "secret")
    context = ssl.create_default_context(cafile=tls) if tls else None
    with Daemon(config) as daemon:
        page = "/probe?target=big"
        until(
            lambda: len(ask(daemon, context, page, headers=known).body) > 8_000_000, 30, "read all"
        )
        port, scraped = daemon.addresses[0][1], "/probe?target=small"
        target = hostile.Target(port, scraped, page.encode(), tls, known["Authorization"])
        calm, rows = daemon.rss_kb(), []
        for kind in kinds:
            rows.append(hostile.measure(kind, crowd, target, seconds))
            print(*rows[-1].cells(), f"{daemon.rss_kb()} kB, {calm} before", flush=True)
        assert "internal error" not in daemon.log
    print(f"\n{table(hostile.COLUMNS, rows)}")
    assert [row.cells() for row in rows if not row.good] == []


@pytest.fixture
def instances(newest: Server, tmp_path: Path) -> dict[str, Any]:
    """A configuration with `big`, whose page is of 8 MB, and `small`."""
    (tmp_path / "rows.yaml").write_text(json.dumps(ROWS))
    small = {"dsn": newest.dsn(), "queries": {"rows": {"enabled": False}}}
    return {
        "instances": {"big": {"dsn": newest.dsn()}, "small": small},
        "query_directories": [str(tmp_path)],
    }


@pytest.mark.alone
def test_clients_that_mean_harm_keep_no_scrape_waiting(instances: dict[str, Any]) -> None:
    seen(instances, (None, *KINDS), None)


@pytest.mark.alone
def test_nor_do_they_over_tls(instances: dict[str, Any], authority: Authority) -> None:
    tls = {"tls_server_config": server_config(authority)}
    web = {"config_file": str(write(authority.home / "hostile.yml", tls))}
    seen(instances | {"web": web}, (None, *KINDS, hostile.greeting), authority.file)


@pytest.mark.alone
def test_nor_does_who_tries_passwords(instances: dict[str, Any], tmp_path: Path) -> None:
    users = {"basic_auth_users": {"alice": hashed("secret", 10)}}
    web = {"config_file": str(write(tmp_path / "web.yml", users))}
    seen(instances | {"web": web}, (None, hostile.guessing), None)


def test_it_ends_in_time_and_in_order_while_passwords_are_tried(tmp_path: Path) -> None:
    file = write(tmp_path / "web.yml", {"basic_auth_users": {"alice": hashed("secret", 13)}})
    with start(file) as daemon:
        for _ in range(20):
            plug = socket.create_connection(daemon.addresses[0], timeout=20)
            said = "".join(f"{n}: {v}\r\n" for n, v in basic("alice", "wrong").items())
            plug.sendall(f"GET /metrics HTTP/1.1\r\n{said}\r\n".encode())
            plug.close()
        time.sleep(0.2)
        daemon.stop()
