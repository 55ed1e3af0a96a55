"""The step-by-step view: its steps in the document, and the same numbers as the direct sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rot180.explain import trace
from tests.explain.browser.marks import cell, edit, number
from tests.explain.settings import CONVOLUTIONS, layers

LAYER = {"input": 3, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}
GRID = """name => [...document.querySelectorAll(`[data-plate=${name}] tr`)].map(
  tr => [...tr.children].map(td => td.textContent))"""


def grid(page: Any, name: str) -> np.ndarray:
    return np.array([[number(text) for text in row] for row in page.evaluate(GRID, name)])


def to_the_end(page: Any) -> None:
    page.locator(".player input").evaluate(
        "scrub => { scrub.value = scrub.max; scrub.dispatchEvent(new Event('input')); }"
    )


def test_zeros_padding_and_the_rotation_are_shown(open_file: Callable[..., Any], keep_picture: Any) -> None:
    shown = trace("conv_transpose2d", **LAYER)
    page = open_file(shown, reduced_motion="reduce")
    page.locator("[data-pass=y]").click()
    page.locator("[data-view=equivalent]").click()
    kinds = [button.get_attribute("data-kind") for button in page.locator(".steps button").all()]
    assert kinds == ["start", "stuff", "pad", "rotate", "correlate"]
    x, w = shown.arrays["x"][0, 0], shown.arrays["w"][0, 0]
    assert np.array_equal(grid(page, "x"), x)
    page.locator("[data-kind=stuff]").click()
    stuffed = np.zeros((5, 5))
    stuffed[::2, ::2] = x
    assert np.array_equal(grid(page, "x"), stuffed)
    assert page.locator("[data-plate=x] td.stuffed").count() == 25 - 9
    assert page.locator("[data-plate=y] td.unknown").count() == 36
    assert not page.locator(".verdict").is_visible()
    page.locator("[data-kind=pad]").click()
    assert np.array_equal(grid(page, "x"), np.pad(stuffed, ((1, 2), (1, 2))))
    assert (
        page.locator("[data-plate=x] td.padding").count() + page.locator("[data-plate=x] td.outer").count() == 64 - 25
    )
    assert page.locator("[data-plate=x] td.outer").count() > 0
    assert np.array_equal(grid(page, "w"), w)
    page.locator("[data-kind=rotate]").click()
    assert np.array_equal(grid(page, "w"), w[::-1, ::-1])
    to_the_end(page)
    assert np.array_equal(grid(page, "y"), shown.arrays["y"][0, 0])
    assert page.locator(".verdict").inner_text() == "✓ Equal to y computed cell by cell."
    keep_picture(page, "equivalent")


def test_each_position_of_the_window_is_one_frame(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=5, kernel_size=3, stride=2, padding=1)
    page = open_file(shown, reduced_motion="reduce")
    page.locator("[data-view=equivalent]").click()
    page.locator("[data-kind=correlate]").click()
    for _ in range(7):
        page.keyboard.press("]")
    assert page.locator("[data-plate=dy] td.blue").count() == 9
    assert page.locator("[data-plate=dx] td.target").inner_text() == f"{shown.arrays['dx'].flat[7]:g}".replace("-", "−")
    assert page.locator(".sum-title").inner_text().startswith("dx[1,2]")
    page.keyboard.press("[")
    assert page.locator(".sum-title").inner_text().startswith("dx[1,1]")


def test_an_edit_changes_the_step_by_step_view(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=4, kernel_size=2)
    page = open_file(shown, reduced_motion="reduce")
    edit(page, "w", 0, "50")
    page.locator("[data-pass=y]").click()
    page.locator("[data-view=equivalent]").click()
    to_the_end(page)
    w = shown.arrays["w"].copy()
    w.flat[0] = 50
    assert np.array_equal(grid(page, "y"), trace("conv2d", x=shown.arrays["x"], w=w).arrays["y"][0, 0])


SEVERAL = {"channels": 2, "outputs": 2, "images": 2}


@pytest.mark.parametrize(
    ("op", "settings"),
    [
        ("conv2d", SEVERAL),
        ("conv_transpose1d", {}),
        *(
            pytest.param(op, SEVERAL, marks=pytest.mark.slow)
            for op in ("conv1d", "conv_transpose1d", "conv_transpose2d")
        ),
        *(pytest.param(op, {}, marks=pytest.mark.slow) for op in ("conv1d", "conv2d", "conv_transpose2d")),
    ],
)
def test_the_last_grid_is_y_with_its_bias(op: str, settings: dict[str, Any], open_file: Callable[..., Any]) -> None:
    outputs = settings.get("outputs", 1)
    shown = trace(op, input=4, kernel_size=2, stride=2, padding=1, **settings, b=range(5, 5 + outputs))
    page = open_file(shown, reduced_motion="reduce")
    for channel in range(outputs):
        plane = shown.arrays["y"][0, channel]
        page.locator("[data-view=direct]").click()
        cell(page, "y", channel * plane.size).click()
        page.locator("[data-view=equivalent]").click()
        kinds = [button.get_attribute("data-kind") for button in page.locator(".steps button").all()]
        assert kinds[-1] == "bias"
        assert ("sum" in kinds) == ("channels" in settings)
        to_the_end(page)
        assert np.array_equal(grid(page, "y"), np.atleast_2d(plane))
        assert grid(page, "b").tolist() == [[5 + channel]]
        assert page.locator(".verdict").inner_text() == "✓ Equal to y computed cell by cell."
        page.locator("[data-kind=correlate]").click()
        assert page.locator("[data-plate=b]").count() == 0
        assert not page.locator(".verdict").is_visible()
        bias = page.locator(".ledger tr", has_text=f"b[{channel}]")
        assert bias.locator(".product").inner_text() == str(5 + channel)
        assert page.locator(".formula .note").inner_text().startswith("Input times kernel, plus the bias:")
    page.locator("[data-act=language]").click()
    assert page.locator("[data-kind=bias]").inner_text().endswith("加偏置 b")
    to_the_end(page)
    assert page.locator(".step-words").inner_text() == "给每个格子加上该输出通道的偏置。"


def test_the_last_grid_includes_the_channels_that_are_not_shown(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=20, channels=16, outputs=16, bias=True)
    assert shown.rest is not None
    page = open_file(shown, reduced_motion="reduce")
    page.locator("[data-pass=y]").click()
    page.locator("[data-view=equivalent]").click()
    to_the_end(page)
    assert np.array_equal(grid(page, "y"), shown.arrays["y"][0, 0])
    page.locator("[data-kind=rest]").click()
    assert np.array_equal(grid(page, "y"), shown.arrays["y"][0, 0] - shown.arrays["b"][0])
    page.locator("[data-kind=sum]").click()
    expected = shown.arrays["y"][0, 0] - shown.arrays["b"][0] - shown.rest["y"][0, 0]
    assert np.array_equal(grid(page, "y"), expected)


@pytest.mark.slow
@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_both_views_agree_in_every_pass(op: str, mount: Callable[..., Any]) -> None:
    page = mount(trace(op, **layers(op)[0]), reduced_motion="reduce")
    for settings in layers(op)[:25]:
        shown = trace(op, **settings)
        page.evaluate("trace => model.set('trace', trace)", shown.as_dict())
        for name in ("y", "dx", "dw"):
            page.locator(f"[data-pass={name}]").click()
            page.locator("[data-view=equivalent]").click()
            assert page.locator(".equivalent").get_attribute("data-agrees") == "true", (settings, name)
            page.locator("[data-view=direct]").click()
