"""Pictures of the landing page, in three states that are real.

    PYTHONPATH=tests python -m support.screenshots DIRECTORY

`landing`: all is well; `down`: a server was stopped; `trouble`: forty collectors fail, time out or may
not run. Each in both themes, on a desktop and on a phone; docs/pictures has `landing`.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ViewportSize

from support import queries
from support.browser import chromium
from support.daemon import Daemon, until
from support.faults import PASSWORD, ROLE, make_roles
from support.servers import Server, launch, local_majors

SCREENS: dict[str, ViewportSize] = {
    "": {"width": 1120, "height": 1020},
    "-phone": {"width": 360, "height": 1200},
}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DATABASES = {
    "shop": ("customers", "orders", "payments", "products"),
    "billing": ("invoices", "reminders"),
    "ledger": ("accounts", "entries"),
}
FAILING = {
    "archive_age": "select v from archive",
    "disk_free": "select disk_free() as v",
    "hit_ratio": "select 1 / 0 as v",
    "orders_late": "select 1 as late",
    "invoices_sum": "select 1 as v from pg_sleep(2)",
    "role_passwords": "select count(*) as v from pg_authid",
    "wal_files": "select count(*) as v from pg_ls_waldir()",
    "sessions": "select g as v, g as pid from generate_series(1, 50) g",
}
COPIES = 8


def main() -> None:
    """Start servers, break them, and take the pictures."""
    parser = argparse.ArgumentParser(description="take pictures of the landing page")
    parser.add_argument("directory", type=Path)
    folder = parser.parse_args().directory
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, ExitStack() as stack:
        shop = stack.enter_context(served(max(local_majors()), "shop", "billing"))
        ledger = stack.enter_context(served(min(local_majors()), "ledger"))
        daemon = stack.enter_context(
            Daemon(watched(shop=shop, replica=shop.standby(), ledger=ledger))
        )
        until(lambda: quiet(daemon), 60, "visit every database")
        take(browser, daemon, folder, "landing")
        ledger.stop()
        until(lambda: "ledger is down" in daemon.scrape("/"), 20, "see that it is down")
        take(browser, daemon, folder, "down")
        trouble = stack.enter_context(troubled(shop))
        take(browser, trouble, folder, "trouble")


def quiet(daemon: Daemon) -> bool:
    """Whether every collector of every database has run, and nothing is under way."""
    page = daemon.scrape("/")
    return not any(sign in page for sign in ("starting", "waiting", "0 of 2"))


@contextmanager
def served(major: int, *databases: str) -> Iterator[Server]:
    """A server with these databases, and the roles of the tests."""
    with closing(launch(major)) as server:
        make_roles(server)
        for name in databases:
            server.create_database(name)
            with server.connect(name) as connection:
                for table in DATABASES[name]:
                    connection.execute(f"create table {table} (id int primary key)".encode())
        yield server


def watched(**servers: Server) -> dict[str, Any]:
    """A configuration with these servers and all of their databases."""
    return {
        "instances": {
            name: {"dsn": server.dsn(user=ROLE, password=PASSWORD), "databases": {}}
            for name, server in servers.items()
        }
    }


@contextmanager
def troubled(server: Server) -> Iterator[Daemon]:
    """A daemon whose role may do nothing, with queries that cannot succeed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, statement in FAILING.items():
            for copy in range(1, COPIES + 1):
                queries.write(
                    Path(folder), f"{name}_{copy}", statement, timeout="500ms", max_series=20
                )
        dsn = server.dsn("shop", user="crowd", password=PASSWORD)
        config = {"instances": {"shop": {"dsn": dsn}}, "query_directories": [folder]}
        with Daemon(config) as daemon:
            yield daemon.wait_ready()


def take(browser: Browser, daemon: Daemon, folder: Path, scene: str) -> None:
    """The page of a daemon in both themes and on both screens."""
    host, port = daemon.addresses[0]
    for suffix, screen in SCREENS.items():
        for theme in THEMES:
            with browser.new_context(viewport=screen, color_scheme=theme) as context:
                page = context.new_page()
                page.goto(f"http://{host}:{port}/")
                page.locator("summary").last.evaluate(
                    "summary => summary.parentElement.open = true"
                )
                page.screenshot(path=folder / f"{scene}{suffix}-{theme}.png")


if __name__ == "__main__":
    main()
