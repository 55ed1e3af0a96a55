"""The page as one HTML document that needs nothing else: a file to mail, what the server sends, what a notebook shows.

Its policy forbids every request; where a Python listens, those to it alone are allowed. Data stand in the document as
JSON and are never read as markup.
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
from .cells import Cell, place
from .make import trace
from .module import joined, style
from .record import Trace

_TOUR: dict[str, tuple[str, dict[str, Any]]] = {  # the layers that the page's tour shows
    "stride1": ("conv2d", {"input": 4, "w": np.array([[[[1.0, 2.0], [3.0, 4.0]]]])}),  # a kernel whose rotation is seen
    "stride2": ("conv2d", {"input": 5, "kernel_size": 3, "stride": 2}),
    "transposed": ("conv_transpose2d", {"x": np.arange(1.0, 10.0).reshape(1, 1, 3, 3), "kernel_size": 3, "stride": 2}),
    "output_padding": (
        "conv_transpose2d",
        {"input": 3, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
    ),
}


@lru_cache(maxsize=1)
def tour() -> dict[str, Any]:
    """The traces of the page's tour."""
    return {name: trace(op, **settings).as_dict() for name, (op, settings) in _TOUR.items()}


def model(shown: Trace, *, live: bool, language: str = "en", cell: Cell | str | None = None) -> dict[str, Any]:
    """What the page's model holds at first, whatever hosts it."""
    cell = Cell.parsed(cell) if isinstance(cell, str) else cell
    return {
        "trace": shown.as_dict(),
        "cell": None if cell is None else {"array": cell.array, "at": place(shown, cell)},
        "live": live,
        "language": strings.language(language),
        "strings": strings.table(),
        "tour": tour(),
    }


def document(shown: Trace, *, live: bool = False, language: str = "en", cell: Cell | str | None = None) -> str:
    """The whole HTML document.

    Args:
        live: whether it may ask the server that it comes from.  cell: to open on, as "dx[0,0,1,1]".
    """
    first = model(shown, live=live, language=language, cell=cell)
    data = json.dumps(first, ensure_ascii=False, separators=(",", ":"))
    script = f"{joined()}\n{_host()}"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script, live)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>rot180 explain: {html.escape(shown.op)}</title>\n"
        f'<link rel="icon" href="data:,">\n<style>\n{style()}</style>\n</head>\n<body>\n<div id="rot180-page"></div>\n'
        f'<script id="rot180-data" type="application/json">{_as_text(data)}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def page(trace: Trace, path: atomic.Name, *, language: str = "en", cell: Cell | str | None = None) -> None:
    """Write the page of a trace as one HTML file that needs nothing else; whole or not at all.

    Args:
        trace: what `trace` made.  path: of the file.  language: "en" or "zh"; the page can change it.
        cell: to open on, as "dx[0,0,1,1]".
    """
    atomic.write_text(path, document(trace, language=language, cell=cell))


def policy(script: str, live: bool) -> str:
    """The Content-Security-Policy: this one script, no request but to the server that the page comes from."""
    source = "'self'" if live else "'none'"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        f"connect-src {source}; base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def _host() -> str:
    return Path(__file__).with_name("host.js").read_text("utf-8")


def _as_text(data: str) -> str:
    """JSON that no parser of HTML takes for anything else."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
