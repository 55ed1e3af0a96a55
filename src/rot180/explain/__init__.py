"""Show which cells each number of a layer and of its gradients is computed from.

    from rot180 import explain

    t = explain.trace("conv2d", input=5, kernel_size=3, stride=2, padding=1)
    t.arrays["dx"]                       # in a notebook, `t` displays the page
    print(explain.text(t, "dx[0,0,1,1]"))
    explain.page(t, "conv2d.html")       # one self-contained file
    explain.serve(t)                     # in the browser, with controls for the settings
    explain.Explorer(t)                  # a notebook widget (needs the extra `notebook`)

Every explanation is computed from one list of triples: the cells of y, x and w in each product (`trilinear.py`;
`flat_triples.py` returns the list as arrays). `operations.py` lists the operations, `request.py` checks the settings,
`limits.py` decides how much of a large layer is shown, and `record.py` defines the trace. `views.py` writes each pass
as a correlation at stride 1. `document.py` makes the HTML document from the sources in `page/`, which `bundle.py` joins
into one module.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .cells import Cell
from .errors import ExplainError
from .record import Trace
from .text import cell_text as text
from .tracing import trace
from .trilinear import Triple, triples, triples_at

if TYPE_CHECKING:
    from .document import page as page
    from .notebook import Explorer as Explorer
    from .server import serve as serve

__all__ = [
    "Cell", "ExplainError", "Explorer", "Trace", "Triple", "page", "serve", "text", "trace", "triples", "triples_at",
]  # fmt: skip


def _notebook_frame(trace: Trace) -> str:
    """The page in a frame, which a notebook displays for a trace."""
    from .notebook import frame  # imported on first use, like the names in _LAZY

    return frame(trace)


# Attached here and not defined in record.py: the page contains traces (its tour), so record.py cannot import it.
Trace._repr_html_ = _notebook_frame


_LAZY = {"Explorer": "notebook", "page": "document", "serve": "server"}  # imported on first use


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'rot180.explain' has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
