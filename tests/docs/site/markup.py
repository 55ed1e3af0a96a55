"""Read the links, the loaded files and the anchors of HTML documents."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
UNLOADED = {"author", "canonical", "next", "prev", "index", "search", "genindex"}  # relations that load nothing
STYLE_ADDRESS = re.compile(r"""(?:url\(|@import\s+)\s*["']?(?!data:)([^"')\s;]+)""")


class Markup(HTMLParser):
    """Collect the addresses and the anchors of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        address = values.get(LOADING.get(tag, ""))
        if address and not set(values.get("rel", "").split()) & UNLOADED:
            self.loaded.append(address)
        self.loaded += STYLE_ADDRESS.findall(values.get("style", ""))


@cache
def markup(file: Path) -> Markup:
    return Markup(file.read_text("utf-8"))


def is_external(address: str) -> bool:
    """True if the address names a host, or a scheme that can send a request."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def broken(file: Path, address: str) -> bool:
    """True if a relative address leads to no file, or to no anchor of a page."""
    parts = urlsplit(address)
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not target.is_file():
        return True
    anchor = unquote(parts.fragment)
    return bool(anchor) and target.suffix == ".html" and anchor not in markup(target).anchors
