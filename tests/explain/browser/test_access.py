"""Accessibility of the page: axe-core, contrast, keyboard, phone, reduced motion, two languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rot180.explain import strings, trace
from tests.contrast import CONTRAST, worst_contrast
from tests.explain.browser.marks import cell, marked, title, until

LAYER = {"input": 5, "kernel_size": 3, "stride": 2, "padding": 1, "bias": True}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "scheme"),
    [
        ("direct", "light"),
        ("equivalent", "dark"),
        *(pytest.param(view, "light", marks=pytest.mark.slow) for view in ("equivalent", "tour", "help")),
        *(pytest.param(view, "dark", marks=pytest.mark.slow) for view in ("direct", "tour", "help")),
    ],
)
def test_axe_finds_no_serious_violation(scheme: str, view: str, open_file: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed (the extra test)")
    page = open_file(trace("conv2d", **LAYER), color_scheme=scheme, reduced_motion="reduce")
    if view == "equivalent":
        page.locator("[data-view=equivalent]").click()
        page.locator("[data-kind=stuff]").click()
    elif view != "direct":
        page.locator(f"[data-act={view}]").click()
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => [one.impact, one.id, one.nodes[0].html]))"
    )
    assert [one for one in found if one[0] in ("serious", "critical")] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("op", "scheme"),
    [
        ("conv_transpose2d", "light"),
        ("conv2d", "dark"),
        pytest.param("conv2d", "light", marks=pytest.mark.slow),
        pytest.param("conv_transpose2d", "dark", marks=pytest.mark.slow),
    ],
)
def test_all_text_has_enough_contrast(op: str, scheme: str, open_file: Callable[..., Any]) -> None:
    page = open_file(trace(op, **LAYER), color_scheme=scheme, reduced_motion="reduce")
    for act in ("[data-pass=y]", "[data-pass=dx]", "[data-view=equivalent]", "[data-act=tour]"):
        page.locator(act).click()
        ratio, words = worst_contrast(page, passed_over=":disabled")
        assert ratio >= CONTRAST, (act, words)


def test_the_page_can_be_used_by_keyboard(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **LAYER))
    stops, panels = 0, []
    for _ in range(60):
        page.keyboard.press("Tab")
        inside = page.evaluate("document.activeElement.closest('[data-panel]')?.dataset.panel ?? null")
        stops += 1
        if inside:
            panels.append(inside)
        if page.evaluate("document.activeElement === document.body"):
            break
    assert panels == ["dy", "w", "dx", "x", "b", "y", "dw", "db"]  # one stop each
    cell(page, "w", 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    assert cell(page, "w", 1).inner_text() == "4"
    assert page.evaluate("document.activeElement.cell") == 1
    page.keyboard.press("1")
    assert title(page).startswith("y[")
    page.keyboard.press("2")
    assert title(page).startswith("dx[")
    page.keyboard.press("3")
    assert title(page).startswith("dw[1,1]")
    page.keyboard.press("]")
    assert title(page).startswith("dw[1,2]")
    page.keyboard.press("[")
    assert title(page).startswith("dw[1,1]")
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    page.keyboard.press("2")
    page.keyboard.press("r")
    assert page.locator("[data-kind=rotate]").get_attribute("aria-current") == "step"


@pytest.mark.slow
def test_space_starts_the_player(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", input=3, kernel_size=2))
    page.keyboard.press("1")
    page.locator(".player select").select_option("4")
    page.locator(".player input").evaluate("scrub => { scrub.value = 0; scrub.dispatchEvent(new Event('input')); }")
    page.locator("h1").click()
    page.keyboard.press(" ")
    until(page, "document.querySelector('.sum-title').textContent.startsWith('y[1,1]')")
    until(page, "!document.querySelector('.playing')")


@pytest.mark.slow
@pytest.mark.parametrize(
    "op", ["conv2d", *(pytest.param(op, marks=pytest.mark.slow) for op in ("conv_transpose2d", "max_pool2d", "conv1d"))]
)
def test_on_a_phone_panels_stack_and_a_tap_pins(op: str, open_file: Callable[..., Any], keep_picture: Any) -> None:
    settings = {key: value for key, value in LAYER.items() if key != "bias" or "pool" not in op}
    page = open_file(trace(op, **settings), width=360, height=740, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("[data-panel=dx] td").nth(3).tap()
    assert title(page).startswith("dx[0,3]" if "2d" in op else "dx[3]")
    page.locator("[data-panel=x] td").nth(1).tap()
    assert (1, "source") in marked(page)["x"]
    keep_picture(page, f"phone-{op}")
    if "conv" in op:
        page.locator("[data-view=equivalent]").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_reduced_motion_is_respected(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **LAYER), reduced_motion="reduce")
    page.locator("[data-view=equivalent]").click()
    page.locator("[data-kind=stuff]").click()
    assert page.evaluate("document.getAnimations().length") == 0
    moving = open_file(trace("conv2d", **LAYER), reduced_motion="no-preference")
    moving.locator("[data-view=equivalent]").click()
    moving.locator("[data-kind=stuff]").click()
    assert moving.evaluate("document.getAnimations().length") > 0


def test_changing_the_language_keeps_the_pinned_cell(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **LAYER))
    cell(page, "dw", 4).click()
    before = title(page)
    page.locator("[data-act=language]").click()
    assert page.locator("h1").inner_text() == "二维卷积"
    assert page.locator(".rot180-explainer").get_attribute("lang") == "zh-Hans"
    assert title(page) == before
    assert "共 9 项" in page.locator(".live").inner_text() or "项" in page.locator(".live").inner_text()
    page.locator("[data-act=language]").click()
    assert page.locator("h1").inner_text() == "2-D convolution"


def test_the_tour_has_seven_steps_and_restores_the_layer(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **LAYER), reduced_motion="reduce")
    sizes = page.locator("[data-panel] .size").all_inner_texts()
    page.locator("[data-act=tour]").click()
    titles = []
    for _ in range(7):
        titles.append(page.locator(".tour h2").inner_text())
        page.locator(".tour .strong").click()
    assert titles == [strings.table()[f"tour.{step}.title"]["en"] for step in range(1, 8)]
    assert titles[3] == "dx needs padding and a rotation"
    assert not page.locator(".tour").is_visible()
    assert page.locator("[data-panel] .size").all_inner_texts() == sizes
