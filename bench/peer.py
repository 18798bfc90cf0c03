"""The peer: postgres_exporter, with the queries files that it needs to show what we show."""

import functools
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import yaml

from bench.scrapes import fetch
from pgvitals.catalogue import shipped
from pgvitals.query import Query
from support.cluster import free_port
from support.daemon import until
from support.parity import peer_program, peer_release

QueriesFile = Mapping[str, Mapping[str, Any]]

_COUNTERS = (
    *("seq_scan", "seq_tup_read", "idx_scan", "idx_tup_fetch"),
    *("n_tup_ins", "n_tup_upd", "n_tup_del", "n_tup_hot_upd"),
)
_GAUGES = ("n_live_tup", "n_dead_tup", "n_mod_since_analyze")
_TIMES = ("last_vacuum", "last_autovacuum", "last_analyze", "last_autoanalyze")
_COUNTS = ("vacuum_count", "autovacuum_count", "analyze_count", "autoanalyze_count")
_INDEX_COUNTERS = ("idx_scan", "idx_tup_read", "idx_tup_fetch")


def _columns(counters: Iterable[str], gauges: Iterable[str], *labels: str) -> list[dict[str, Any]]:
    usage = {
        **dict.fromkeys(labels, "LABEL"),
        **dict.fromkeys(counters, "COUNTER"),
        **dict.fromkeys(gauges, "GAUGE"),
    }
    return [{name: {"usage": use, "description": name}} for name, use in usage.items()]


def own() -> QueriesFile:
    """Tables as its later releases read them, from the view with both sizes; indexes likewise."""
    times = [f"coalesce({name}, 'epoch') as {name}" for name in _TIMES]
    columns = ", ".join([*_COUNTERS, *_GAUGES, *times, *_COUNTS])
    scans = ", ".join(f"{name} as {name}_total" for name in _INDEX_COUNTERS)
    return {
        "pg_stat_user_tables": {
            "query": f"select current_database() as datname, schemaname, relname, {columns},"
            " pg_table_size(relid) as table_size_bytes, pg_indexes_size(relid) as index_size_bytes"
            " from pg_stat_user_tables",
            "metrics": _columns(
                (*_COUNTERS, *_COUNTS),
                (*_GAUGES, *_TIMES, "table_size_bytes", "index_size_bytes"),
                *("datname", "schemaname", "relname"),
            ),
        },
        "pg_stat_user_indexes": {
            "query": "select current_database() as datname, schemaname, relname, indexrelname,"
            f" {scans} from pg_stat_user_indexes",
            "metrics": _columns(
                [f"{name}_total" for name in _INDEX_COUNTERS],
                (),
                *("datname", "schemaname", "relname", "indexrelname"),
            ),
        },
    }


def as_ours(names: Iterable[str], major: int) -> QueriesFile:
    """Our own statements, as a queries file that gives the same families."""
    return {f"pg_{name}": _translated(shipped()[name], major) for name in names}


def _translated(query: Query, major: int) -> dict[str, Any]:
    prefix = f"pg_{query.name}_"
    named = {name.removeprefix(prefix): metric for name, metric in query.metrics.items()}
    values = [f"q.{metric.column} as {name}" for name, metric in named.items()]
    selected = ", ".join([*(f"q.{label}" for label in query.labels), *values])
    return {
        "query": f"select current_database() as datname, {selected} from ({query.statement(major)}) q",
        "metrics": _columns(
            [name for name, metric in named.items() if metric.type == "counter"],
            [name for name, metric in named.items() if metric.type != "counter"],
            *("datname", *query.labels),
        ),
    }


class Peer(NamedTuple):
    """It is running: its release, its process, and where it listens."""

    release: tuple[int, ...]
    pid: int
    port: int


@contextmanager
def peer(dsn: str, queries: QueriesFile, *, defaults: bool = True) -> Iterator[Peer]:
    """Run it meanwhile, with a queries file; `defaults` are its own collectors."""
    program = peer_program()
    if program is None:
        raise SystemExit(
            "found no postgres_exporter on the PATH, expected it or"
            " prometheus-postgres-exporter: apt-get install prometheus-postgres-exporter"
        )
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(queries, file)
        file.flush()
        flags = [
            f"--web.listen-address=127.0.0.1:{port}",
            f"--extend.query-path={file.name}",
            *([] if defaults else _switches(program)),
        ]
        with _running([program, *flags], {"DATA_SOURCE_NAME": dsn}) as process:
            until(functools.partial(_answers, process, port), 60, "answer")
            yield Peer(peer_release(program), process.pid, port)


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env={**environment, "PATH": os.environ["PATH"]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"postgres_exporter ended with {process.returncode}")
    try:
        return bool(fetch(port, packed=True, path="/"))
    except OSError:
        return False


def _switches(program: str) -> list[str]:
    """The flags that turn off whatever it does by itself."""
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    help_ = done.stdout + done.stderr
    collectors = re.findall(r"--\[?(?:no-)?\]?(collector\.\w+) ", help_)
    disable = re.findall(r"--(?:\[no-\])?(disable-(?:default|settings)-metrics) ", help_)
    return [*(f"--no-{name}" for name in collectors), *(f"--{name}" for name in disable)]
