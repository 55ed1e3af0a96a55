"""Read what the page shows from its document: values, marked cells, the ledger.

`where` is whatever holds one page: a Playwright page, a frame, or an element; locators look into shadow roots too.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

PANELS, CELLS = "[data-panel]", "td[role=gridcell]"
# [[panel, cell, role], ...] of all marked cells.
MARKED = """panels => panels.flatMap(panel => [...panel.querySelectorAll("td[role=gridcell]")].flatMap(td =>
  ["target", "source", "blue", "orange", "fed"].filter(role => td.classList.contains(role))
    .map(role => [panel.dataset.panel, td.cell, role])))"""
VALUES = """panels => Object.fromEntries(panels.map(panel => [
  panel.dataset.panel,
  [...panel.querySelectorAll("td[role=gridcell]")].sort((a, b) => a.cell - b.cell).map(td => td.textContent)]))"""


def marked(where: Any) -> dict[str, set[tuple[int, str]]]:
    found: dict[str, set[tuple[int, str]]] = {}
    for panel, at, role in where.locator(PANELS).evaluate_all(MARKED):
        found.setdefault(panel, set()).add((at, role))
    return found


def values(where: Any) -> dict[str, list[float]]:
    return {
        name: [number(text) for text in texts] for name, texts in where.locator(PANELS).evaluate_all(VALUES).items()
    }


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def cell(where: Any, panel: str, flat: int) -> Any:
    """The table cell of a flat offset into an array."""
    cells = where.locator(f"[data-panel={panel}] {CELLS}")
    return cells.nth(cells.evaluate_all("(cells, flat) => cells.findIndex(td => td.cell === flat)", flat))


def title(where: Any) -> str:
    return where.locator(".sum-title").inner_text()


def until(page: Any, expression: str, argument: Any = None) -> None:
    """Wait for an expression to become true; the page's policy forbids Playwright's own method."""
    end = time.monotonic() + 10
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def edit(where: Any, panel: str, flat: int, value: str) -> None:
    """Change a number: double click, type, Enter."""
    cell(where, panel, flat).dblclick()
    keyboard = (where if hasattr(where, "keyboard") else where.page).keyboard
    keyboard.type(value)
    keyboard.press("Enter")


def save(page: Any, key: str, folder: Path) -> Path:
    """Download the file of the menu entry Save > `key`."""
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as waiting:
        page.locator(f"[data-save={key}]").click()
    file = folder / f"saved.{key}"
    waiting.value.save_as(file)
    return file
