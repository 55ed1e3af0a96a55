"""The page as one self-contained HTML document, which is saved as a file, served, and shown in notebooks.

The content security policy of the document forbids all requests. The data are JSON in a script element, so they are
never parsed as markup. They contain a layer and its input arrays; the page computes everything else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..formats import atomic
from . import strings
from .bundle import bundle, style_sheet
from .cells import Cell, flat_index
from .record import Trace


def model(trace: Trace, *, language: str = "en", cell: Cell | str | None = None) -> dict[str, Any]:
    """The initial values of the page's model, the same for every host: a file, the server, a notebook."""
    cell = Cell.parse(cell) if isinstance(cell, str) else cell
    return {
        "trace": trace.inputs_as_dict(),
        "cell": None if cell is None else {"array": cell.array, "at": flat_index(trace, cell)},
        "language": strings.language(language),
        "strings": _page_strings(),
    }


def document(trace: Trace, *, language: str = "en", cell: Cell | str | None = None) -> str:
    """The HTML document.

    Args:
        trace: the layer to show.
        language: "en" or "zh".
        cell: the cell to open on, for example "dx[0,0,1,1]".
    """
    values = model(trace, language=language, cell=cell)
    data = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    script = f"{bundle()}\n{_host()}"
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>rot180 explain: {html.escape(trace.op)}</title>\n"
        f'<link rel="icon" href="data:,">\n<style>\n{style_sheet()}</style>\n</head>\n'
        '<body>\n<div id="rot180-page"></div>\n'
        f'<script id="rot180-data" type="application/json">{_escape(data)}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


@lru_cache(maxsize=1)
def _page_strings() -> dict[str, dict[str, str]]:
    """The texts of the page, without the texts that are printed in a terminal."""
    return {key: texts for key, texts in strings.table().items() if not key.startswith("text.")}


def page(trace: Trace, path: atomic.Name, *, language: str = "en", cell: Cell | str | None = None) -> None:
    """Write the page of a trace as one self-contained HTML file. An existing file is replaced atomically.

    Args:
        trace: the layer to show.
        path: the file to write.
        language: "en" or "zh"; the reader can switch in the page.
        cell: the cell to open on, for example "dx[0,0,1,1]".
    """
    atomic.write_text(path, document(trace, language=language, cell=cell))


def policy(script: str) -> str:
    """The Content-Security-Policy: only this script may run, and nothing may be requested."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        f"connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


@lru_cache(maxsize=1)
def _host() -> str:
    return Path(__file__).with_name("host.js").read_text("utf-8")


def _escape(data: str) -> str:
    """Escape JSON so that it cannot end the script element that contains it."""
    return data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
