"""Change the theme's HTML so that keyboards and screen readers can use it."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

AFTER_THEME = 900  # furo builds its navigation in the same event at priority 500; a higher number runs later


def repair(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Add the missing level to headings, and let the keyboard scroll code blocks that are wider than the page."""
    for part in ("furo_navigation_tree", "body"):
        if part in context:
            text = context[part].replace('role="heading">', 'role="heading" aria-level="2">')
            context[part] = text.replace("<pre>", '<pre tabindex="0">')


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", repair, priority=AFTER_THEME)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
