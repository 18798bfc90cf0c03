"""The HTTP surface without HTTP: what each path answers."""

import gzip
import json
import threading
from http import HTTPStatus
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from pgvitals.address import parse
from pgvitals.exposition import CONTENT_TYPE
from pgvitals.poller import Poller
from pgvitals.request import takes_gzip
from pgvitals.site import Answer, Site
from pgvitals.telemetry import Telemetry
from unit.material import CHARACTERS, quick


@pytest.fixture
def site() -> Site:
    return Site(Poller(), Telemetry(), "/metrics")


def text(answer: Answer) -> str:
    whole = b"".join(answer.buffers)
    return (gzip.decompress(whole) if answer.gzipped else whole).decode()


def test_the_metrics_are_the_same_compressed_and_plain(site: Site) -> None:
    plain, small = site.get("/metrics", False), site.get("/metrics", True)
    assert (plain.gzipped, small.gzipped) == (False, True)
    assert plain.content_type == small.content_type == CONTENT_TYPE
    families = [
        [family.name for family in text_string_to_metric_families(text(answer))]
        for answer in (plain, small)
    ]
    assert families[0] == families[1]
    assert {"pgvitals_build_info", "process_open_fds"} <= set(families[0])


def test_a_query_string_does_not_change_the_page(site: Site) -> None:
    assert site.get("/metrics?a=b&c[]=%zz", False).status == HTTPStatus.OK


def test_the_metrics_are_where_the_configuration_says() -> None:
    site = Site(Poller(), Telemetry(), "/other")
    assert site.get("/other", False).status == HTTPStatus.OK
    assert site.get("/metrics", False).status == HTTPStatus.NOT_FOUND
    assert "/other" in text(site.get("/", False))


def test_the_first_page_is_html_that_nobody_keeps_and_that_loads_nothing(site: Site) -> None:
    answer = site.get("/", True)
    assert (answer.status, answer.content_type) == (HTTPStatus.OK, "text/html; charset=utf-8")
    assert text(answer).startswith("<!doctype html>")
    headers = dict(answer.headers)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert site.get("/metrics", True).headers == ()


@pytest.mark.parametrize("path", ["/metrics/", "/Metrics", "/-/reload", "/probe/", "", "*", "/.."])
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    assert site.get(path, False) == Answer.plain(HTTPStatus.NOT_FOUND, "not found")


@quick
@given(st.text(CHARACTERS.replace("[", ""), max_size=20))
def test_every_path_has_an_answer(path: str) -> None:
    answer = Site(Poller(), Telemetry(), "/metrics").get(f"/{path}", False)
    assert answer.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)


@pytest.mark.parametrize("path", ["//[", "http://[x/metrics", "//]"])
def test_a_path_that_is_no_path_has_an_answer_too(site: Site, path: str) -> None:
    assert site.get(path, False).status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)
    assert site.post(path).status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)


def test_a_probe_needs_a_target(site: Site) -> None:
    expected = Answer.plain(HTTPStatus.BAD_REQUEST, "expected /probe?target=NAME")
    assert site.get("/probe", False) == site.get("/probe?target=", True) == expected


@pytest.mark.parametrize("target", ["nope", "postgresql://u:secret@h/d", "a b", "<script>"])
def test_a_probe_reaches_only_what_is_configured_and_repeats_nothing(
    site: Site, target: str
) -> None:
    answer = site.get(f"/probe?target={quote(target)}", False)
    assert answer.status == HTTPStatus.NOT_FOUND
    assert text(answer) == "no instance of this name in the configuration\n"


def test_health_depends_on_no_server(site: Site) -> None:
    assert site.get("/-/healthy", False) == Answer.plain(HTTPStatus.OK, "healthy")


def test_without_instances_all_is_ready(site: Site) -> None:
    assert site.get("/-/ready", False) == Answer.plain(HTTPStatus.OK, "ready")


def test_a_reload_over_http_is_off_unless_it_is_enabled(site: Site) -> None:
    answer = site.post("/-/reload")
    assert answer.status == HTTPStatus.FORBIDDEN
    assert "--web.enable-lifecycle" in text(answer)


def test_a_reload_tells_how_it_went() -> None:
    problems = ["", "pgvitals.yaml:3: x: found 1, expected 2"]
    site = Site(Poller(), Telemetry(), "/metrics", lambda: problems.pop(0))
    assert site.post("/-/reload?x") == Answer.plain(HTTPStatus.OK, "reloaded")
    answer = site.post("/-/reload")
    assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert text(answer) == "pgvitals.yaml:3: x: found 1, expected 2\n"
    assert problems == []


def test_one_reload_may_wait_for_another_and_no_more() -> None:
    under_way, goes_on = threading.Semaphore(0), threading.Event()

    def reload() -> str:
        under_way.release()
        goes_on.wait(30)
        return ""

    site, answers = Site(Poller(), Telemetry(), "/metrics", reload), list[Answer]()
    threads = [
        threading.Thread(target=lambda: answers.append(site.post("/-/reload"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
        assert under_way.acquire(timeout=30)
    assert site.post("/-/reload").status == HTTPStatus.SERVICE_UNAVAILABLE
    goes_on.set()
    for thread in threads:
        thread.join(30)
    assert answers == [Answer.plain(HTTPStatus.OK, "reloaded")] * 2
    assert site.post("/-/reload").status == HTTPStatus.OK


@pytest.mark.parametrize("path", ["/metrics", "/", "/-/quit", "/-/healthy"])
def test_nothing_else_can_be_posted(path: str) -> None:
    site = Site(Poller(), Telemetry(), "/metrics", lambda: json.dumps("never called"))
    assert site.post(path).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (":9187", ("", 9187)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("[::1]:9187", ("::1", 9187)),
        ("[::]:9187", ("::", 9187)),
        ("db-1.example:80", ("db-1.example", 80)),
    ],
)
def test_an_address_is_host_and_port(address: str, expected: tuple[str, int]) -> None:
    assert parse(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "localhost",
        "localhost:",
        "h:x",
        "h:-1",
        "h:65536",
        "::1:9187",
        "h:1 ",
        "h:1.5",
        "h:\u00b2",
    ],
)
def test_what_is_no_address_is_refused_with_what_was_expected(address: str) -> None:
    with pytest.raises(ValueError, match="expected host:port") as raised:
        parse(address)
    assert repr(address) in str(raised.value)


@pytest.mark.parametrize("address", ["9187", "[::1:80", "x]:3", "a]b:1", "[]:80", " :80", "[h]:1"])
def test_an_address_without_a_colon_or_with_half_a_bracket_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="expected host:port"):
        parse(address)


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        ("gzip", True),
        ("gzip, deflate", True),
        ("deflate,gzip;q=0.5", True),
        ("x-gzip", True),
        ("GZip ; Q=1.0", True),
        ("gzip;q=0.001", True),
        ("", False),
        ("identity", False),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.0", False),
        ("gzip;q=0.00", False),
        ("gzip; q=0.000, identity", False),
        ("notgzip", False),
    ],
)
def test_gzip_is_for_clients_that_ask_for_it(accept: str, takes: bool) -> None:
    assert takes_gzip(accept) is takes
