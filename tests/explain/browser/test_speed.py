"""How long pointing at a cell takes in a layer of nearly 5,000 cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rot180.explain import trace

FRAME = 16.0  # ms: a picture of a screen at 60 a second

# Points at 300 cells all over the page and has the browser lay out and style after each: [median, largest] in ms.
HOVER = """() => {
  const cells = [...document.querySelectorAll("td[role=gridcell]")], times = [];
  for (let i = 0; i < 300; i++) {
    const cell = cells[(i * 7919) % cells.length], start = performance.now();
    cell.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: "mouse" }));
    document.body.getBoundingClientRect();
    getComputedStyle(cell).outlineWidth;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return [times[150], times[285], times[299]];
}"""


@pytest.mark.slow
def test_a_hover_takes_less_than_a_frame(open_file: Callable[..., Any], record_property: Any) -> None:
    shown = trace("conv2d", input=34, kernel_size=5, padding=2)
    assert 4_500 < sum(array.size for array in shown.arrays.values()) <= 5_000
    page = open_file(shown)
    assert page.locator("td[role=gridcell]").count() > 4_500
    median, high, largest = page.evaluate(HOVER)
    record_property("hover_ms", (median, high, largest))
    print(f"hover: {median:.2f} ms median, {high:.2f} ms at 95 %, {largest:.2f} ms at most")
    assert median < FRAME  # the largest are those of other programs on the machine
