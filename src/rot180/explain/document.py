"""The page as one self-contained HTML document, which is saved as a file, served, and shown in notebooks.

The content security policy of the document forbids all requests, or all except those to the document's own server. The
data are JSON in a script element, so they are never parsed as markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..formats import atomic
from . import strings
from .bundle import bundle, style_sheet
from .cells import Cell, flat_index
from .record import Trace
from .tracing import trace

_TOUR: dict[str, tuple[str, dict[str, Any]]] = {  # the layers of the guided tour
    "stride1": (
        "conv2d",
        {"input": 4, "w": np.array([[[[1.0, 2.0], [3.0, 4.0]]]])},
    ),  # asymmetric, so that its rotation is visible
    "stride2": ("conv2d", {"input": 5, "kernel_size": 3, "stride": 2}),
    "transposed": ("conv_transpose2d", {"x": np.arange(1.0, 10.0).reshape(1, 1, 3, 3), "kernel_size": 3, "stride": 2}),
    "output_padding": (
        "conv_transpose2d",
        {"input": 3, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
    ),
}


@lru_cache(maxsize=1)
def tour() -> dict[str, Any]:
    """The traces of the guided tour by name."""
    return {name: trace(op, **settings).as_dict() for name, (op, settings) in _TOUR.items()}


def model(trace: Trace, *, live: bool, language: str = "en", cell: Cell | str | None = None) -> dict[str, Any]:
    """The initial values of the page's model, the same for every host: a file, the server, a notebook."""
    cell = Cell.parse(cell) if isinstance(cell, str) else cell
    return {
        "trace": trace.as_dict(),
        "cell": None if cell is None else {"array": cell.array, "at": flat_index(trace, cell)},
        "live": live,
        "language": strings.language(language),
        "strings": strings.table(),
        "tour": tour(),
    }


def document(trace: Trace, *, live: bool = False, language: str = "en", cell: Cell | str | None = None) -> str:
    """The HTML document.

    Args:
        trace: the layer to show.
        live: True if the page may send requests to the server that it comes from.
        language: "en" or "zh".
        cell: the cell to open on, for example "dx[0,0,1,1]".
    """
    values = model(trace, live=live, language=language, cell=cell)
    data = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    script = f"{bundle()}\n{_host()}"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script, live)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>rot180 explain: {html.escape(trace.op)}</title>\n"
        f'<link rel="icon" href="data:,">\n<style>\n{style_sheet()}</style>\n</head>\n'
        '<body>\n<div id="rot180-page"></div>\n'
        f'<script id="rot180-data" type="application/json">{_escape(data)}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def page(trace: Trace, path: atomic.Name, *, language: str = "en", cell: Cell | str | None = None) -> None:
    """Write the page of a trace as one self-contained HTML file. An existing file is replaced atomically.

    Args:
        trace: the layer to show.
        path: the file to write.
        language: "en" or "zh"; the reader can switch in the page.
        cell: the cell to open on, for example "dx[0,0,1,1]".
    """
    atomic.write_text(path, document(trace, language=language, cell=cell))


def policy(script: str, live: bool) -> str:
    """The Content-Security-Policy: only this script may run, and only a live page may send requests to its server."""
    source = "'self'" if live else "'none'"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        f"connect-src {source}; base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def _host() -> str:
    return Path(__file__).with_name("host.js").read_text("utf-8")


def _escape(data: str) -> str:
    """Escape JSON so that it cannot end the script element that holds it."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
