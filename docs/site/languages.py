"""Link each page to the same page in the other language, or to the home page of that language if there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parents[1]


def add_link(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Pass the templates the links to the other language and to the API reference."""
    up, chinese = "../" * page.count("/"), app.config.language.startswith("zh")
    other = DOCS if chinese else DOCS / "zh"
    name = page if (other / f"{page}.md").exists() else "index"
    context["other_language"] = {
        "address": f"{up}../{name}.html" if chinese else f"{up}zh/{name}.html",
        "code": "en" if chinese else "zh-Hans",
        "name": "English" if chinese else "中文",
    }
    context["reference"] = {
        "address": f"{up}../reference/rot180.html" if chinese else f"{up}reference/rot180.html",
        "name": "API 参考（英文）" if chinese else "API reference",
    }


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", add_link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
