"""Take `explainer.png`, the first picture of the README: the example of `rot180 explain` in Chromium.

python docs/pictures/explainer.py        (needs Chromium and playwright, which the extra "test" installs)
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from rot180 import explain
from rot180.explain.tracing import example

PICTURE = Path(__file__).with_suffix(".png")
CELL = "dx[0,0,1,1]"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]


def take(picture: Path) -> None:
    """Take the part of the page above the output size, at 1.5 times the resolution."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        file = Path(folder, "explainer.html")
        explain.page(example(), file, cell=CELL)
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(
            viewport={"width": 1200, "height": 700}, device_scale_factor=1.5, reduced_motion="reduce"
        )
        page.goto(file.as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
