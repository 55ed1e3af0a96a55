"""`python -m benchmarks.hover`: measure how fast the explainer's page follows the pointer, in a headless Chromium.

The page shows a layer of nearly 5,000 cells. The pointer enters 300 of them. For each, the script measures the time
from the event until the browser has updated style and layout. At 60 frames per second a frame takes 16 ms.
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


def measure() -> tuple[int, list[float]]:
    """The number of cells of the page, and the sorted times in milliseconds."""
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
    cells, times = measure()
    high = times[len(times) * 95 // 100]
    print(f"{cells} cells: {times[len(times) // 2]:.1f} ms median, {high:.1f} ms at 95 %, {times[-1]:.1f} ms at most")
