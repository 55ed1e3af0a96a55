"""The page in JupyterLab: in the frame of a trace, and as the widget, in sync with Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rot180.explain import Trace, trace
from rot180.explain.tracing import example
from tests.explain.browser.marks import cell, edit, title, values
from tests.explain.notebooks import hovering, servers
from tests.explain.notebooks.cells import LAYER, MADE, write

pytest.importorskip("jupyterlab", reason="jupyterlab is not installed (the extra notebook-test)")
pytest.importorskip("anywidget", reason="anywidget is not installed (the extra notebook)")

FRAME = ["from rot180 import explain", MADE]
WIDGET = [
    "from rot180 import explain\nexplorer = explain.Explorer()\nexplorer",
    "print(explorer.current_trace.op, explorer.current_trace.arrays['y'].shape)",
    f"explorer.trace = {MADE}.as_dict()",
    "explorer.trace = explain.trace('max_pool1d', input=6, kernel_size=2).as_dict()",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("jupyterlab")
    write(folder / "frame.ipynb", FRAME)
    write(folder / "widget.ipynb", WIDGET)
    with servers.jupyterlab(folder) as address:
        yield address


@pytest.fixture
def open_notebook(lab: str, open_page: Callable[[str], Any]) -> Callable[[str], Any]:
    def opened(name: str) -> Any:
        page = open_page(lab.format(name))
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        return page

    return opened


def run(page: Any, index: int) -> str:
    """Run a cell as a user does, and return its output."""
    here = page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{index}']")
    here.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    here.locator(".jp-InputPrompt", has_text="[*]").wait_for(state="detached")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    return " ".join(here.locator(".jp-OutputArea").all_inner_texts()).strip()


def settled(page: Any) -> Any:
    """The widget, after it has adapted to the width of its cell."""
    widget = page.locator(".rot180-explainer")
    widget.locator("[data-panel=dx]").wait_for()
    page.wait_for_timeout(500)
    return widget


def test_a_trace_is_displayed_in_a_frame(open_notebook: Callable[[str], Any], frame_of: Any, keep_picture: Any) -> None:
    page = open_notebook("frame.ipynb")
    run(page, 0)
    run(page, 1)
    frame = frame_of(page)
    hovering.check(frame, trace(**LAYER))
    keep_picture(page, "jupyterlab-frame")
    edit(frame, "w", 0, "44")
    assert values(frame)["w"][0] == 44


def test_the_widget_and_python_are_in_sync(open_notebook: Callable[[str], Any], keep_picture: Any) -> None:
    page = open_notebook("widget.ipynb")
    run(page, 0)
    widget = settled(page)
    hovering.check(widget, example())
    keep_picture(page, "jupyterlab-widget")

    stride = widget.locator("[data-field=stride][data-axis='0']")
    for value, size in ((2, 2), (1, 4), (2, 2)):
        stride.fill(str(value))
        widget.locator("[data-panel=y] .size", has_text=f"{size}\u2009×\u20094").wait_for()
        assert run(page, 1) == f"conv2d (1, 1, {size}, 4)"

    run(page, 2)
    widget.locator("h1", has_text="2-D transposed convolution").wait_for()
    hovering.check(widget, trace(**LAYER))

    run(page, 3)
    widget.locator("h1", has_text="1-D max pooling").wait_for()
    assert run(page, 1) == "max_pool1d (1, 1, 3)"
    assert title(widget).startswith("y[")


def test_a_setting_that_no_layer_can_have_keeps_the_page(open_notebook: Callable[[str], Any]) -> None:
    page = open_notebook("widget.ipynb")
    run(page, 0)
    widget = settled(page)
    before = values(widget)
    widget.locator("[data-field=kernel][data-axis='0']").fill("9")
    widget.locator(".error", has_text="Use a smaller kernel or dilation, or more padding").wait_for()
    assert values(widget) == before
    assert run(page, 1) == "conv2d (1, 1, 4, 4)"


def test_keys_on_the_widget_are_not_commands_to_the_notebook(open_notebook: Callable[[str], Any]) -> None:
    page = open_notebook("widget.ipynb")
    run(page, 0)
    widget = settled(page)
    kinds = [one.get_attribute("class").split()[2] for one in page.locator(".jp-Cell").all()]
    cell(widget, "dx", 8).click()
    for key in ("x", "a", "b", "m", "d", "d"):  # cut, insert, insert, Markdown, delete
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert [one.get_attribute("class").split()[2] for one in page.locator(".jp-Cell").all()] == kinds
    page.keyboard.press("1")
    assert title(widget).startswith("y[")
    edit(widget, "w", 0, "-7")
    assert values(widget)["w"][0] == -7


def test_the_widget_saves_the_trace(open_notebook: Callable[[str], Any], tmp_path: Path) -> None:
    page = open_notebook("widget.ipynb")
    run(page, 0)
    widget = settled(page)
    widget.locator("summary", has_text="Save").click()
    with page.expect_download() as waiting:
        widget.locator("[data-save=json]").click()
    waiting.value.save_as(tmp_path / "saved.json")
    assert Trace.load(tmp_path / "saved.json").arrays["y"].shape == (1, 1, 4, 4)
