"""Pointing at a cell marks exactly the cells of its sum or the results that use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rot180.explain import trace
from tests.explain.browser.expected import FACTORS, fed, made
from tests.explain.browser.marks import cell, marked, number, title, values
from tests.explain.settings import CONVOLUTIONS, layers

LAYERS = {
    "groups, dilation, an unreached border": (
        "conv2d",
        {
            "input": (7, 6), "kernel_size": (2, 3), "stride": 2, "dilation": (2, 1), "channels": 4, "outputs": 2,
            "groups": 2, "bias": True,
        },
    ),
    "transposed, cropped, two samples": (
        "conv_transpose2d",
        {"input": (3, 2), "kernel_size": 3, "stride": (2, 1), "padding": 1, "channels": 2, "outputs": 2, "images": 2},
    ),
    "one axis": ("conv1d", {"input": 8, "kernel_size": 3, "stride": 3, "padding": ((2, 1),), "outputs": 2}),
}  # fmt: skip
FIRST, *OTHERS = LAYERS
some_layers = pytest.mark.parametrize(
    "layer", [FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)]
)
# Point at a cell without moving the mouse, which is faster.
POINT = """([name, flat]) => [...document.querySelectorAll(`[data-panel=${name}] td`)].find(td => td.cell === flat)
  .dispatchEvent(new PointerEvent("pointerover", { bubbles: true }))"""


@some_layers
def test_pointing_marks_exactly_the_cells_of_the_sum(layer: str, open_file: Callable[..., Any]) -> None:
    op, settings = LAYERS[layer]
    shown = trace(op, **settings)
    page = open_file(shown)
    for target in FACTORS:
        size = shown.arrays[target].size
        for flat in sorted({0, size // 3, size // 2, size - 1}):
            cell(page, target, flat).hover()
            assert marked(page) == made(shown, target, flat), (target, flat)
            shown_value = number(title(page).split("=")[1])
            assert shown_value == shown.arrays[target].flat[flat]
            products = [number(text) for text in page.locator(".ledger tbody .product").all_inner_texts()]
            if not page.locator(".formula .link").is_visible():
                assert sum(products) == shown_value


@some_layers
def test_pointing_at_an_operand_marks_exactly_the_results_that_use_it(
    layer: str, open_file: Callable[..., Any]
) -> None:
    op, settings = LAYERS[layer]
    shown = trace(op, **settings)
    page = open_file(shown)
    for target, names in FACTORS.items():
        page.locator(f"[data-pass={target}]").click()
        for name in names:
            flat = shown.arrays[name].size // 2
            cell(page, name, flat).hover()
            assert marked(page) == fed(shown, name, flat, target), (target, name)


def test_arrow_keys_mark_exactly_the_cells_of_the_sum(open_file: Callable[..., Any]) -> None:
    op, settings = LAYERS["groups, dilation, an unreached border"]
    shown = trace(op, **settings)
    page = open_file(shown)
    columns = shown.arrays["dx"].shape[-1]
    page.locator("[data-panel=dx] td[tabindex='0']").focus()
    page.keyboard.press("Control+Home")
    for key, flat in (
        ("ArrowRight", 1),
        ("ArrowDown", columns + 1),
        ("ArrowDown", 2 * columns + 1),
        ("End", 3 * columns - 1),
    ):
        page.keyboard.press(key)
        assert marked(page) == made(shown, "dx", flat), key
    page.keyboard.press("Control+End")
    assert marked(page) == made(shown, "dx", shown.arrays["dx"].size - 1)
    assert page.evaluate("document.querySelectorAll('[data-panel=dx] td[tabindex=\"0\"]').length") == 1


def test_hovering_shows_the_sum_of_a_gradient_on_the_initial_page(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=5, kernel_size=3, stride=2, padding=1)
    page = open_file(shown)
    cell(page, "dx", 8).hover()
    assert marked(page) == made(shown, "dx", 8)
    assert title(page) == f"dx[1,3] = {shown.arrays['dx'].flat[8]:g}".replace("-", "−")
    assert page.locator(".ledger tbody tr").count() == len(made(shown, "dx", 8)["dy"])
    assert page.locator(".live").inner_text().startswith("dx[1,3] = ")


def test_a_click_pins_and_a_second_click_unpins(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=5, kernel_size=3)
    page = open_file(shown)
    cell(page, "dw", 4).click()
    cell(page, "y", 0).hover()
    assert title(page).startswith("y[0,0]")
    page.mouse.move(5, 5)
    assert title(page).startswith("dw[1,1]")
    cell(page, "dw", 4).click()
    cell(page, "y", 0).hover()
    page.mouse.move(5, 5)
    assert title(page).startswith("y[0,0]")


@pytest.mark.slow
@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_hundreds_of_layers_show_the_numbers_of_the_library(op: str, mount: Callable[..., Any]) -> None:
    """Compare all of y, dx and dw, and one ledger of each, for 100 layers of every operation."""
    page = mount(trace(op, **layers(op)[0]))
    for settings in layers(op, 100):
        shown = trace(op, **settings)
        page.evaluate("trace => model.set('trace', trace)", shown.as_dict())
        found = values(page)
        for name in ("y", "dx", "dw"):
            assert found[name] == shown.arrays[name].ravel().tolist(), (settings, name)
            flat = shown.arrays[name].size // 2
            page.evaluate(POINT, [name, flat])
            more = page.locator(".formula .link")
            if more.is_visible():
                more.click()
            products = [number(text) for text in page.locator(".ledger tbody .product").all_inner_texts()]
            assert sum(products) == shown.arrays[name].flat[flat] == number(title(page).split("=")[1]), (settings, name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "op", ["max_pool1d", *(pytest.param(op, marks=pytest.mark.slow) for op in ("max_pool2d", "avg_pool2d"))]
)
def test_pools_show_the_numbers_of_the_library(op: str, mount: Callable[..., Any]) -> None:
    shown = trace(op, input=6, kernel_size=3, stride=2, padding=1, values="random")
    page = mount(shown)
    for name in ("y", "dx"):
        for flat, value in enumerate(shown.arrays[name].flat):
            cell(page, name, flat).hover()
            assert number(title(page).split("=")[1]) == pytest.approx(value, rel=1e-4)
            products = [number(text) for text in page.locator(".ledger tbody .product").all_inner_texts()]
            joined = max(products) if op.startswith("max") and name == "y" else sum(products)
            assert joined == pytest.approx(value, rel=1e-3, abs=1e-4)
