"""The landing page of instances that never met a server: every state, any text, any number."""

import base64
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given

from pgvitals import __version__, landing, markup, standing
from pgvitals.binding import Bound
from pgvitals.collector import Collector
from pgvitals.config import InstanceConfig
from pgvitals.deadline import Deadlines
from pgvitals.facts import Identity
from pgvitals.instance import Instance
from pgvitals.outcome import _DOWN_REASONS, Outcome
from pgvitals.task import Status
from unit.material import CONFIG, NOW, any_text, query, quick

MOMENT = datetime(2026, 11, 14, 14, 11, 33, tzinfo=UTC)
SUCCESS = Status(Outcome("success"), duration=0.012, success_at=NOW - 7, rows=3, series=1234)
SKIPPED = Status(Outcome("skipped", "privilege"), duration=0.003)
FAILED = Status(Outcome("error", "42P01"), duration=0.003, failures=1)
PRIMARY = Identity(160_004, in_recovery=False)


@contextmanager
def made(
    *statuses: Status, name: str = "main", databases: Sequence[str] = ("shop",)
) -> Iterator[Instance]:
    """An instance that is up, with a collector in each of these states in each database."""
    instance = Instance(name, CONFIG, {}, Deadlines())
    instance.identity, instance.databases = PRIMARY, tuple(databases)
    instance.heartbeat.answered(NOW - 4, 0.02)
    instance.bound = Bound(
        tuple(
            Collector(query(f"query_{number}"), database, status=status)
            for number, status in enumerate(statuses)
            for database in databases
        )
    )
    yield instance
    instance.close()


def text(*instances: Instance, now: float = NOW, path: str = "/metrics") -> str:
    return landing.page(instances, now, MOMENT, path).decode()


