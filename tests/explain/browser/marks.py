"""What the page shows, read from the document: values, marked cells, the ledger."""

from __future__ import annotations

import time
from typing import Any

# {panel: [[cell, role], ...]} of all marked cells.
MARKED = """() => {
  const found = {};
  for (const panel of document.querySelectorAll("[data-panel]"))
    for (const td of panel.querySelectorAll("td[role=gridcell]"))
      for (const role of ["target", "source", "blue", "orange", "fed"])
        if (td.classList.contains(role)) (found[panel.dataset.panel] ??= []).push([td.cell, role]);
  return found;
}"""
VALUES = """() => Object.fromEntries([...document.querySelectorAll("[data-panel]")].map(panel => [
  panel.dataset.panel,
  [...panel.querySelectorAll("td[role=gridcell]")].sort((a, b) => a.cell - b.cell).map(td => td.textContent)]))"""


def marked(page: Any) -> dict[str, set[tuple[int, str]]]:
    return {name: {(cell, role) for cell, role in cells} for name, cells in page.evaluate(MARKED).items()}


def values(page: Any) -> dict[str, list[float]]:
    return {name: [number(text) for text in texts] for name, texts in page.evaluate(VALUES).items()}


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def cell(page: Any, panel: str, flat: int) -> Any:
    """The table cell of a flat offset into an array, as an element."""
    found = "([panel, flat]) => [...document.querySelectorAll(`[data-panel=${panel}] td`)].find(td => td.cell === flat)"
    return page.evaluate_handle(found, [panel, flat]).as_element()


def title(page: Any) -> str:
    return page.locator(".sum-title").inner_text()


def until(page: Any, expression: str, argument: Any = None) -> None:
    """Waits for an expression to hold; the page's policy forbids Playwright's own way, which evaluates text in it."""
    end = time.monotonic() + 10
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def edit(page: Any, panel: str, flat: int, value: str) -> None:
    """Double click, type, Enter."""
    cell(page, panel, flat).dblclick()
    page.keyboard.type(value)
    page.keyboard.press("Enter")
