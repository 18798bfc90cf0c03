"""Pictures of dashboards, drawn from their JSON by Grafana's own panel components (grafana/preview).

    PYTHONPATH=tests:. python -m support.preview DIRECTORY [--board UID] [--width PIXELS] [--docs PICTURES]

takes every dashboard of the good server and of the faulty one (support/contrast.py), as high as it is, and
for the documentation the upper part of that of the faulty one.
"""

import argparse
import functools
import http.server
import json
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize
from playwright.sync_api import TimeoutError as TookTooLong

from support import contrast
from support.browser import chromium
from support.contrast import Contrast
from support.dashboard import FOLDER
from support.program import found

APP = FOLDER.parent / "preview"
BUILT = APP / "dist"
SCREENS: Mapping[int, ViewportSize] = {
    1920: {"width": 1920, "height": 1080},
    1366: {"width": 1366, "height": 768},
}
PAGE: ViewportSize = {"width": 1366, "height": 1400}
"""What is seen of a dashboard in the documentation."""
SHOWN = contrast.WATCHED + 90
"""Seconds up to now: all that there is of the two servers when they are ready."""
PATIENCE = 120.0
"""Seconds until a page must be drawn; a query of it is given up after half of them."""


class Scene(NamedTuple):
    """What a dashboard looks at, and how it is drawn."""

    prometheus: str
    """Its URL."""
    start: float
    end: float
    """Seconds since 1970."""
    scrape: float = 15.0
    """Seconds between two scrapes."""
    screen: ViewportSize = SCREENS[1920]
    whole: bool = True
    """As high as the page is, instead of the screen."""

    def address(self, board: str, chosen: Mapping[str, str]) -> str:
        """The page that draws a dashboard, by its uid, with these values of its variables."""
        asked = {
            "board": f"boards/{board}.json",
            "prometheus": self.prometheus,
            "from": f"{self.start:.0f}",
            "to": f"{self.end:.0f}",
            "scrape": f"{self.scrape:g}",
            **{f"var-{name}": value for name, value in chosen.items()},
        }
        return f"index.html?{urlencode(asked)}"


class Picture(NamedTuple):
    """A dashboard as it was drawn."""

    file: Path
    states: Mapping[int, str]
    """`ok`, `empty` or `error`, by the id of the panel."""
    complaints: tuple[str, ...]
    """What panels and the browser's console call an error."""


def build() -> None:
    """Install and build the app, each only where its sources are newer; skips without npm."""
    npm = found("npm")
    lock, installed = APP / "package-lock.json", APP / "node_modules" / ".package-lock.json"
    if _newer(installed, lock):
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=APP, check=True)
    parts = (lock, APP / "index.html", APP / "vite.config.ts", *APP.glob("src/**/*.ts*"))
    if _newer(BUILT / "index.html", *parts):
        command = [npm, "run", "build", "--", "--logLevel", "error"]
        subprocess.run(command, cwd=APP, check=True)


def _newer(made: Path, *parts: Path) -> bool:
    """Whether one of the parts is newer than what was made of them."""
    return not made.exists() or max(p.stat().st_mtime for p in parts) > made.stat().st_mtime


class _Files(http.server.SimpleHTTPRequestHandler):
    """The app, and under /boards/ the dashboards; nothing is logged."""

    def translate_path(self, path: str) -> str:
        """Where the file of a path is."""
        if path.startswith("/boards/"):
            return str(FOLDER / Path(path).name)
        return super().translate_path(path)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """The URL of the app, on loopback, with the dashboards; built before if need be."""
    build()
    handler = functools.partial(_Files, directory=str(BUILT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def take(
    browser: Browser, site: str, board: str, scene: Scene, file: Path, **chosen: str
) -> Picture:
    """Draw a dashboard, by its uid, with these variables; raises AssertionError where it cannot be drawn."""
    complaints: list[str] = []

    def listen(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    with browser.new_context(viewport=scene.screen, color_scheme="dark") as context:
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(error.message))
        page.goto(f"{site}/{scene.address(board, chosen)}")
        _wait(page, complaints)
        page.screenshot(path=file, full_page=scene.whole)
        panels = page.locator("[data-panel-id]")
        drawn = panels.evaluate_all("all => all.map(one => ({...one.dataset}))")
    complaints += [f"panel {p['panelId']}: {p['error']}" for p in drawn if "error" in p]
    states = {int(panel["panelId"]): panel["state"] for panel in drawn}
    return Picture(file, states, tuple(complaints))


def _wait(page: Page, complaints: list[str]) -> None:
    """Until every panel is drawn, and every icon is there."""
    try:
        page.locator("body[data-ready=yes]").wait_for(timeout=PATIENCE * 1000)
    except TookTooLong as error:
        loading = page.locator("[data-state=loading] h2").all_inner_texts()
        raise AssertionError(f"not drawn in {PATIENCE:g} s: {loading}; {complaints}") from error
    page.wait_for_load_state("networkidle")
    failure = page.locator(".failure")
    assert not failure.count(), failure.inner_text()


def scenes(pair: Contrast, widths: Iterable[int]) -> Iterator[tuple[str, Scene, dict[str, str]]]:
    """Every dashboard on screens of these widths, as of now: its uid, and what is chosen in it."""
    end = time.time()
    scene = Scene(pair.prometheus.url, end - SHOWN, end, contrast.SCRAPED_EVERY)
    for board, width in product(_boards(), widths):
        for chosen in _choices(board):
            yield board, scene._replace(screen=SCREENS[width]), chosen


def main() -> None:
    """Start both servers, wait until there is something to see, and take the pictures."""
    parser = argparse.ArgumentParser(description="take pictures of dashboards")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--board", choices=_boards(), action="append")
    parser.add_argument("--width", choices=SCREENS, type=int, action="append")
    parser.add_argument("--docs", type=Path)
    asked = parser.parse_args()
    asked.directory.mkdir(parents=True, exist_ok=True)
    build()  # before servers that would wait for it
    with Contrast() as pair, served() as site, chromium() as browser:
        pair.wait_ready()
        for board, scene, chosen in scenes(pair, asked.width or SCREENS):
            if board not in (asked.board or _boards()):
                continue
            name = "-".join([board, *chosen.values(), f"{scene.screen['width']}.png"])
            _report(take(browser, site, board, scene, asked.directory / name, **chosen))
            if asked.docs and chosen.get("instance") in (None, contrast.FAULTY):
                page = scene._replace(screen=PAGE, whole=False)
                take(browser, site, board, page, asked.docs / f"{board}.png", **chosen)


def _boards() -> list[str]:
    """The uids of all."""
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def _choices(board: str) -> list[dict[str, str]]:
    """Each server, for a dashboard of one server; else what it chooses by itself."""
    declared = json.loads((FOLDER / f"{board}.json").read_text())["templating"]["list"]
    single = {variable["name"] for variable in declared if not variable.get("multi")}
    if "instance" not in single:
        return [{}]
    own = [contrast.EXPORTER] if board == "pgvitals-exporter" else []
    return [{"instance": name} for name in (contrast.GOOD, contrast.FAULTY, *own)]


def _report(picture: Picture) -> None:
    """Tell what was drawn."""
    kinds = {
        state: [n for n, s in picture.states.items() if s == state] for state in ("empty", "error")
    }
    print(
        picture.file,
        f"{len(picture.states)} panels",
        json.dumps(kinds),
        *picture.complaints,
        sep="\n    ",
    )


if __name__ == "__main__":
    main()
