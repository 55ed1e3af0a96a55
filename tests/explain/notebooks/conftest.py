"""Pages in JupyterLab, marimo and nbconvert; all tests here need them, and `make test` excludes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SLOWEST = 60_000  # milliseconds that JupyterLab or marimo may take for an action


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Do not import deselected tests: without the notebook packages that would be a skip, which can be a failure."""
    wanted = config.option.markexpr
    return True if wanted and ("notebooks" not in wanted or "not notebooks" in wanted) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.notebooks)


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[[str], Any]]:
    """A page in a fresh profile that records script errors; fails if there were any."""
    opened = []

    def at(address: str) -> Any:
        context = browser.new_context(viewport={"width": 1400, "height": 1200})
        page = context.new_page()
        page.faults, page.asked = [], []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("request", lambda request: page.asked.append(request))
        page.set_default_timeout(SLOWEST)
        opened.append(page)
        page.goto(address)
        return page

    yield at
    faults = [fault for page in opened for fault in page.faults]
    for page in opened:
        page.context.close()
    assert faults == []


@pytest.fixture
def frame_of() -> Callable[[Any], Any]:
    """The explainer's frame on a page; checks that it is sandboxed and makes no requests."""

    def framed(page: Any) -> Any:
        element = page.locator("iframe[title^='rot180 explain']")
        assert set(element.get_attribute("sandbox").split()) == {"allow-scripts", "allow-downloads"}
        frame = element.element_handle().content_frame()
        frame.locator(".sum-title").wait_for()
        assert frame.evaluate("window.origin") == "null"
        asked = [request.url for request in page.asked if request.frame == frame]
        assert [url for url in asked if not url.startswith(("data:", "about:"))] == []
        return frame

    return framed
