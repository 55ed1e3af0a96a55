"""Write the API reference, one page per public module, from the docstrings.

`make docs` runs `python docs/reference.py build/reference`. It needs pdoc, the extra "docs".
"""

from __future__ import annotations

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
    pdoc.render.configure(docformat="google", footer_text="rot180")
    # The annotations of a NamedTuple are strings that pdoc cannot resolve; it shows them unchanged.
    warnings.filterwarnings("ignore", "Error parsing type annotation ForwardRef")
    pdoc.pdoc("rot180", *[f"!{pattern}" for pattern in INNER], output_directory=folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    write(Path(sys.argv[1]))
    print(f"wrote the reference; open {Path(sys.argv[1], 'index.html')}")
