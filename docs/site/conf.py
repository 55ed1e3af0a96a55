"""Sphinx's settings of the site, for both languages; `build.py` passes the language and the folder of the pages."""

from __future__ import annotations

import sys
from pathlib import Path

import jieba
from sphinx.search.zh import SearchChinese

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "examples" / "origins")]

jieba.setLogLevel("WARNING")  # it reports how long its dictionary takes to load

# For Chinese, Sphinx 9.0 refers to a script ChineseStemmer that it does not write. The English stemmer replaces it,
# because the Chinese search index stems only English words.
SearchChinese.language_name = "English"

project = "rot180"
author = "the rot180 developers"
extensions = ["myst_parser", "explainer_directive", "links", "languages", "access"]
exclude_patterns = ["zh", "site", "pictures/*.py"]
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
suppress_warnings = ["myst.header", "toc.not_included"]  # a test checks that links lead to every page
templates_path = ["templates"]
html_theme = "furo"
html_title = project
html_favicon = "static/icon.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["frames.js"]
html_show_search_summary = False  # the summary fetches pages, which browsers forbid for file:// addresses
html_show_copyright = False
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
