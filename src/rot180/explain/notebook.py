"""The page in a notebook: in a sandboxed frame without anything installed, or as a widget that asks this Python.

The widget needs anywidget (the extra `notebook`), imported where used; JupyterLab, VS Code and marimo show it.
"""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any

from ..errors import MissingExtraError
from .document import document, model
from .files import from_dict
from .make import welcome
from .module import module, style
from .record import Trace
from .server import answer

HEIGHT = 1100  # pixels: the page with its sum, at the width of a notebook


def frame(shown: Trace, language: str = "en", cell: str | None = None, *, lazily: bool = False) -> str:
    """The document in an iframe that may run its script and nothing else.

    Args:
        cell: to open on, as "dx[0,0,1,1]".  lazily: whether it is loaded only when it comes into view.
    """
    page, loading = html.escape(document(shown, language=language, cell=cell)), ' loading="lazy"' if lazily else ""
    return (
        f'<iframe title="rot180 explain: {html.escape(shown.op)}" sandbox="allow-scripts allow-downloads"{loading} '
        f'style="width:100%;height:{HEIGHT}px;border:0" srcdoc="{page}">'
        "</iframe>"
    )


def Explorer(shown: Trace | None = None, *, language: str = "en") -> Any:
    """The explainer as a widget, whose controls ask this Python for other layers.

    Args:
        shown: what it opens with; the example of `rot180 explain` without it.  language: "en" or "zh".

    The widget's `shown` is the Trace that it shows now; `trace`, `error` and `request` are as the page has them. Raises
    MissingExtraError without anywidget.
    """
    return _widget()(shown, language=language)


@lru_cache(maxsize=1)
def _widget() -> Any:
    """The class; MissingExtraError without anywidget."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtraError(
            "explain.Explorer needs anywidget, the extra 'notebook': pip install anywidget; a trace shows itself in "
            "a notebook without it"
        ) from error

    class Widget(anywidget.AnyWidget):  # type: ignore[misc]
        """The traits are the names of the page's model (`document.model`), and `file`, for the page to save."""

        _esm = module()
        _css = style()
        trace = traitlets.Dict().tag(sync=True)
        error = traitlets.Unicode("").tag(sync=True)
        request = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
        file = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
        live = traitlets.Bool(True).tag(sync=True)
        language = traitlets.Unicode("en").tag(sync=True)
        strings = traitlets.Dict().tag(sync=True)
        tour = traitlets.Dict().tag(sync=True)
        cell = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

        def __init__(self, shown: Trace | None, *, language: str) -> None:
            super().__init__(**model(welcome() if shown is None else shown, live=True, language=language))
            self.observe(self._asked, names="request")

        @property
        def shown(self) -> Trace:
            """The Trace that it shows now."""
            return from_dict(self.trace)

        def _asked(self, change: Any) -> None:
            if not change["new"]:
                return
            found = answer({"request": change["new"]})
            with self.hold_sync():
                self.error = found.get("error", "")
                for name in ("trace", "file"):
                    if name in found:
                        setattr(self, name, found[name])
                self.request = None  # so that the same may be asked for again

    return Widget
