"""The page in a notebook: in a sandboxed frame without anything installed, or as a widget that asks this Python.

The widget needs anywidget (the extra `notebook`), imported where used; JupyterLab, VS Code and marimo show it.
"""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any

from ..errors import MissingExtraError
from .document import document, model
from .make import trace
from .module import module, style
from .record import Trace
from .server import answer

HEIGHT = 860  # pixels: the page at a notebook's width


def frame(shown: Trace, language: str = "en") -> str:
    """The document in an iframe that may run its script and nothing else."""
    return (
        f'<iframe title="rot180 explain: {html.escape(shown.op)}" sandbox="allow-scripts allow-downloads" '
        f'style="width:100%;height:{HEIGHT}px;border:0" srcdoc="{html.escape(document(shown, language=language))}">'
        "</iframe>"
    )


@lru_cache(maxsize=1)
def explorer() -> Any:
    """The class `rot180.explain.Explorer`; MissingExtraError without anywidget."""
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise MissingExtraError(
            "explain.Explorer needs anywidget, the extra 'notebook': pip install anywidget; a trace shows itself in "
            "a notebook without it"
        ) from error

    class Explorer(anywidget.AnyWidget):  # type: ignore[misc]
        """The explainer as a widget: its controls ask this Python for other layers.

        Args:
            shown: what it opens with; a small layer without it.  language: "en" or "zh".

        Attributes: `trace`, `error` and `request`, as the page has them; `shown` is the current Trace.
        """

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

        def __init__(self, shown: Trace | None = None, *, language: str = "en", **traits: Any) -> None:
            shown = trace("conv2d", input=5, kernel_size=3, stride=2, padding=1) if shown is None else shown
            super().__init__(**model(shown, live=True, language=language), **traits)
            self.observe(self._asked, names="request")

        @property
        def shown(self) -> Trace:
            """The current Trace."""
            from .files import from_dict

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

    return Explorer


def __getattr__(name: str) -> Any:
    if name == "Explorer":  # a class that is made when it is first asked for
        return explorer()
    raise AttributeError(f"module 'rot180.explain.notebook' has no attribute {name!r}")
