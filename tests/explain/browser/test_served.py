"""The controls of the served page: they show another layer, or say what is wrong with the setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rot180.explain import trace
from tests.explain.browser.marks import cell, edit, save, title, until, values

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


def test_a_changed_setting_shows_another_layer(page: Any) -> None:
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
    assert page.locator(".error").inner_text() == (
        "The kernel covers 9 cells vertically, but the padded input has only 7. "
        "Use a smaller kernel or dilation, or more padding."
    )
    assert values(page) == before
    keep_picture(page, "error")
    page.locator("[data-act=language]").click()
    page.locator("[data-field=kernel][data-axis='0']").fill("9")
    assert page.locator(".error").inner_text() == (
        "卷积核纵向覆盖 9 格，而填充后的输入只有 7 格。请减小卷积核或膨胀，或加大填充。"
    )
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
    assert page.locator(".cut").inner_text().startswith("Your numbers of x do not fit this layer, so other numbers")
    page.go_back()
    wait_for(page, "x", "5×5")
    assert values(page)["x"][0] == 55
    assert not page.locator(".cut").is_visible()


def test_the_address_restores_the_layer_in_a_fresh_profile(
    page: Any, new_page: Callable[..., Any], served: str
) -> None:
    page.locator(".settings > summary").click()
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


def test_the_saved_page_shows_the_edited_numbers_and_can_be_changed(
    page: Any, new_page: Callable[..., Any], tmp_path: Any
) -> None:
    page.locator("[data-field=stride][data-axis='0']").fill("1")
    edit(page, "x", 0, "321")
    file = save(page, "html", tmp_path)
    saved = new_page()
    saved.goto(file.as_uri())
    assert values(saved) == values(page)
    saved.locator("[data-field=padding][data-axis='0']").fill("2")
    wait_for(saved, "y", "7×3")
    assert values(saved)["x"][0] == 321


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
    page.locator(".settings > summary").click()
    for key, value in WILD:
        page.locator(f"[data-field={key}]").first.fill(value)
        assert page.locator("[data-panel=dx] td[role=gridcell]").count() > 0, (key, value)
        assert title(page), (key, value)
    assert page.locator(".error").is_visible()
    for key, value in POSSIBLE.items():
        page.locator(f"[data-field={key}]").first.fill(value)
    until(page, "document.querySelector('.error').hidden")
    wait_for(page, "x", "6×5")


def test_a_chosen_layer_shows_the_numbers_of_the_library(page: Any) -> None:
    shown = trace("conv2d", input=5, kernel_size=3, stride=2, padding=1, values="impulse")
    page.locator(".settings > summary").click()
    page.locator("[data-field=values]").select_option("impulse")
    until(page, f"sum => ({SUM_OF_X})() === sum", float(abs(shown.arrays["x"]).sum()))
    found = values(page)
    for name in ("x", "dy", "y", "dx"):
        assert found[name] == shown.arrays[name].ravel().tolist(), name


def test_the_served_page_makes_one_request(page: Any, served: str) -> None:
    page.locator("[data-field=stride][data-axis='0']").fill("1")
    wait_for(page, "y", "5×3")
    assert [url.split("#")[0] for url in page.asked if not url.startswith("data:")] == [served]


def test_a_pasted_address_is_obeyed_and_back_undoes_a_setting(page: Any) -> None:
    page.locator("[data-field=stride][data-axis='0']").fill("1")
    page.locator("[data-field=stride][data-axis='1']").fill("1")
    wait_for(page, "y", "5×5")
    page.go_back()
    wait_for(page, "y", "5×3")
    assert page.locator("[data-field=stride][data-axis='1']").input_value() == "2"
    page.go_back()
    wait_for(page, "y", "3×3")
    page.go_forward()
    wait_for(page, "y", "5×3")
    page.evaluate("location.hash = '#v=1&op=conv1d&input=9&kernel=2&pass=y&cell=y.3&lang=zh'")
    until(page, "document.querySelector('h1').textContent === '一维卷积'")
    assert title(page).startswith("y[3] = ")
    assert page.locator("[data-pass][aria-pressed=true]").get_attribute("data-pass") == "y"


def test_a_pin_stays_where_it_is_when_a_setting_changes(page: Any) -> None:
    cell(page, "dx", 12).click()
    page.locator("[data-field=padding][data-axis='1']").fill("0")
    wait_for(page, "y", "3×2")
    assert page.locator("[aria-selected=true]").count() == 1
    assert page.locator(".rot180-explainer.has-pin").count() == 1
    assert title(page).startswith("dx[2,2] = ")
    page.locator("[data-field=input][data-axis='0']").fill("2")
    wait_for(page, "x", "2×5")
    assert page.locator(".rot180-explainer.has-pin").count() == 0
