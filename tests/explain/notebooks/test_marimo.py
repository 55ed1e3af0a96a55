"""The page in marimo's editor: in the frame of a trace, and as the widget, whose changes run dependent cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rot180.explain import trace
from rot180.explain.tracing import example
from tests.explain.browser.marks import cell, edit, title, values
from tests.explain.notebooks import hovering, servers
from tests.explain.notebooks.cells import LAYER, MADE

pytest.importorskip("marimo", reason="marimo is not installed (the extra notebook-test)")
pytest.importorskip("anywidget", reason="anywidget is not installed (the extra notebook)")

HEAD = """import marimo

app = marimo.App(width="medium")


@app.cell
def _():
    import marimo as mo

    from rot180 import explain

    return explain, mo


"""
FRAME = f"""@app.cell
def _(explain):
    {MADE}
    return


"""
WIDGET = f"""@app.cell
def _(explain, mo):
    explorer = mo.ui.anywidget(explain.Explorer())
    explorer
    return (explorer,)


@app.cell
def _(explorer, mo):
    mo.plain_text(" ".join(["python:", explorer.trace["op"], str(explorer.current_trace.arrays["y"].shape)]))
    return


@app.cell
def _(explain, explorer, mo):
    def change(_):
        explorer.widget.trace = {MADE}.as_dict()

    mo.ui.button(label="change it", on_click=change)
    return


"""


@pytest.fixture
def open_notebook(tmp_path: Path, open_page: Callable[[str], Any]) -> Iterator[Callable[[str], Any]]:
    with ExitStack() as running:

        def opened(cells: str) -> Any:
            notebook = tmp_path / "notebook.py"
            notebook.write_text(HEAD + cells)
            return open_page(running.enter_context(servers.marimo(notebook)))

        yield opened


def test_a_trace_is_displayed_in_a_frame(open_notebook: Callable[[str], Any], frame_of: Any, keep_picture: Any) -> None:
    page = open_notebook(FRAME)
    hovering.check(frame_of(page), trace(**LAYER))
    keep_picture(page, "marimo-frame")


def test_the_widget_and_python_are_in_sync(open_notebook: Callable[[str], Any], keep_picture: Any) -> None:
    page = open_notebook(WIDGET)
    widget = page.locator(".rot180-explainer")
    widget.locator("[data-panel=dx]").wait_for()
    page.get_by_text("python: conv2d (1, 1, 4, 4)", exact=True).wait_for()
    page.wait_for_timeout(500)  # the widget takes on the width of its cell
    hovering.check(widget, example())
    keep_picture(page, "marimo-widget")

    stride = widget.locator("[data-field=stride][data-axis='0']")
    stride.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    widget.locator("[data-panel=y] .size", has_text="2\u2009×\u20094").wait_for()
    page.get_by_text("python: conv2d (1, 1, 2, 4)", exact=True).wait_for()
    assert stride.evaluate("input => input === input.getRootNode().activeElement && input.value") == "2"

    page.get_by_role("button", name="change it").click()
    widget.locator("h1", has_text="2-D transposed convolution").wait_for()
    hovering.check(widget, trace(**LAYER))
    stride.fill("1")
    page.get_by_text("python: conv_transpose2d (1, 1, 3, 5)", exact=True).wait_for()

    cell(widget, "dx", 1).click()
    page.wait_for_timeout(700)  # the equation is rearranged once no second click can follow
    page.keyboard.press("1")
    assert title(widget).startswith("y[")
    edit(widget, "w", 0, "-7")
    assert values(widget)["w"][0] == -7
