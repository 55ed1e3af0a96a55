"""Adapt the links of the Markdown files to the site.

The files are also read in the repository, where a link is the path of a file, relative to the file that contains it.
On the site, a link to a page in the same language stays as it is. A link from a Chinese page to an English one becomes
an HTML link. The site does not contain source files and benchmarks, so a link to such a file becomes its path as text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
INCLUDED = {"changelog": "CHANGELOG.md", "contributing": "CONTRIBUTING.md", "examples": "examples/README.md"}
PARTS = re.compile(
    r"(?P<code>^ *```.*?^ *```|`[^`\n]+`)|(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)", re.M | re.S
)


def adapt(app: Sphinx, page: str, source: list[str]) -> None:
    """Adapt the links of a page. A page named in INCLUDED gets the text of its file, for example CHANGELOG.md."""
    pages = Path(app.srcdir)
    file = ROOT / INCLUDED[page] if page in INCLUDED and pages == DOCS else pages / f"{page}.md"

    def link(match: re.Match[str]) -> str:
        if match["code"] or re.match(r"#|[a-z]+:", match["target"]):
            return match[0]
        return adapted(match["text"], match["target"], file, pages, page)

    source[0] = PARTS.sub(link, file.read_text("utf-8"))


def adapted(text: str, target: str, file: Path, pages: Path, page: str) -> str:
    """The Markdown or HTML of one link on the site."""
    path, hash_sign, anchor = target.partition("#")
    goal = Path(os.path.normpath(file.parent / path))
    if not goal.exists():
        raise FileNotFoundError(f"{file}: the target {target} of a link does not exist; correct the path")
    stub = {ROOT / included: DOCS / f"{name}.md" for name, included in INCLUDED.items()}
    goal = stub.get(goal, goal)
    here = (pages / page).parent
    if goal.is_relative_to(pages) and goal.suffix == ".md":
        return f"[{text}]({os.path.relpath(goal, here)}{hash_sign}{anchor})"
    if goal.is_relative_to(DOCS) and goal.suffix == ".md":
        address = os.path.relpath(goal.with_suffix(".html"), here)
        return f'<a class="reference internal" href="{address}{hash_sign}{anchor}">{text}</a>'
    return f"{text} (`{goal.relative_to(ROOT).as_posix()}`)"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", adapt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
