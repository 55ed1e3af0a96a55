"""The page as one ES module: the files of `page/` joined in the order of their imports, `main.js` last.

What this takes: imports of names, unrenamed, one statement a line, `import { grid } from "./grid.js";`; `export` before
a declaration; no two top-level names alike in different files; `export default { render };` in main.js alone. Then the
files also work as they are, as modules that import each other.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).with_name("page")
ENTRY = "main.js"
_IMPORT = re.compile(r'^import \{ \w+(?:, \w+)* \} from "\./([\w-]+\.js)";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default (.+?);?[ \t]*$", re.MULTILINE)


class ModuleError(ValueError):
    """Page sources that cannot be joined: a fault of the package, not of its user."""


@lru_cache(maxsize=8)
def module(folder: Path = FOLDER) -> str:
    """One ES module, with `export default { render }`."""
    return joined(folder) + "\nexport default widget;\n"


@lru_cache(maxsize=8)
def joined(folder: Path = FOLDER) -> str:
    """All of it without imports and exports; `widget` is what main.js exports."""
    parts = []
    for name in order(folder):
        text = _EXPORT.sub("", _IMPORT.sub("", _source(folder, name)))
        if name == ENTRY:
            text, count = _DEFAULT.subn(lambda found: f"const widget = {found[1]};", text)
            if count != 1:
                raise ModuleError(f"explain: {ENTRY} must have one line `export default {{ render }};`")
        if found := re.search(r"^(import|export)\b.*", text, re.MULTILINE):
            raise ModuleError(f"explain: {name} cannot be joined: {found[0]!r}")
        parts.append(f"// ---- {name}\n{text.strip()}\n")
    return "\n".join(parts)


def order(folder: Path = FOLDER) -> list[str]:
    """The files, each after all that it imports."""
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ModuleError(f"explain: the page's files import each other in a circle: {' > '.join((*above, name))}")
        if name not in done:
            for needed in _IMPORT.findall(_source(folder, name)):
                visit(needed, (*above, name))
            done.append(name)

    visit(ENTRY, ())
    return done


def style(folder: Path = FOLDER) -> str:
    """The page's style sheet."""
    return _source(folder, "style.css")


def _source(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8")
    except FileNotFoundError:
        raise ModuleError(f"explain: the page's {name} is not there, in {folder}") from None
