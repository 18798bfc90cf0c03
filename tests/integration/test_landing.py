"""The landing page in a browser, from a daemon that watches a real server; and through its troubles."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page

from pgvitals.landing import headers
from support import queries
from support.browser import chromium
from support.daemon import Daemon, instance, until
from support.servers import Server

Theme = Literal["light", "dark"]
EVIL = "document.title = 'executed'"
SERVER = f'"><script>{EVIL}</script>'
DATABASE = f'<img src=x onerror="{EVIL}">&\u202e'
NOWHERE = {"dsn": "postgresql://nobody@127.0.0.1:1/none"}
CONTRAST = 4.5
"""WCAG 2.2, 1.4.3: the least between text and what is behind it."""

# What is behind a text is the nearest ancestor that paints; nothing here is half transparent.
FAINT = """least => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const linear = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = element => {
    const colour = channels(getComputedStyle(element).backgroundColor);
    return colour[3] === 0 ? behind(element.parentElement) : colour;
  };
  const ratio = element => {
    const lights = [channels(getComputedStyle(element).color), behind(element)].map(light);
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
  };
  const speaks = element => [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const texts = [...document.body.querySelectorAll("*")].filter(speaks);
  const faint = texts.map(e => [ratio(e), e.textContent.trim()]).filter(([r]) => !(r >= least));
  return [texts.length, faint];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def daemon(newest: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One that watches a server, the same under a hostile name, and one that is not there."""
    folder = tmp_path_factory.mktemp("queries")
    queries.write(folder, "failing", "select v from no_such_table")
    queries.write(folder, "sleeping", "select 1 as v from pg_sleep(2)", timeout="200ms")
    queries.write(folder, "many", "select g as v from generate_series(1, 9) g", max_series=3)
    name = newest.create_database(DATABASE)
    watched = {"dsn": newest.dsn(), "databases": {"include": [DATABASE, "postgres"]}}
    servers = {"shop": watched, SERVER: watched, "gone": NOWHERE}
    config = queries.only(servers, folder, settings={}, rls={}, stat_checkpointer={})
    with Daemon(config) as daemon:
        until(lambda: "waiting" not in daemon.wait_ready().scrape("/"), 30, "run every query")
        yield daemon
    newest.drop_database(name)


def url(daemon: Daemon) -> str:
    host, port = daemon.addresses[0]
    return f"http://{host}:{port}/"


@contextmanager
def opened(daemon: Daemon, browser: Browser, **how: Any) -> Iterator[Page]:
    """The page, with everything unfolded."""
    with browser.new_context(**how) as context:
        page = context.new_page()
        page.goto(url(daemon))
        page.locator("details").evaluate_all("all => all.forEach(one => (one.open = true))")
        yield page


def test_it_loads_nothing_else_and_complains_of_nothing(daemon: Daemon, browser: Browser) -> None:
    page = browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url(daemon), wait_until="networkidle")
    assert page.title() == "gone is down: refused - pgvitals"
    page.close()
    assert [one for one in asked if not one.startswith("data:")] == [url(daemon)]
    assert complaints == []


def test_hostile_names_are_shown_and_not_executed(daemon: Daemon, browser: Browser) -> None:
    with opened(daemon, browser) as page:
        assert page.get_by_role("heading", name=SERVER, exact=True).count() == 1
        cells = page.get_by_role("cell", name=DATABASE.replace("\u202e", "\\u202e"), exact=True)
        assert cells.count() > 2
        assert page.locator("script, img").count() == 0
        assert page.title() == "gone is down: refused - pgvitals"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_can_be_read(daemon: Daemon, browser: Browser, theme: Theme) -> None:
    root = "document.documentElement"
    with opened(daemon, browser, color_scheme=theme) as page:
        for width in (320, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), width
            texts, faint = page.evaluate(FAINT, CONTRAST)
            assert texts > 100
            assert faint == [], width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(244, 246, 247)", "dark": "rgb(16, 20, 24)"}[theme]


def test_it_has_the_words_for_what_it_shows(daemon: Daemon, browser: Browser) -> None:
    with opened(daemon, browser) as page:
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.get_by_role("heading", level=1).inner_text() == "gone is down: refused"
        table = page.get_by_role("table", name="Collectors of shop, worst first")
        first, second = table.get_by_role("row").all()[1:3]
        assert "error 42P01 undefined table" in " ".join(first.inner_text().split())
        assert first.get_by_role("rowheader").inner_text() == "failing"
        assert second.get_by_role("rowheader").inner_text() == "failing"
        dropped = table.get_by_role("row", name="6 dropped")
        assert dropped.count() == 2
        assert all(state.strip() for state in page.locator(".state").all_inner_texts())


def test_every_link_answers(daemon: Daemon, browser: Browser) -> None:
    with opened(daemon, browser) as page:
        links = [link.get_attribute("href") or "" for link in page.get_by_role("link").all()]
        answers = {link: page.request.get(urljoin(url(daemon), link)) for link in links}
        assert len(links) == len(answers) == 6
        assert {link: a.status for link, a in answers.items()} == dict.fromkeys(links, 200)
        (hostile,) = (a for link, a in answers.items() if "script" in link)
        assert "pg_up 1" in hostile.text()


def test_it_asks_the_browser_to_keep_and_to_load_nothing(daemon: Daemon) -> None:
    answer = daemon.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {name: answer.headers[name.lower()] for name, _ in headers()} == dict(headers())


def test_the_page_is_made_without_a_connection_and_follows_a_reload() -> None:
    with Daemon({"instances": {"gone": NOWHERE}}) as daemon:
        daemon.wait_ready()
        assert "gone is down: refused" in daemon.scrape("/")
        daemon.write({"instances": {"other": NOWHERE, "another": NOWHERE}})
        daemon.reload()
        until(lambda: "Both servers are down" in daemon.scrape("/"), 10, "see both")
        assert "gone" not in daemon.scrape("/")


def test_it_follows_a_server_that_goes_down(victim: Server) -> None:
    with Daemon(instance(victim.dsn())) as daemon:
        until(lambda: "main is up" in daemon.wait_ready().scrape("/"), 10, "come up")
        victim.stop()
        until(lambda: "main is down: refused" in daemon.scrape("/"), 15, "see it go")
        assert "as they were at the last heartbeat" in daemon.scrape("/")
        assert f"<dd>{victim.version.split()[0]}</dd>" in daemon.scrape("/")