def read(*instances: Instance, now: float = NOW, path: str = "/metrics") -> Element:
    """The page as a tree; raises html5lib's ParseError where it is no correct HTML."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree: Element = parser.parse(text(*instances, now=now, path=path))
    return tree


def said(tree: Element, path: str) -> str:
    found = tree.find(path)
    assert found is not None, path
    return "".join(found.itertext()).strip()


def headline(tree: Element) -> str:
    return said(tree, ".//h1")


def rows(tree: Element) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in tree.iterfind(".//tbody/tr")]


def facts(tree: Element) -> dict[str, str]:
    """The facts of the first server."""
    pairs = tree.iterfind(".//dl[@class='facts']/div")
    return {said(pair, "dt"): said(pair, "dd") for pair in pairs}


def elements(tree: Element) -> list[tuple[str, list[str]]]:
    """What a page is made of: its elements, with the names of their attributes."""
    return [(element.tag, sorted(element.attrib)) for element in tree.iter()]


@functools.cache
def innocent() -> list[tuple[str, list[str]]]:
    """What a page is made of whose names and reasons are plain."""
    with made(FAILED) as instance:
        return elements(read(instance))


def names(tree: Element) -> list[str]:
    """The servers in their order."""
    return ["".join(name.itertext()) for name in tree.iterfind(".//h2")]


def test_a_server_that_is_up_is_shown_with_all_that_is_known() -> None:
    with made(SUCCESS, SKIPPED) as instance:
        tree = read(instance)
    assert "as they were" not in said(tree, ".//section[@class='server good']")
    assert headline(tree) == "main is up, 1 collector well, 1 skipped"
    assert facts(tree) == {
        "Address": "db.example:5432",
        "Role": "primary",
        "PostgreSQL": "16.4",
        "Databases": "1",
        "Connections": "0 of 2",
        "Last heartbeat": "4 s ago (20 ms)",
    }
    assert rows(tree) == [
        ["query_1", "shop", "skipped", "privilege", "", "3 ms", ""],
        ["query_0", "shop", "success", "", "7 s ago", "12 ms", "1,234"],
    ]
    assert f"pgvitals {__version__}" in said(tree, ".//header/p")
    assert "2026-11-14 14:11:33 UTC" in said(tree, ".//footer")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status(), ["waiting", "has not run yet", "", "", ""]),
        (SUCCESS, ["success", "", "7 s ago", "12 ms", "1,234"]),
        (replace(SUCCESS, series=0), ["success", "", "7 s ago", "12 ms", "0"]),
        (
            replace(SUCCESS, success_at=NOW - 200),
            ["stale", "the last result is too old", "3 min ago", "12 ms", "not served"],
        ),
        (
            replace(SUCCESS, dropped=1500, duplicates=2),
            ["success", "1,500 dropped, 2 duplicate", "7 s ago", "12 ms", "1,234"],
        ),
        (SKIPPED, ["skipped", "privilege", "", "3 ms", ""]),
        (
            replace(SKIPPED, success_at=NOW - 7, series=5),
            ["skipped", "privilege", "7 s ago", "3 ms", ""],
        ),
        (FAILED, ["error", "42P01 undefined table", "", "3 ms", "not served"]),
        (
            replace(SUCCESS, outcome=Outcome("error", "columns")),
            ["error", "columns", "7 s ago", "12 ms", "1,234"],
        ),
        (
            replace(SUCCESS, outcome=Outcome("timeout", "visit_deadline"), success_at=NOW - 46),
            ["timeout", "visit_deadline", "46 s ago", "12 ms", "not served"],
        ),
        (
            Status(Outcome("timeout", "statement_timeout"), duration=5.04),
            ["timeout", "statement_timeout", "", "5.0 s", "not served"],
        ),
        (Status(Outcome("error", "XX9zz")), ["error", "XX9zz", "", "0 ms", "not served"]),
    ],
)
def test_a_collector_is_shown_as_it_stands(status: Status, expected: list[str]) -> None:
    with made(status) as instance:
        assert rows(read(instance)) == [["query_0", "shop", *expected]]


@pytest.mark.parametrize("status", [FAILED, replace(SUCCESS, success_at=NOW - 200)])
def test_collectors_in_trouble_are_in_the_first_sentence(status: Status) -> None:
    with made(SUCCESS, status, SUCCESS) as instance:
        tree = read(instance)
    assert headline(tree) == "main is up, 1 of 3 collectors in trouble"
    assert tree.find(".//section[@class='verdict bad']") is not None


def test_while_it_starts_nothing_is_claimed() -> None:
    instance = Instance("main", CONFIG, {}, Deadlines())
    instance.heartbeat.since = NOW
    tree = read(instance)
    instance.close()
    assert headline(tree) == "main is starting"
    assert "No login was answered yet." in text(instance)
    known = facts(tree)
    assert {known[fact] for fact in ("Role", "PostgreSQL", "Databases")} == {"not known yet"}
    assert known["Last heartbeat"] == "none yet"
    assert tree.find(".//table") is None
    assert tree.find(".//section[@class='verdict calm']") is not None


@pytest.mark.parametrize("reason", [*_DOWN_REASONS, "connection_failed"])
def test_a_server_that_is_down_keeps_its_facts_and_says_so(reason: str) -> None:
    with made(SUCCESS) as instance:
        instance.heartbeat.refused(reason)
        tree, whole = read(instance, now=NOW + 38), text(instance, now=NOW + 38)
    assert headline(tree) == f"main is down: {reason}"
    assert facts(tree)["PostgreSQL"] == "16.4"
    assert facts(tree)["Last heartbeat"].startswith("42 s ago")
    assert "The last login was answered 42 s ago." in whole
    assert "as they were at the last heartbeat" in whole


def test_a_server_that_never_answered_is_down_without_facts() -> None:
    instance = Instance("main", CONFIG, {}, Deadlines())
    instance.heartbeat.refused("unreachable")
    tree, whole = read(instance), text(instance)
    instance.close()
    assert headline(tree) == "main is down: unreachable"
    assert facts(tree)["PostgreSQL"] == "not known yet"
    assert "as they were" not in whole


def test_what_nobody_looked_after_is_not_called_up() -> None:
    with made(SUCCESS) as instance:
        tree = read(instance, now=NOW + 600)
    assert headline(tree) == "main is down: heartbeat_overdue"
    assert [row[2] for row in rows(tree)] == ["stale"]


def test_a_standby_is_called_one() -> None:
    with made(SUCCESS) as instance:
        instance.identity = Identity(130_023, in_recovery=True)
        known = facts(read(instance))
    assert (known["Role"], known["PostgreSQL"]) == ("standby", "13.23")


def test_a_server_without_databases_and_a_page_without_servers_are_whole() -> None:
    with made(databases=()) as instance:
        assert facts(read(instance))["Databases"] == "0"
        assert headline(read(instance)) == "main is up, 0 collectors well"
    assert headline(read()) == "No server is watched"


def test_several_servers_stand_with_the_worst_first_and_the_well_ones_folded() -> None:
    with (
        made(SUCCESS, name="well") as well,
        made(FAILED, name="failing") as failing,
        made(SUCCESS, name="down") as down,
    ):
        both = read(well, failing)
        down.heartbeat.refused("tls")
        tree = read(well, failing, down)
    assert names(both) == ["failing", "well"]
    assert headline(both) == "Both servers are up, 1 of 2 collectors in trouble"
    assert names(tree) == ["down", "failing", "well"]
    assert headline(tree) == "down is down: tls"
    unfolded = ["open" in details.attrib for details in tree.iterfind(".//details")]
    assert unfolded == [False, True, False]


def test_trouble_is_said_before_that_a_server_is_starting() -> None:
    starting = Instance("new", CONFIG, {}, Deadlines())
    starting.heartbeat.since = NOW
    with made(SUCCESS, FAILED, name="failing") as failing, made(SUCCESS, name="well") as well:
        trouble, calm = read(starting, well, failing), read(starting, well)
    starting.close()
    assert headline(trouble) == "2 of 3 servers are up, 1 of 3 collectors in trouble"
    assert names(trouble) == ["failing", "new", "well"]
    assert (headline(calm), names(calm)) == ("new is starting", ["new", "well"])


def test_many_servers_that_are_down_are_counted_and_some_named() -> None:
    servers = [Instance(f"s{n}", CONFIG, {}, Deadlines()) for n in range(6)]
    for server in servers[1:]:
        server.heartbeat.refused("refused")
    tree = read(*servers)
    for server in servers:
        server.close()
    assert headline(tree) == "5 of 6 servers are down"
    detail = said(tree, ".//section[@class='verdict bad']/p")
    assert detail == "s1 (refused), s2 (refused), s3 (refused), 2 more"


def test_the_database_column_is_there_where_there_are_several() -> None:
    with made(SUCCESS) as one, made(SUCCESS, databases=("a", "b")) as two:
        assert 'class="single"' in text(one)
        assert 'class="several"' in text(two)
        assert [row[1] for row in rows(read(two))] == ["a", "b"]


# Hostile text

SQLSTATE = re.compile("[0-9A-Z]{5}")
"""What the page says in words, too."""


@quick
@given(any_text, any_text, any_text.filter(lambda text: not SQLSTATE.fullmatch(text)))
def test_no_text_becomes_anything_but_text(name: str, database: str, reason: str) -> None:
    status = Status(Outcome("error", reason, "postgresql://u:secret@h/d"))
    with made(status, name=name, databases=(database,)) as instance:
        tree = read(instance)
    shown = [markup.visible(part) for part in (name, database, reason)]
    assert ["".join(names(tree)), *rows(tree)[0][1::2][:2]] == [shown[0], shown[1], shown[2]]
    assert elements(tree) == innocent()


HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></style><!--",
    "$name ${style} $$ %s {0}",
    "\u202egnp.exe\u2066",
    "a\0b\x1b[31m\r\n\ufffe\U0010ffff",
    "\udcff\ud800",
    "x" * 63,
    "../../etc?target=b&c#d",
    "\u05e9\u05dc\u05d5\u05dd",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_and_does_nothing(name: str) -> None:
    status = Status(Outcome("error", name), success_at=NOW - 1)
    with made(status, name=name, databases=(name,)) as instance:
        tree = read(instance, path=f"/{name}")
    assert names(tree) == [markup.visible(name)]
    assert rows(tree)[0][1] == markup.visible(name)
    assert elements(tree) == innocent()


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.isascii()])
def test_the_link_of_a_server_leads_to_it_whatever_its_name(name: str) -> None:
    with made(name=name) as instance:
        (link,) = (a.attrib["href"] for a in read(instance).iterfind(".//section//a"))
    parts = urlsplit(link)
    assert (parts.netloc, parts.path) == ("", "./probe")
    assert parse_qs(parts.query, keep_blank_values=True) == {"target": [name]}


def test_no_secret_and_no_error_text_is_shown() -> None:
    config = InstanceConfig(dsn="postgresql://user_x:secret_x@h.example/db_x?sslpassword=secret_y")
    instance = Instance("main", config, {}, Deadlines())
    failed = Status(Outcome("error", "42601", "secret_x in an error"))
    instance.bound = Bound((Collector(query("q"), "d", status=failed),))
    whole = text(instance)
    instance.close()
    assert "42601" in whole
    assert not re.findall("secret|user_x|postgresql://", whole)


# What it may load, and how much it says


def test_the_page_brings_all_it_needs_and_its_policy_allows_no_more() -> None:
    with made(SUCCESS) as instance:
        tree = read(instance)
    style = said(tree, ".//style")
    written = (tree.find(".//style").text or "").encode()  # type: ignore[union-attr]
    digest = base64.b64encode(hashlib.sha256(written).digest()).decode()
    policy = dict(landing.headers())["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert not re.search(r"url\(|@import", style)
    attributes: list[dict[str, Any]] = [dict(element.attrib) for element in tree.iter()]
    assert not {name for given in attributes for name in given} & {"src", "style", "srcset"}
    assert not [name for given in attributes for name in given if name.startswith("on")]
    links = [given["href"] for given in attributes if "href" in given]
    assert {link.partition(":")[0].partition("/")[0] for link in links} == {".", "data"}


def test_the_metrics_are_linked_where_they_are() -> None:
    tree = read(path="//evil.example/x")
    assert tree.find(".//nav//a").attrib["href"] == ".//evil.example/x"  # type: ignore[union-attr]


def test_of_too_many_collectors_those_in_trouble_are_shown_and_the_others_counted() -> None:
    databases = [f"db{n}" for n in range(200)]
    with made(SUCCESS, SKIPPED, FAILED, *[SUCCESS] * 7, databases=databases) as instance:
        tree, size = read(instance), len(text(instance))
    states = [row[2] for row in rows(tree)]
    assert states == ["error"] * 200 + ["skipped"] * 200 + ["success"] * 100
    assert said(tree, ".//details/p") == "Not shown: 1,500 success. /probe tells of all."
    assert said(tree, ".//summary") == "Collectors: 200 error, 200 skipped, 1,600 success"
    assert size < 250_000


def test_what_lacks_rows_stands_before_what_is_whole() -> None:
    dropped = replace(SUCCESS, dropped=1)
    with made(*[SUCCESS] * 600, dropped) as instance:
        assert rows(read(instance))[0][:4] == ["query_600", "shop", "success", "1 dropped"]


def test_each_of_fifty_servers_has_its_share() -> None:
    servers = [Instance(f"s{n}", CONFIG, {}, Deadlines()) for n in range(50)]
    collectors = tuple(Collector(query(f"q{n}"), "d", status=SUCCESS) for n in range(30))
    for server in servers:
        server.bound = Bound(collectors)
        server.heartbeat.answered(NOW, 0.01)
    tree = read(*servers)
    for server in servers:
        server.close()
    assert [len(table.findall("tbody/tr")) for table in tree.iterfind(".//table")] == [20] * 50
    assert headline(tree) == "All 50 servers are up, 1,500 collectors well"


def test_ten_thousand_databases_do_not_make_it_longer() -> None:
    with made(SUCCESS, databases=[f"db{n}" for n in range(10_000)]) as many:
        assert len(text(many)) < 250_000
        assert facts(read(many))["Databases"] == "10,000"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-0.1, "0 s"),
        (0.4, "0 s"),
        (119.9, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172_800, "2 d"),
        (1e9, "11,574 d"),
    ],
)
def test_a_time_span_has_one_unit(seconds: float, expected: str) -> None:
    assert standing.age(seconds) == expected


def test_a_gap_without_a_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        markup.fill(Template("<p>$a $b</p>"), a="x")


def test_the_pictures_are_small_enough_for_the_readme() -> None:
    pictures = sorted((Path(__file__).parents[2] / "docs" / "pictures").glob("landing-*.png"))
    assert [picture.name for picture in pictures] == ["landing-dark.png", "landing-light.png"]
    assert all(picture.stat().st_size < 150_000 for picture in pictures)
