"""The page goes by the width that its host gives it, which in a notebook is not the window's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rot180.explain.make import welcome
from tests.explain.browser.marks import cell

CLIPPED = (
    "panels => panels.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.parentElement.dataset.panel)"
)
OVERLAPPING = """([left, right]) => left.getBoundingClientRect().right > right.getBoundingClientRect().left
  && left.getBoundingClientRect().bottom > right.getBoundingClientRect().top"""


@pytest.mark.parametrize("width", [360, 660, 690, 720, 904, 1040, 1090, 1175, 1180, 1280])
def test_no_panel_is_cut_off_in_a_window_that_is_wider(width: int, mount: Callable[..., Any]) -> None:
    page = mount(welcome(), width=1500)
    page.evaluate("width => { document.body.style.width = `${width}px`; }", width)
    page.wait_for_timeout(400)  # the page waits for the width to stay
    assert page.locator(".rot180-explainer").evaluate("root => root.offsetWidth") == width
    assert page.locator(".scroller").evaluate_all(CLIPPED) == []
    page.locator("[data-view=equivalent]").click()
    parts = [page.locator(part).element_handle() for part in (".plates", ".formula")]
    assert not page.evaluate(OVERLAPPING, parts)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1500


def test_the_focus_and_the_pass_stay_when_the_view_changes(mount: Callable[..., Any]) -> None:
    """A pinned cell under the mouse is hidden with its panels: neither its pass comes back nor is the focus lost."""
    page = mount(welcome())
    cell(page, "dx", 8).click()
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.mouse.move(640, 450)
    page.wait_for_timeout(100)
    assert page.locator("[data-pass][aria-pressed=true]").get_attribute("data-pass") == "y"
    assert page.evaluate("document.activeElement.className").startswith("rot180-explainer")
    page.keyboard.press("e")
    assert page.locator("[data-panel=y]").is_visible()
