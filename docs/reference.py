"""Writes the API reference, one page per public module, from the docstrings.

python docs/reference.py build/reference        what `make docs` runs; needs pdoc, the extra "docs"
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pdoc

# A page for each package, and for the modules that a program of one's own imports; inner modules have their docstrings
# in the sources. pdoc reads "!" as "leave out" and the rest as a regular expression.
INNER = [
    r"rot180\.cli",
    r"rot180\.(functional|kernels|tape|bench|check|data|explain|models)\.",
    r"rot180\.train\.(?!report$)",
    r"rot180\.nn\.(?!(init|utils)$)",
    r"rot180\.optim\.(?!lr_scheduler$)",
]


def write(folder: Path) -> None:
    """All pages, and a page with a search field that leads to them."""
    pdoc.render.configure(docformat="google", footer_text="rot180")
    # What a NamedTuple keeps of its annotations are strings that pdoc cannot look up; it shows them as they are.
    warnings.filterwarnings("ignore", "Error parsing type annotation ForwardRef")
    pdoc.pdoc("rot180", *[f"!{pattern}" for pattern in INNER], output_directory=folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    write(Path(sys.argv[1]))
    print(f"the reference begins at {Path(sys.argv[1], 'index.html')}")
