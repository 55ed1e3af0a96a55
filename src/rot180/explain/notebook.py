"""Show the page in a notebook: in a sandboxed frame, or as a widget whose layer Python can read and set.

The frame needs no optional package. The widget needs anywidget (the extra `notebook`), which is imported on first use.
"""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any

from ..errors import MissingExtraError
from .bundle import es_module, style_sheet
from .document import document, model
from .record import Trace
from .tracing import example

HEIGHT = 1100  # the height of the page in pixels, at the usual width of a notebook cell


def frame(trace: Trace, language: str = "en", cell: str | None = None, *, lazy: bool = False) -> str:
    """The document in a sandboxed iframe, which may run its script and offer downloads.

    Args:
        trace: the layer to show.
        language: "en" or "zh".
        cell: the cell to open on, for example "dx[0,0,1,1]".
        lazy: True to load the frame only when it scrolls into view.
    """
    page, loading = html.escape(document(trace, language=language, cell=cell)), ' loading="lazy"' if lazy else ""
    return (
        f'<iframe title="rot180 explain: {html.escape(trace.op)}" sandbox="allow-scripts allow-downloads"{loading} '
        f'style="width:100%;height:{HEIGHT}px;border:0" srcdoc="{page}">'
        "</iframe>"
    )


def Explorer(trace: Trace | None = None, *, language: str = "en") -> Any:
    """The explainer as a notebook widget. Python can read and set the layer that it shows.

    Args:
        trace: the layer to open with (default: the example of `rot180 explain`).
        language: "en" or "zh"; the reader can switch in the page.

    Returns:
        The widget. `widget.current_trace` is the Trace that it shows now.

    Raises:
        MissingExtraError: if anywidget is not installed.
    """
    return _widget_class()(trace, language=language)


@lru_cache(maxsize=1)
def _widget_class() -> Any:
    """The widget's class. Raises MissingExtraError if anywidget is not installed."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtraError(
            "explain.Explorer needs anywidget (the extra 'notebook'): pip install anywidget. Without it, a notebook "
            "still displays a trace in a frame"
        ) from error

    class Widget(anywidget.AnyWidget):  # type: ignore[misc]
        """The traits are the values of the page's model (`document.model`). The page sets `trace` when it changes."""

        _esm = es_module()
        _css = style_sheet()
        trace = traitlets.Dict().tag(sync=True)
        language = traitlets.Unicode("en").tag(sync=True)
        strings = traitlets.Dict().tag(sync=True)
        cell = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

        def __init__(self, shown: Trace | None, *, language: str) -> None:
            super().__init__(**model(example() if shown is None else shown, language=language))

        @property
        def current_trace(self) -> Trace:
            """The Trace that the widget shows now."""
            return Trace.from_dict(self.trace)

    return Widget
