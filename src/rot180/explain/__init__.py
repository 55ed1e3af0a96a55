"""Floor 5: which cells make which, in numbers, as text and as a page in a browser.

    from rot180 import explain

    t = explain.trace("conv2d", input=5, kernel_size=3, stride=2, padding=1)
    t.arrays["dx"]                       # in a notebook, `t` alone shows the page
    print(explain.text(t, "dx[0,0,1,1]"))
    explain.page(t, "conv2d.html")       # one file that needs nothing else
    explain.serve(t)                     # in the browser, with controls
    explain.Explorer(t)                  # a widget (the extra `notebook`)

Everything rests on one list (`trace.py`): the trilinear form written out as triples of cells that meet. `operations.py`
has what can be traced, `request.py` what may be asked for, `limits.py` how much fits, `record.py` the trace, `views.py`
each pass as a correlation at stride 1, `document.py` the page as a file (`page/` its sources, `module.py` joins them).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .trace import Triple, meeting, triples  # isort: skip  (binds the module's name, which the function then takes)
from .cells import Cell
from .errors import ExplainError
from .make import trace
from .record import Trace
from .text import cell_text as text

if TYPE_CHECKING:
    from .document import page as page
    from .notebook import Explorer as Explorer
    from .server import serve as serve

__all__ = [
    "Cell", "ExplainError", "Explorer", "Trace", "Triple", "meeting", "page", "serve", "text", "trace", "triples",
]  # fmt: skip


_LATER = {"Explorer": "notebook", "page": "document", "serve": "server"}  # loaded when first used


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'rot180.explain' has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = found
    return found
