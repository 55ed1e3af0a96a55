"""Write the API reference, one page per public module, from the docstrings.

`make docs` runs `python docs/reference.py build/reference`. It needs pdoc, the extra "docs".
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path

import pdoc

# Each package has a page, and so does each module that user programs import. Inner modules are documented in the
# sources. For pdoc, "!" means "leave out", and the rest is a regular expression.
INNER = [
    r"rot180\.cli",
    r"rot180\.(functional|kernels|tape|bench|check|data|explain|models)\.",
    r"rot180\.train\.(?!report$)",
    r"rot180\.nn\.(?!(init|utils)$)",
    r"rot180\.optim\.(?!lr_scheduler$)",
]


def write(folder: Path) -> None:
    """Write all pages, and an index with a search field."""
    pdoc.render.configure(docformat="google", footer_text="rot180", show_source=False, favicon="data:,")
    # The annotations of a NamedTuple are strings that pdoc cannot resolve; it shows them unchanged.
    warnings.filterwarnings("ignore", "Error parsing type annotation ForwardRef")
    # With Node.js, pdoc writes a search index that is three times as large, which makes the site depend on the machine.
    pdoc.render.precompile_index = lambda documents, script: json.dumps(documents)
    pdoc.pdoc("rot180", *[f"!{pattern}" for pattern in INNER], output_directory=folder)
    for file in folder.rglob("*.html"):
        file.write_text(without_dead_links(file.read_text("utf-8")), "utf-8")


def without_dead_links(text: str) -> str:
    """The page without links to attributes that pdoc mentions but does not describe."""
    anchors = set(re.findall(r' id="([^"]+)"', text))
    link = re.compile(r'<a href="#([^"]+)">([^<]*)</a>')
    return link.sub(lambda match: match[0] if match[1] in anchors else match[2], text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    write(Path(sys.argv[1]))
    print(f"wrote the reference; open {Path(sys.argv[1], 'index.html')}")
