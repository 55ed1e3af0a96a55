"""`python -m benchmarks.hover`: how long the explainer's page takes to follow the pointer, in a headless Chromium.

The layer has nearly 5,000 cells. For each of many cells, all over the page: the time from the event until the browser
has styled and laid out what changed. A picture of a screen at 60 a second is due after 16 ms.
"""

import shutil
import tempfile
from pathlib import Path

from rot180.explain import page, trace

LAYER = {"input": 34, "kernel_size": 5, "padding": 2}
POINTS = 300

HOVER = """points => {
  const cells = [...document.querySelectorAll("td[role=gridcell]")], times = [];
  for (let i = 0; i < points; i++) {
    const cell = cells[(i * 7919) % cells.length], start = performance.now();
    cell.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: "mouse" }));
    document.body.getBoundingClientRect();
    getComputedStyle(cell).outlineWidth;
    times.push(performance.now() - start);
  }
  return [cells.length, ...times.sort((a, b) => a - b)];
}"""


def measured() -> tuple[int, list[float]]:
    """How many cells the page has, and the times in ms from the shortest to the longest."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        page(trace("conv2d", **LAYER), file)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.goto(file.as_uri())
        cells, *times = opened.evaluate(HOVER, POINTS)
        browser.close()
    return cells, times


if __name__ == "__main__":
    cells, times = measured()
    high = times[len(times) * 95 // 100]
    print(f"{cells} cells: {times[len(times) // 2]:.1f} ms median, {high:.1f} ms at 95 %, {times[-1]:.1f} ms at most")
