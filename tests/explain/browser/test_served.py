"""The served page: its controls send requests to the library and show the result or the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rot180.explain import trace
from tests.explain.browser.marks import edit, save, title, until, values

SIZE = """([panel, size]) =>
  document.querySelector(`[data-panel=${panel}] .size`)?.textContent.replace(/\\s/g, "") === size"""
SUM_OF_X = """() => [...document.querySelectorAll("[data-panel=x] td")]
  .reduce((sum, td) => sum + Math.abs(parseFloat(td.textContent.replace("−", "-"))), 0)"""


def wait_for(page: Any, panel: str, size: str) -> None:
    until(page, SIZE, [panel, size])


@pytest.fixture
def page(new_page: Callable[..., Any], served: str) -> Any:
    opened = new_page()
    opened.goto(served)
    return opened


def test_a_changed_setting_requests_another_trace(page: Any) -> None:
    page.locator("[data-field=stride][data-axis='0']").fill("1")
    wait_for(page, "y", "5×3")
    assert "floor((5 + 2·1 − 1·(3 − 1) − 1) / 1) + 1 = 5" in page.locator(".shape").inner_text()
    assert page.locator("[data-field=stride][data-axis='0']").input_value() == "1"
    page.locator("[data-field=op]").select_option("conv_transpose2d")
    wait_for(page, "y", "5×9")
    assert page.locator(".overlap .counts td").count() == 45
    page.locator("[data-field=op]").select_option("max_pool1d")
    until(page, "document.querySelector('h1').textContent === '1-D max pooling'")
    assert page.locator("[data-panel=w]").count() == 0


def test_an_impossible_setting_keeps_the_page_and_shows_the_error(page: Any, keep_picture: Any) -> None:
    before = values(page)
    page.locator("[data-field=kernel][data-axis='0']").fill("9")
    page.wait_for_selector(".error:not([hidden])")
    assert "conv2d" in page.locator(".error").inner_text()
    assert "smaller kernel or more padding" in page.locator(".error").inner_text()
    assert values(page) == before
    keep_picture(page, "error")
    page.locator("[data-field=kernel][data-axis='0']").fill("3")
    page.wait_for_selector(".error", state="hidden")


def test_the_arrays_of_the_user_are_kept_if_they_still_fit(page: Any) -> None:
    edit(page, "x", 0, "55")
    page.locator("[data-field=padding][data-axis='0']").fill("0")
    wait_for(page, "y", "2×3")
    assert values(page)["x"][0] == 55
    page.locator("[data-field=input][data-axis='0']").fill("6")
    wait_for(page, "x", "6×5")
    assert 55 not in values(page)["x"]


def test_the_address_restores_the_layer_in_a_fresh_profile(
    page: Any, new_page: Callable[..., Any], served: str
) -> None:
    page.locator("[data-field=dilation][data-axis='1']").fill("2")
    wait_for(page, "y", "3×2")
    edit(page, "w", 1, "−5")
    page.locator("[data-panel=dx] td").nth(6).click()
    other = new_page()
    other.goto(served + page.evaluate("location.hash"))
    wait_for(other, "y", "3×2")
    until(other, "document.querySelector('[aria-selected=true]')?.cell === 6")
    assert values(other) == values(page)
    assert title(other) == title(page)


@pytest.mark.parametrize("key", ["npz", pytest.param("html", marks=pytest.mark.slow)])
def test_saved_files_contain_the_edited_numbers(key: str, page: Any, tmp_path: Any) -> None:
    edit(page, "x", 0, "321")
    data = save(page, key, tmp_path).read_bytes()
    assert b"321" in data if key == "html" else data.startswith(b"PK")


def test_keys_transpose_the_layer(page: Any) -> None:
    page.keyboard.press("t")
    until(page, "document.querySelector('h1').textContent === '2-D transposed convolution'")
    page.keyboard.press("t")
    until(page, "document.querySelector('h1').textContent === '2-D convolution'")


WILD = [
    ("kernel", "7"), ("stride", "0"), ("padding", "-1"), ("input", "1"), ("groups", "3"), ("channels", "64"),
    ("images", "0"), ("dilation", "64"), ("input", "64"), ("outputs", "64"), ("kernel", "64"), ("groups", "-5"),
]  # fmt: skip


POSSIBLE = {
    "groups": "1", "channels": "1", "outputs": "1", "images": "1", "input": "6", "kernel": "2", "stride": "1",
    "padding": "0", "dilation": "1",
}  # fmt: skip


@pytest.mark.slow
def test_impossible_settings_never_blank_the_page(page: Any) -> None:
    """Each shows an error or another layer; a valid setting afterwards is shown again."""
    for key, value in WILD:
        with page.expect_response("**/trace"):
            page.locator(f"[data-field={key}]").first.fill(value)
        assert page.locator("[data-panel=dx] td[role=gridcell]").count() > 0, (key, value)
        assert title(page), (key, value)
    assert page.locator(".error").is_visible()
    for key, value in POSSIBLE.items():
        page.locator(f"[data-field={key}]").first.fill(value)
    until(page, "document.querySelector('.error').hidden")
    wait_for(page, "x", "6×5")


def test_a_served_layer_shows_the_numbers_of_the_library(page: Any) -> None:
    shown = trace("conv2d", input=5, kernel_size=3, stride=2, padding=1, values="impulse")
    page.locator("[data-field=values]").select_option("impulse")
    until(page, f"sum => ({SUM_OF_X})() === sum", float(abs(shown.arrays["x"]).sum()))
    found = values(page)
    for name in ("x", "dy", "y", "dx"):
        assert found[name] == shown.arrays[name].ravel().tolist(), name
