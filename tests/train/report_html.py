"""Parse a report with the standard library, for the tests: sections, tables, pictures, addresses."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np

VOID = {"br", "img", "meta", "link", "hr", "input"}
FETCHING = ("src", "href", "xlink:href", "srcset", "action", "data", "poster", "background")


@dataclass
class Element:
    """A tag with its attributes and children."""

    tag: str
    attributes: dict[str, str]
    children: list[Any] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """All descendants with this tag, in order; `class_` matches one of the classes."""
        matches = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and all(child.has(name, value) for name, value in attributes.items()):
                    matches.append(child)
                matches += child.all(tag, **attributes)
        return matches

    def has(self, name: str, value: str) -> bool:
        if name == "class_":
            return value in self.attributes.get("class", "").split()
        return self.attributes.get(name) == value

    @property
    def text(self) -> str:
        """The text, with white space normalised."""
        parts = [child.text if isinstance(child, Element) else child for child in self.children]
        return " ".join("".join(parts).split())

    def rows(self) -> list[list[str]]:
        """The cells of the body of the first table."""
        (body, *_) = self.all("tbody")
        return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in body.all("tr")]


class Reader(HTMLParser):
    """Builds the tree; fails if a closing tag does not match the open one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Element:
    """The tree of a well-formed page."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], f"left open: {[e.tag for e in reader.open[1:]]}"
    return reader.root


def section(page: Element, key: str) -> Element:
    """The section with this id."""
    (matches,) = page.all("section", id=key)
    return matches


def addresses(element: Element) -> list[str]:
    """All addresses in the element that a browser could fetch."""
    own = [value for name, value in element.attributes.items() if name in FETCHING]
    return own + [a for child in element.children if isinstance(child, Element) for a in addresses(child)]


def cells(image: Element) -> np.ndarray[Any, Any]:
    """The cells of an <img> whose address is a PNG, uint8 (H, W, channels)."""
    from PIL import Image

    kind, _, encoded = image.attributes["src"].partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
