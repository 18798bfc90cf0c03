"""Parity: what postgres_exporter has and we have otherwise, and whether docs/migrating.md says why.

`python -m support.parity` compares, on a server of each version in which everything happens, our page
with the list of its families, and with its own page where it is installed.
"""

import csv
import functools
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from support.daemon import Daemon, until
from support.servers import Server, launch, local_majors

ROOT = Path(__file__).parents[2]
FAMILIES = ROOT / "tests" / "golden" / "postgres_exporter.tsv"
MIGRATING = ROOT / "docs" / "migrating.md"
LISTED = (0, 20)
"""The release of postgres_exporter whose families the list has."""
Labels = frozenset[tuple[str, str]]

_SETTINGS = {
    "wal_level": "logical",
    "archive_mode": "on",
    "archive_command": "true",
    "max_slot_wal_keep_size": "1GB",
}
_SHOP = """
create table customer (id int primary key, name text);
insert into customer select g, repeat(md5(g::text), 40) from generate_series(1, 5000) g;
create table bare (note text);
delete from customer where id % 2 = 0;
analyze;
select pg_create_logical_replication_slot('logical', 'pgoutput');
select pg_create_physical_replication_slot('standby')
"""


class Page(NamedTuple):
    """A page: the type of each family, and its series."""

    types: Mapping[str, str]
    series: Mapping[str, Mapping[Labels, float]]


class Difference(NamedTuple):
    """`kind` is missing, type, labels, series or value."""

    family: str
    kind: str
    found: str


class Explanation(NamedTuple):
    """A row of docs/migrating.md: which families differ how, and from which releases (all, until 0.19)."""

    patterns: tuple[str, ...]
    kinds: tuple[str, ...]
    releases: str
    why: str

    def covers(self, difference: Difference, release: tuple[int, ...]) -> bool:
        """Whether this is why."""
        last = re.findall(r"\d+", self.releases)
        known = self.releases == "all" or release[:2] <= tuple(map(int, last))
        fits = any(fnmatchcase(difference.family, pattern) for pattern in self.patterns)
        return known and fits and difference.kind in self.kinds


