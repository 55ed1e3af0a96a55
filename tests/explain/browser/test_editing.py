"""Editing a number changes exactly the cells that depend on it, to the numbers that Python computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rot180.explain import trace
from tests.explain.browser.marks import cell, edit, title, values

LAYER = {
    "input": (5, 6),
    "kernel_size": (3, 2),
    "stride": (2, 1),
    "padding": 1,
    "channels": 2,
    "outputs": 2,
    "bias": True,
}
# {panel: [cells that show a difference]}
DELTAS = """() => Object.fromEntries([...document.querySelectorAll("[data-panel]")].map(panel => [
  panel.dataset.panel, [...panel.querySelectorAll("[data-delta]")].map(td => td.cell)]))"""
DEPENDANTS = {"x": {"y", "dw"}, "w": {"y", "dx"}, "b": {"y"}, "dy": {"dx", "dw", "db"}}


@pytest.mark.parametrize(
    ("op", "name"),
    [
        ("conv2d", "x"),
        ("conv_transpose2d", "w"),
        *(pytest.param("conv2d", name, marks=pytest.mark.slow) for name in ("w", "b", "dy")),
        *(pytest.param("conv_transpose2d", name, marks=pytest.mark.slow) for name in ("x", "b", "dy")),
    ],
)
def test_an_edit_equals_a_new_computation(op: str, name: str, open_file: Callable[..., Any]) -> None:
    shown = trace(op, **LAYER)
    page, flat = open_file(shown), shown.arrays[name].size // 2
    before = values(page)
    edit(page, name, flat, "−7")
    arrays = {key: shown.arrays[key].copy() for key in DEPENDANTS}
    arrays[name].flat[flat] = -7
    settings = {key: value for key, value in LAYER.items() if key in ("stride", "padding")}
    expected, found = trace(op, **settings, **arrays), values(page)
    deltas = page.evaluate(DELTAS)
    for key, array in expected.arrays.items():
        assert found[key] == array.ravel().tolist(), key
        changed = {at for at, (old, new) in enumerate(zip(before[key], found[key], strict=True)) if old != new}
        assert set(deltas[key]) == changed, key
        if key != name and key not in DEPENDANTS[name]:
            assert changed == set(), key


@pytest.mark.parametrize("op", ["max_pool2d", pytest.param("avg_pool2d", marks=pytest.mark.slow)])
def test_an_edit_in_a_pool_equals_a_new_computation(op: str, mount: Callable[..., Any]) -> None:
    shown = trace(op, input=6, kernel_size=2, stride=2)
    page = mount(shown)
    for flat, value in ((0, 9), (7, -9), (14, 9)):
        edit(page, "x", flat, str(value))
        arrays = {"x": shown.arrays["x"].copy(), "dy": shown.arrays["dy"]}
        arrays["x"].flat[flat] = value
        shown = trace(op, kernel_size=2, stride=2, **arrays)
        for name in ("y", "dx"):
            page.locator(f"[data-pass={name}]").click()  # large cells show two decimals
            found = values(page)
            np.testing.assert_allclose(found[name], shown.arrays[name].ravel(), atol=0.006, err_msg=name)


def test_escape_keeps_the_old_number_and_text_is_refused(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", input=4, kernel_size=2))
    before = values(page)
    cell(page, "x", 5).dblclick()
    page.keyboard.type("12")
    page.keyboard.press("Escape")
    assert values(page) == before
    cell(page, "x", 5).dblclick()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    assert page.locator("input.edit").get_attribute("aria-invalid") == "true"
    assert page.locator(".live").inner_text() == "Enter a finite number, for example 3 or −0.5."
    page.keyboard.press("Escape")
    assert values(page) == before


def test_a_computed_cell_says_that_it_cannot_be_edited(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", input=4, kernel_size=2))
    cell(page, "dx", 5).dblclick()
    assert page.locator("input.edit").count() == 0
    assert page.locator(".live").inner_text() == (
        "dx[1,1] is computed and cannot be edited. Edit x, w, b or dy instead."
    )


def test_pasted_numbers_replace_the_array(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=4, kernel_size=2)
    page = open_file(shown)
    page.locator(".settings > summary").click()
    page.locator(".own summary").click()
    page.locator(".own select").select_option("w")
    page.locator(".own textarea").fill("1;2\n3\t4")
    page.locator(".own button").click()
    w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    expected = trace("conv2d", x=shown.arrays["x"], w=w, dy=shown.arrays["dy"])
    assert values(page)["y"] == expected.arrays["y"].ravel().tolist()
    assert not page.locator(".own textarea").is_visible()
    page.locator(".own summary").click()
    page.locator(".own select").select_option("dy")
    page.locator(".own textarea").fill("1 2 3")
    page.locator(".own button").click()
    assert page.locator(".own [role=status]").inner_text() == "dy needs 9 numbers; 3 were pasted."
    page.locator(".own textarea").fill("1 2\n3 x")
    page.locator(".own button").click()
    assert page.locator(".own [role=status]").inner_text() == "Every entry must be a finite number."
    assert values(page)["w"] == [1, 2, 3, 4]
    assert title(page)


def test_a_rounded_number_is_recognisable(open_file: Callable[..., Any]) -> None:
    """1000000 in a cell is one million; 1234567 is written 1.2e6 there, and in full in the sum."""
    ones = np.ones((1, 1, 2, 2))
    page = open_file(trace("conv2d", x=np.array([[1.0, 2], [3, 1234.5]]), w=ones, dy=np.ones((1, 1, 1, 1))))
    assert cell(page, "x", 3).inner_text() == "1.2e3"
    assert cell(page, "y", 0).inner_text() == "1.2e3"
    edit(page, "x", 0, "1234567")
    assert cell(page, "x", 0).inner_text() == "1.2e6"
    cell(page, "y", 0).hover()
    assert title(page) == "y[0,0] = 1.2358e6"
    assert page.locator(".sum-title b").get_attribute("title") == "1235806.5"
    edit(page, "x", 3, "−9876.54321")
    assert cell(page, "x", 3).inner_text() == "−9.9e3"
    cell(page, "x", 3).hover()
    assert title(page) == "x[1,1] = −9876.5"
    edit(page, "x", 3, "120.25")
    assert cell(page, "x", 3).inner_text() == "120.3"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_ledger_has_room_for_products_beside_long_numbers(width: int, open_file: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(size=(1, 12, 5, 5)), "w": rng.normal(size=(12, 12, 3, 3)) * 1e-3}
    page = open_file(trace("conv2d", **arrays, selection={"n": [0], "c": [10, 11], "o": [11]}), width=width)
    page.locator("[data-pass=y]").click()
    page.evaluate("document.querySelector('[data-panel=y] td').click()")
    assert page.locator(".formula").evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    assert page.locator(".ledger .product").first.inner_text()
