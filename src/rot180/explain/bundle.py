"""Join the JavaScript files of `page/` into one ES module, each after the files that it imports, `main.js` last.

The sources must follow a few rules: each import lists the imported names, without renaming, in one statement per line
(`import { makeApp } from "./app.js";`); `export` precedes a declaration; top-level names are unique across files;
only main.js has `export default { render };`. The sources are valid modules, so a browser can also load them unbundled.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).with_name("page")
ENTRY = "main.js"
STYLES = ("page.css", "stage.css", "steps.css", "narrow.css", "embed.css")
_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "\./([\w-]+\.js)";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)  # only comments that fill a whole line
_DEFAULT = re.compile(r"^export default (.+?);?[ \t]*$", re.MULTILINE)


class BundleError(ValueError):
    """Raised if the page's sources break a rule above. The fault is in the package, not in the user's program."""


@lru_cache(maxsize=8)
def es_module(folder: Path = FOLDER) -> str:
    """The bundle as an ES module that exports `{ render }` by default."""
    return bundle(folder) + "\nexport default widget;\n"


@lru_cache(maxsize=8)
def bundle(folder: Path = FOLDER) -> str:
    """The sources as one text without imports, exports and comments; `widget` is the default export of main.js."""
    parts = []
    for name in import_order(folder):
        text = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", _source(folder, name))))
        if name == ENTRY:
            text, count = _DEFAULT.subn(lambda match: f"const widget = {match[1]};", text)
            if count != 1:
                raise BundleError(f"explain: {ENTRY} must have one line `export default {{ render }};`")
        if match := re.search(r"^(import|export)\b.*", text, re.MULTILINE):
            raise BundleError(f"explain: {name} cannot be bundled because of this line: {match[0]!r}")
        parts.append(f"// ---- {name}\n{text.strip()}\n")
    return "\n".join(parts)


def import_order(folder: Path = FOLDER) -> list[str]:
    """The names of the files, each after the files that it imports."""
    ordered: list[str] = []

    def visit(name: str, importers: tuple[str, ...]) -> None:
        if name in importers:
            circle = " > ".join((*importers, name))
            raise BundleError(f"explain: the page's files import each other in a circle: {circle}")
        if name not in ordered:
            for imported in _IMPORT.findall(_source(folder, name)):
                visit(imported, (*importers, name))
            ordered.append(name)

    visit(ENTRY, ())
    return ordered


def style_sheet(folder: Path = FOLDER) -> str:
    """The page's CSS; rules for narrow and for embedded pages come last."""
    return "\n".join(_source(folder, name) for name in STYLES)


def _source(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8")
    except FileNotFoundError:
        raise BundleError(f"explain: the page's file {name} is missing from {folder}") from None
