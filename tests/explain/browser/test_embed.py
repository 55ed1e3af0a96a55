"""A page opened with `?embed` shows the layer alone and reports its height to the page around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rot180.explain import page as write_page
from rot180.explain import trace
from tests.explain.browser.marks import cell, title, until

AROUND = """<!DOCTYPE html><link rel="icon" href="data:,"><iframe src="layer.html{query}" width="700"></iframe><script>
  const heights = [];
  addEventListener("message", event => heights.push(event.data.rot180.height));
</script>"""


@pytest.mark.parametrize("query", ["?embed", ""])
def test_only_an_embedded_page_hides_its_controls(query: str, new_page: Callable[..., Any], tmp_path: Path) -> None:
    write_page(trace("conv2d", input=4, kernel_size=2), tmp_path / "layer.html")
    (tmp_path / "around.html").write_text(AROUND.format(query=query), "utf-8")
    page = new_page()
    page.goto((tmp_path / "around.html").as_uri())
    inner = page.locator("iframe").content_frame
    inner.locator(".sum-title").wait_for()
    assert inner.locator("header.top").is_visible() == (not query)
    assert inner.locator("[data-field=stride]").first.is_visible() == (not query)
    cell(inner, "y", 0).hover()
    assert title(inner).startswith("y[0,0] = ")
    if query:
        until(page, "() => heights.length > 0")
        assert page.evaluate("heights.at(-1)") == inner.locator("#rot180-page").evaluate("one => one.scrollHeight")
    else:
        assert page.evaluate("heights.length") == 0
