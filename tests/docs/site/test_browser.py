"""The site in Chromium, opened from the disk: live layers, requests, keyboard, accessibility, phone."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.contrast import CONTRAST, worst_contrast
from tests.explain.browser.marks import cell, title, until
from tests.explain.conftest import keep_picture as keep_picture

PAGES = ("index", "tutorials/origins", "zh/index", "zh/tutorials/origins")
FRAME = ".layer iframe"


@pytest.fixture
def open_page(browser: Any, site: Path) -> Iterator[Callable[..., Any]]:
    """Open a page of the site. The test fails if a page writes to the console."""
    contexts, said = [], []

    def opened(name: str, width: int = 1280, height: int = 900, root: str = "", **settings: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(f"{root or site.as_uri() + '/'}{name}.html")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def layer(page: Any, number: int = 0) -> Any:
    """The frame of a live layer, loaded and with the height that it reported."""
    frame = page.locator(FRAME).nth(number)
    frame.scroll_into_view_if_needed()
    inner = frame.content_frame
    inner.locator(".sum-title").wait_for()
    until(page, "number => document.querySelectorAll('.layer iframe')[number].style.height !== ''", number)
    return inner


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_hovered_cell_shows_its_products(name: str, open_page: Callable[..., Any]) -> None:
    page = open_page(name)
    inner = layer(page)
    assert not inner.locator("[data-act=tour]").is_visible()
    cell(inner, "y", 0).hover()
    assert title(inner).startswith("y[0,0] = ")
    assert inner.locator(".ledger tr").count() >= 4
    assert inner.locator(".ledger tr").first.inner_text().replace("\t", "").startswith("1x[0,0] · w[")


@pytest.mark.slow
def test_the_frame_has_the_height_of_its_layer(open_page: Callable[..., Any]) -> None:
    page = open_page("tutorials/origins")
    inner = layer(page, 2)
    inner.locator("[data-view=equivalent]").click()
    until(
        page,
        "() => { const frame = document.querySelectorAll('.layer iframe')[2];"
        " return Math.abs(frame.clientHeight - parseFloat(frame.style.height)) < 3; }",
    )
    for view in ("direct", "equivalent"):
        inner.locator(f"[data-view={view}]").click()
        page.wait_for_timeout(200)
        inside = inner.locator("#rot180-page").evaluate("el => [el.scrollHeight, innerHeight]")
        assert 0 <= inside[1] - inside[0] < 3, view


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The address of a server whose sub-path is the site."""
    handler = functools.partial(QuietHandler, directory=site.parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
    server.shutdown()
    server.server_close()
    thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """A handler that writes no log."""

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.mark.slow
def test_a_server_is_asked_for_a_layer_when_the_reader_comes_near(address: str, open_page: Callable[..., Any]) -> None:
    """Chromium loads frames of files from the disk at once, so the pages come from a server."""
    page = open_page("zh/tutorials/origins", height=400, root=address)
    page.wait_for_timeout(300)
    at_first = [url for url in page.asked if "/layers/" in url]
    layer(page, 3)
    assert len(at_first) < page.locator(FRAME).count() == 4
    assert len([url for url in page.asked if "/layers/" in url]) > len(at_first)
    assert [url for url in page.asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_from_the_disk_asks_only_for_files(name: str, open_page: Callable[..., Any]) -> None:
    page = open_page(name)
    layer(page)
    assert len(page.asked) > 5
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 768, 1280, 1440, 1920])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways(name: str, width: int, open_page: Callable[..., Any], keep_picture: Any) -> None:
    page = open_page(name, width, color_scheme="dark" if width == 768 else "light")
    layer(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keep_picture(page, f"site-{name.replace('/', '-')}-{width}")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_violation(name: str, scheme: str, open_page: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed (the extra test)")
    page = open_page(name, color_scheme=scheme)
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(
        "axe.run({ iframes: false, preload: false })"
        ".then(result => result.violations.map(one => [one.impact, one.id, one.nodes[0].html]))"
    )
    assert [one for one in found if one[0] in ("serious", "critical")] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(scheme: str, open_page: Callable[..., Any]) -> None:
    ratio, words = worst_contrast(open_page("tutorials/gradients", color_scheme=scheme))
    assert ratio >= CONTRAST, words


@pytest.mark.slow
def test_the_keyboard_reaches_the_layer(open_page: Callable[..., Any]) -> None:
    page = open_page("index")
    inner = layer(page)
    page.locator(FRAME).first.focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if inner.locator("td[role=gridcell]:focus").count():
            break
    before = title(inner)
    page.keyboard.press("ArrowRight")
    assert title(inner) != before


@pytest.mark.slow
@pytest.mark.parametrize(("name", "word"), [("search", "rotation"), ("zh/search", "梯度")])
def test_the_search_finds_pages(name: str, word: str, open_page: Callable[..., Any]) -> None:
    page = open_page(name)
    page.goto(f"{page.url}?q={word}")
    page.locator("#search-results li a").first.wait_for()
    assert page.locator("#search-results li a").count() >= 2


@pytest.mark.slow
def test_the_home_page_is_interactive_within_a_second(open_page: Callable[..., Any]) -> None:
    times = []
    for _ in range(3):
        page = open_page("index")
        times.append(page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive"))
    assert min(times) < 1000


@pytest.mark.slow
def test_the_layers_follow_the_switch_between_light_and_dark(open_page: Callable[..., Any]) -> None:
    page = open_page("index", color_scheme="null")  # an emulated scheme would override that of the frame
    inner = layer(page)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
        page.wait_for_timeout(200)
        dark = inner.locator("body").evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
        assert dark == (theme == "dark")
