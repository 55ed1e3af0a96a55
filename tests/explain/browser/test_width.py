"""The layout depends on the width of the host's element, which in a notebook is not that of the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rot180.explain import trace
from rot180.explain.tracing import example
from tests.explain.browser.marks import cell

CLIPPED = (
    "panels => panels.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.parentElement.dataset.panel)"
)
OVERLAPPING = """([left, right]) => left.getBoundingClientRect().right > right.getBoundingClientRect().left
  && left.getBoundingClientRect().bottom > right.getBoundingClientRect().top"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "width",
    [
        360,
        690,
        1180,
        *(pytest.param(width, marks=pytest.mark.slow) for width in (660, 720, 904, 1040, 1090, 1175, 1280)),
    ],
)
def test_no_panel_is_cut_off_in_an_element_narrower_than_the_window(width: int, mount: Callable[..., Any]) -> None:
    page = mount(example(), width=1500, body_width=width)
    assert page.locator(".rot180-explainer").evaluate("root => root.offsetWidth") == width
    assert page.locator(".scroller").evaluate_all(CLIPPED) == []
    page.locator("[data-view=equivalent]").click()
    parts = [page.locator(part).element_handle() for part in (".plates", ".formula")]
    if not page.locator(".phone .formula").count():  # on a phone, a sheet that lies over the page by design
        assert not page.evaluate(OVERLAPPING, parts)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1500


def test_the_focus_and_the_pass_stay_when_the_view_changes(mount: Callable[..., Any]) -> None:
    """A pinned cell under the mouse is hidden with its panels: the pass does not change, and the focus is kept."""
    page = mount(example())
    cell(page, "dx", 8).click()
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.mouse.move(640, 450)
    assert page.locator("[data-pass][aria-pressed=true]").get_attribute("data-pass") == "y"
    assert page.evaluate("document.activeElement.className").startswith("rot180-explainer")
    page.keyboard.press("e")
    assert page.locator("[data-panel=y]").is_visible()


@pytest.mark.slow
def test_the_form_for_numbers_does_not_widen_a_phone(mount: Callable[..., Any]) -> None:
    page = mount(example(), width=360)
    page.locator(".settings > summary").click()
    page.locator(".own summary").click()
    assert page.locator(".own textarea").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_a_wide_panel_is_scrolled_to_its_cell(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv1d", input=600, kernel_size=3))
    seen = """td => { const cell = td.getBoundingClientRect(), box = td.closest(".scroller").getBoundingClientRect();
      return box.left <= cell.left && cell.right <= box.right; }"""
    for name in ("dx", "y"):
        page.locator(f"[data-pass={name}]").click()
        assert page.locator(f"[data-panel={name}] .scroller").evaluate("one => one.scrollWidth > one.clientWidth")
        assert page.locator(f"[data-panel={name}] td.target").evaluate(seen)


def test_the_page_fits_320_pixels(open_file: Callable[..., Any]) -> None:
    page = open_file(example(), width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
