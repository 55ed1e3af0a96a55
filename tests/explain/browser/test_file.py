"""The exported file: it works from the disk, without network requests or console messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rot180.explain import document, trace
from tests.explain.browser.marks import cell, edit, save, title, until, values

DEMO = {"input": 5, "kernel_size": 3, "stride": 2, "padding": 1, "bias": True}


def test_the_file_makes_no_requests_and_can_be_edited(open_file: Callable[..., Any], keep_picture: Any) -> None:
    page = open_file(trace("conv2d", **DEMO))
    edit(page, "x", 12, "30")
    assert values(page)["x"][12] == 30
    assert [url.split("#")[0].split("/")[-1] for url in page.asked if not url.startswith("data:")] == ["page.html"]
    page.locator("[data-field=stride][data-axis='0']").fill("1")
    assert page.locator("[data-panel=y] .size").inner_text().replace("\u2009", "") == "5×3"
    assert values(page)["x"][12] == 30
    keep_picture(page, "file")


def test_the_demo_is_under_250_kilobytes() -> None:
    assert len(document.document(trace("conv2d", **DEMO)).encode()) < 250_000


def test_the_data_of_a_trace_are_never_markup(mount: Callable[..., Any]) -> None:
    shown = trace("conv2d", **DEMO).as_dict()
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)><b>P</b>"
    shown["source"] = {"run": hostile, "layer": hostile, "image": hostile}
    page = mount(shown)
    assert page.locator("img, .cut b").count() == 0
    assert "<b>P</b>" in page.locator(".cut").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", ["json", "svg", pytest.param("png", marks=pytest.mark.slow), pytest.param("csv", marks=pytest.mark.slow)]
)
def test_files_can_be_saved(key: str, open_file: Callable[..., Any], tmp_path: Path) -> None:
    shown = trace("conv2d", **DEMO)
    page = open_file(shown, accept_downloads=True)
    edit(page, "x", 0, "77")
    data = save(page, key, tmp_path).read_bytes()
    if key == "png":
        assert data.startswith(b"\x89PNG")
        assert len(data) > 10_000
    elif key == "svg":
        text = data.decode()
        assert text.startswith("<svg")
        assert ">77<" in text
        assert text.count("<text") > 100
    elif key == "csv":
        lines = data.decode().split("\r\n")
        assert lines[0] == "array,index,value"
        assert "x,0 0 0 0,77" in lines
        assert len(lines) == 2 + sum(array.size for array in shown.arrays.values())
    else:
        saved = json.loads(data)
        assert saved["arrays"]["x"]["values"][0] == 77
        assert saved["request"]["user_arrays"] == ["x"]
        x = np.array(saved["arrays"]["x"]["values"]).reshape(saved["arrays"]["x"]["shape"])
        arrays = {name: shown.arrays[name] for name in ("w", "b", "dy")}
        expected = trace("conv2d", stride=2, padding=1, x=x, **arrays).arrays
        for name, array in expected.items():
            assert saved["arrays"][name]["values"] == array.ravel().tolist(), name


def test_copied_code_contains_the_edited_numbers(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **DEMO), permissions=["clipboard-read", "clipboard-write"])
    edit(page, "w", 0, "0.5")
    expected = values(page)
    page.locator("summary", has_text="Save").click()
    page.locator("[data-save=rot180]").click()
    until(page, "document.querySelector('.live').textContent === 'Copied.'")
    made: dict[str, Any] = {}
    exec(page.evaluate("navigator.clipboard.readText()"), made)
    for name in ("y", "dx", "dw"):
        np.testing.assert_allclose(np.asarray(made[name]).ravel(), expected[name], err_msg=name)


def test_the_address_restores_numbers_pass_view_and_pin(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", **DEMO)
    page = open_file(shown)
    edit(page, "x", 3, "−8")
    cell(page, "dw", 4).click()
    fragment = page.evaluate("location.hash")
    assert fragment.startswith("#v=1&op=conv2d&input=5x5&")
    state, heading = values(page), title(page)
    again = open_file(shown, fragment=fragment)
    assert values(again) == state
    assert title(again) == heading
    assert again.locator("[aria-pressed=true][data-pass]").get_attribute("data-pass") == "dw"


@pytest.mark.slow
@pytest.mark.parametrize(
    "fragment", ["#v=1&cell=nothing.3&x=1,2", "#v=1&op=%00&x=a,b&view=sideways&pass=db", "#v=9", "#v=1&cell=x.99"]
)
def test_a_wrong_address_leaves_the_page_as_it_is(fragment: str, open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", **DEMO)
    page = open_file(shown, fragment=fragment)
    assert values(page)["x"] == shown.arrays["x"].ravel().tolist()
    assert title(page)


@pytest.mark.slow
def test_in_a_notebook_frame_the_page_says_that_it_cannot_save(new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.evaluate(
        "text => { const frame = document.createElement('iframe'); frame.setAttribute('sandbox', 'allow-scripts');"
        " frame.srcdoc = text; frame.width = 1200; frame.height = 900; document.body.append(frame); }",
        document.document(trace("conv2d", **DEMO)),
    )
    frame = page.frame_locator("iframe")
    frame.locator("[data-panel=dw] td").nth(4).click()
    assert frame.locator(".sum-title").inner_text().startswith("dw[1,1]")
    frame.locator("summary", has_text="Save").click()
    assert "notebook" in frame.locator(".sheet .note").first.inner_text()


def test_edits_can_be_undone(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **DEMO))
    before = values(page)
    assert not page.locator("[data-act=reset]").is_visible()
    edit(page, "w", 0, "44")
    page.locator("[data-act=reset]").click()
    assert values(page) == before
    assert "&w=" not in page.evaluate("location.hash")
    assert not page.locator("[data-act=reset]").is_visible()


@pytest.mark.slow
def test_a_large_layer_names_the_part_shown_and_adds_the_rest(open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", input=20, kernel_size=3, channels=16, outputs=16)
    assert shown.rest is not None
    page = open_file(shown)
    assert page.locator(".cut").inner_text().startswith("This layer is large: only sample 0, input channels 0–")
    cell(page, "dx", 50).hover()
    rest = page.locator(".ledger .rest .product").inner_text()
    products = [float(text.replace("−", "-")) for text in page.locator(".ledger tbody .product").all_inner_texts()]
    assert sum(products) + float(rest.replace("−", "-")) == shown.arrays["dx"].flat[50]
    assert float(rest.replace("−", "-")) == shown.as_dict()["rest"]["dx"][50]


def test_the_page_opens_on_the_cell_that_the_host_names(new_page: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "cell.html"
    document.page(trace("conv2d", **DEMO), file, cell="dw[0,0,2,1]")
    opened = new_page()
    opened.goto(file.as_uri())
    assert title(opened).startswith("dw[2,1] = ")
    assert opened.locator("[aria-selected=true]").count() == 1


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize("name", ["constructor", "toString", "__proto__"])
def test_an_address_with_names_of_object_properties(name: str, open_file: Callable[..., Any]) -> None:
    shown = trace("conv2d", **DEMO)
    page = open_file(shown, fragment=f"#v=1&op=conv2d&lang={name}&cell={name}.0&view=equivalent&pass=dx")
    assert page.locator("h1").inner_text() == "2-D convolution"
    assert values(page)["x"] == shown.arrays["x"].ravel().tolist()
    assert page.locator("[aria-pressed=true][data-view]").get_attribute("data-view") == "equivalent"


@pytest.mark.slow
@pytest.mark.slow
def test_the_picture_of_the_step_by_step_view_equals_the_page(open_file: Callable[..., Any], tmp_path: Path) -> None:
    """The numbers lie where their cells do: in grids; each plane is named where there are several."""
    page = open_file(trace("conv2d", **DEMO, channels=2), accept_downloads=True)

    def saved(name: str) -> str:
        page.locator("summary", has_text="Save").click()
        with page.expect_download() as waiting:
            page.locator("[data-save=svg]").click()
        waiting.value.save_as(tmp_path / name)
        return (tmp_path / name).read_text("utf-8")

    assert ">n 0, c 1</text>" in saved("direct.svg")
    page.locator("[data-view=equivalent]").click()
    text = saved("equivalent.svg")
    cells = page.locator(".plate-grid td")
    boxes = set(re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="[\d.]+"', text))
    assert len(boxes) >= cells.count() > 30
    box = page.locator(".equivalent").bounding_box()
    assert float(re.search(r'<svg[^>]* height="(\d+)"', text)[1]) > box["height"] / 2  # type: ignore[index]


def test_the_document_has_the_language_of_the_reader(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("conv2d", **DEMO))
    assert (page.evaluate("document.documentElement.lang"), page.title()) == ("en", "2-D convolution · rot180")
    page.locator("[data-act=language]").click()
    assert (page.evaluate("document.documentElement.lang"), page.title()) == ("zh-Hans", "二维卷积 · rot180")


@pytest.mark.slow
def test_omitted_terms_are_counted(open_file: Callable[..., Any]) -> None:
    """A folded ledger says how many terms are hidden; the player has no position for a cell of another array."""
    page = open_file(trace("conv2d", input=6, kernel_size=5, padding=2))
    cell(page, "y", 14).hover()
    rows = page.locator(".ledger tbody .product").count()
    assert page.locator(".ledger .left-out").inner_text().strip() == f"… and {25 - rows} more terms"
    assert page.locator(".player .count").inner_text() == "15 / 36"
    cell(page, "x", 8).hover()
    assert page.locator(".player .count").inner_text() == "– / 36"
    page.locator(".formula > .link").click()
    assert page.locator(".ledger .left-out").count() == 0


@pytest.mark.slow
def test_channels_of_a_pool_that_are_not_shown_add_nothing(open_file: Callable[..., Any]) -> None:
    page = open_file(trace("max_pool2d", input=40, kernel_size=2, channels=3))
    assert page.locator(".cut").inner_text() == (
        "This layer is large: only sample 0 and channels 0 are shown. Pooling treats every channel separately."
    )
