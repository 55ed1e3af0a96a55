"""Repairs of the theme's HTML for keyboards and screen readers."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

AFTER_THEME = 900  # furo makes its navigation in the same event, at the default priority of 500


def repair(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Give headings their level, and let the keyboard scroll blocks of code that are wider than the page."""
    for part in ("furo_navigation_tree", "body"):
        if part in context:
            text = context[part].replace('role="heading">', 'role="heading" aria-level="2">')
            context[part] = text.replace("<pre>", '<pre tabindex="0">')


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", repair, priority=AFTER_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