def parse(text: str) -> Page:
    """Read a page; the types are as they are written."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    series: dict[str, dict[Labels, float]] = {}
    # Told the types, the parser would add _total to the names of counters.
    untyped = re.sub(r"^# TYPE .*\n", "", text, flags=re.MULTILINE)
    for family in text_string_to_metric_families(untyped):
        for sample in family.samples:
            stem = re.sub(r"_(bucket|sum|count)$", "", sample.name)
            name = stem if types.get(stem) in ("histogram", "summary") else sample.name
            series.setdefault(name, {})[frozenset(sample.labels.items())] = sample.value
    return Page(types, series)


def explanations(text: str = "") -> list[Explanation]:
    """The rows of the table of differences."""
    text = text or MIGRATING.read_text("utf-8")
    _, _, table = text.partition("| Family | Differs in | Release | Why |\n")
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()[1:]]
    return [
        Explanation(tuple(re.findall(r"`([^`]+)`", row[0])), tuple(row[1].split(", ")), *row[2:])
        for row in rows
    ]


def against_list(ours: Page, major: int) -> Iterator[Difference]:
    """What is not as the list of its families has it, of those that are on by default."""
    with FAMILIES.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        name, expected = row["family"], {label for label in row["labels"].split(",") if label}
        if row["default"] != "on" or not _has(row["versions"], major):
            continue
        if name not in ours.series:
            yield Difference(name, "missing", "no series")
            continue
        if (type_ := ours.types.get(name, "untyped")) != row["type"]:
            yield Difference(name, "type", f"{type_}, theirs {row['type']}")
        found = {frozenset(label for label, _ in labels) for labels in ours.series[name]}
        if found != {frozenset(expected)}:
            yield Difference(name, "labels", f"{_sorted(found)}, theirs {sorted(expected)}")


def against_page(ours: Page, before: Page, after: Page) -> Iterator[Difference]:
    """What is not as on its own page; values only where both of its pages have the same."""
    for name, theirs in after.series.items():
        if name not in ours.series:
            yield Difference(name, "missing", f"theirs {len(theirs)} series")
            continue
        if ours.types.get(name) != after.types.get(name):
            types = f"{ours.types.get(name)}, theirs {after.types.get(name)}"
            yield Difference(name, "type", types)
        sets = [
            {frozenset(label for label, _ in ls) for ls in s} for s in (ours.series[name], theirs)
        ]
        if sets[0] != sets[1]:
            yield Difference(name, "labels", f"{_sorted(sets[0])}, theirs {_sorted(sets[1])}")
        common = frozenset.intersection(*sets[0], *sets[1])
        yield from _values(name, common, ours, before, after)


def _values(
    name: str, common: frozenset[str], ours: Page, before: Page, after: Page
) -> Iterator[Difference]:
    mine, first, last = (_by(common, page.series.get(name, {})) for page in (ours, before, after))
    for labels, values in last.items():
        if labels not in mine:
            yield Difference(name, "series", f"theirs has {dict(labels)}")
        elif first.get(labels) == values != mine[labels]:
            yield Difference(name, "value", f"{mine[labels]} for {dict(labels)}, theirs {values}")


def _by(names: frozenset[str], series: Mapping[Labels, float]) -> dict[Labels, set[float]]:
    """Values by the labels that both sides have."""
    found: dict[Labels, set[float]] = {}
    for labels, value in series.items():
        found.setdefault(frozenset(x for x in labels if x[0] in names), set()).add(value)
    return found


def _has(versions: str, major: int) -> bool:
    """Whether the list has a family on a version; `versions` such as `>=9.4 <10`."""
    bounds = re.findall(r"(>=|<)([0-9.]+)", versions)
    return all((major >= float(n)) if sign == ">=" else (major < float(n)) for sign, n in bounds)


def _sorted(sets: Iterable[frozenset[str]]) -> list[list[str]]:
    return sorted(sorted(labels) for labels in sets)


# The servers, and the peer


@contextmanager
def eventful(major: int) -> Iterator[Server]:
    """A server on which everything happens that its families tell of."""
    with closing(launch(major, **_SETTINGS)) as server, ExitStack() as stack:
        keeper = stack.enter_context(closing(server.connect()))
        for statement in _SHOP.split(";\n"):
            keeper.execute(statement.encode())
        standby = server.standby(primary_slot_name="standby", hot_standby_feedback="on")
        keeper.execute("create table later (id int)")
        keeper.execute("select pg_switch_wal()")
        vacuum = stack.enter_context(closing(server.connect()))
        vacuum.execute("set vacuum_cost_delay = 100")
        vacuum.execute("set vacuum_cost_limit = 1")
        vacuum.pgconn.send_query(b"vacuum customer")
        archived = "select from pg_stat_archiver where archived_count > 0"
        streams = "select from pg_stat_replication where state = 'streaming'"
        runs = "select from pg_stat_progress_vacuum"
        holds = "select from pg_replication_slots where xmin is not null"
        for happens in (archived, streams, runs, holds):
            until(functools.partial(_is_there, keeper, happens), 20, happens)
        assert standby.major == major
        yield server


def _is_there(connection: psycopg.Connection[Any], query: str) -> bool:
    return connection.execute(query.encode()).fetchone() is not None


def peer_program() -> str | None:
    """postgres_exporter, where it is installed."""
    names = ("postgres_exporter", "prometheus-postgres-exporter")
    return next(filter(None, map(shutil.which, names)), None)


def peer_release(program: str) -> tuple[int, ...]:
    """Its release, such as (0, 11, 1)."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", done.stdout + done.stderr)
    assert found
    return tuple(map(int, found.groups()))


@contextmanager
def peer(program: str, dsn: str) -> Iterator[int]:
    """It runs meanwhile: the port on which it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [program, f"--web.listen-address=127.0.0.1:{port}"],
        env={"DATA_SOURCE_NAME": dsn, "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _scrape(port), 20, "answer")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _scrape(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except OSError:
        return ""
    finally:
        connection.close()


def compare(server: Server) -> Iterator[tuple[tuple[int, ...], Difference]]:
    """Every difference on this server, with the release that it is a difference to."""
    dsn = server.dsn(sslmode="disable")
    with Daemon(environment={"DATA_SOURCE_NAME": dsn}) as daemon:
        daemon.wait_ready()
        ours = parse(daemon.scrape())
        yield from ((LISTED, found) for found in against_list(ours, server.major))
        if program := peer_program():
            with peer(program, dsn) as port:
                before = parse(_scrape(port))
                # Everything once more, after their first page and before their second.
                beats = daemon.value("pg_exporter_scrapes_total") or 0
                time.sleep(16)
                assert (daemon.value("pg_exporter_scrapes_total") or 0) > beats
                ours = parse(daemon.scrape())
                after = parse(_scrape(port))
            release = peer_release(program)
            yield from ((release, found) for found in against_page(ours, before, after))


def main() -> int:
    """Print every difference of every version; 1 when one has no explanation."""
    known, bad = explanations(), 0
    for major in local_majors():
        with eventful(major) as server:
            differences = list(compare(server))
        print(f"PostgreSQL {server.version}: {len(differences)} differences")
        for release, found in differences:
            why = next((e.why for e in known if e.covers(found, release)), "")
            bad += not why
            theirs = ".".join(map(str, release))
            print(f"  {theirs:6} {found.kind:7} {found.family}: {why or f'NO WHY: {found.found}'}")
    if not peer_program():
        print("postgres_exporter is not installed: compared with the list of its families alone")
    print(f"{bad} without an explanation" if bad else "every difference is explained")
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
