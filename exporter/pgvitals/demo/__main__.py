"""`python -m pgvitals.demo`: everything at once, until Ctrl-C, and then nothing."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

import click
import psycopg

from pgvitals.demo import exporter, faults, home, prometheus, server, tour, workload
from pgvitals.demo.child import Child
from pgvitals.demo.progress import Ended, Failure, Progress

FAILED, USAGE, SIGNALLED = 1, 2, 128
FOREIGN = ("PG", "DATA_SOURCE_")
"""How variables begin that would tell libpq or pgvitals of other servers."""


@click.command()
@click.option("--once", is_flag=True, help="Print one page of metrics and end.")
@click.option(
    "--prometheus", "with_prometheus", is_flag=True, help="Start Prometheus too, where installed."
)
def demo(once: bool, with_prometheus: bool) -> None:
    """Run PostgreSQL with a faulty shop in it, and pgvitals watching, until Ctrl-C.

    Everything listens on 127.0.0.1 alone, is kept in a temporary directory, and is removed at the
    end. Exit codes: 0 done; 1 something failed; 2 the command line is wrong, or Prometheus is not
    installed; 128 and the signal's number when a signal came before everything ran.
    """
    if once and with_prometheus:
        _leave("found --once and --prometheus, expected one: Prometheus needs time", USAGE)
    program = prometheus.program() if with_prometheus else ""
    if program is None:
        _leave("--prometheus: no program prometheus on the PATH; install it or leave it out", USAGE)
    progress = Progress(to_stderr=once)
    progress.listen()
    _forget_other_servers()
    try:
        _play(progress, program, once=once)
    except Ended:
        _leave("ended before everything ran; nothing is left", SIGNALLED + progress.signal)
    except BrokenPipeError:
        raise  # the reader has left, and click knows how to follow
    except (Failure, OSError, psycopg.Error) as error:
        _leave(str(error), FAILED)


def _play(progress: Progress, program: str, *, once: bool) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(home.temporary())
        progress.say(f"everything is kept in {place.path}, until the end")
        database = stack.enter_context(server.running(place, progress))
        faults.load(database, progress)
        stack.enter_context(workload.standoff(database))
        watcher = stack.enter_context(exporter.running(place, progress, database))
        running, extra = [watcher.process], ""
        if program:
            process, extra = stack.enter_context(
                prometheus.running(program, place, progress, watcher)
            )
            running.append(process)
        stack.enter_context(workload.running(database))
        progress.say("waiting until the page shows every fault")
        page = watcher.process.wait(
            progress, lambda: tour.complete(watcher.page()), "a page that shows every fault"
        )
        if once:
            click.echo(page, nl=False)
            return
        _show(database, watcher, page, extra)
        with suppress(Ended):
            _watch(progress, running)
        stack.close()
        click.echo("\nstopped; nothing is left")


def _show(
    database: server.Server, watcher: exporter.Exporter, page: str, prometheus_address: str
) -> None:
    click.echo("\nWhat the page shows now:\n")
    for fault, line in tour.seen(page):
        click.echo(f"  {fault}\n    {line}")
    click.echo(f"\nOpen       {watcher.address}/ for how the watching goes,")
    click.echo(f"           {watcher.address}/metrics for what it finds")
    if prometheus_address:
        click.echo(f"Prometheus {prometheus_address}/graph?g0.expr=pg_blocked_sessions")
    command = os.path.relpath(Path(sys.executable).with_name("pgvitals"))
    click.echo(f"Check      {command} check --dsn {database.url(server.OWNER)}")
    click.echo(f"Database   psql {database.url(server.OWNER)}")
    pid = database.process.pid
    click.echo(f"Break it   kill -STOP {pid}: pg_up is 0 within 25 s; kill -CONT {pid} mends it;")
    click.echo(f"           kill {pid}: within 15 s, for good")
    click.echo("End        Ctrl-C\n")


def _watch(progress: Progress, running: Sequence[Child]) -> NoReturn:
    """Wait for a signal; raises Ended, and Failure when one of `running` ends before.

    The server may end: what the page says then is worth a look.
    """
    while True:
        progress.look()
        for process in running:
            process.check()
        time.sleep(0.2)


def _forget_other_servers() -> None:
    """The caller's variables are for servers of his; ours has none of them, nor have its programs."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]


def _leave(text: str, code: int) -> NoReturn:
    click.echo(f"demo: {text}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    demo()
