"""Build the site: the pages in English and Chinese, and the API reference.

`make site` runs `python docs/site/build.py build/site`. It needs the extra "docs". The English pages are written to
the folder itself, the Chinese ones to zh/, and the API reference to reference/. A warning of Sphinx, such as a broken
link, is an error.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1]
# Each language has the folder of its Markdown pages, its name in Sphinx, and its folder on the site.
LANGUAGES = {"en": (DOCS, "en", "."), "zh": (DOCS / "zh", "zh_CN", "zh")}


def build(folder: Path) -> None:
    """Delete the folder, then build all parts of the site in it."""
    shutil.rmtree(folder, ignore_errors=True)
    for pages, language, part in LANGUAGES.values():
        build_pages(pages, language, folder / part)
    subprocess.run([sys.executable, DOCS / "reference.py", folder / "reference"], check=True)


def build_pages(pages: Path, language: str, folder: Path) -> None:
    """Build the pages of one language. Sphinx's cache is outside the site, so that it is not published."""
    cache = folder.parent / f".{folder.name}-cache-{language}"
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--fresh-env", "-b", "html"]
    command += ["-c", DOCS / "site", "-d", cache, "-D", f"language={language}", pages, folder]
    try:
        subprocess.run(command, check=True)
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    (folder / ".buildinfo").unlink(missing_ok=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    build(Path(sys.argv[1]).resolve())
    print(f"wrote the site; open {Path(sys.argv[1], 'index.html')}")
