"""Building blocks of the page's HTML. All text that comes from a run or its data is escaped here.

Arguments named `html` hold HTML; `text`, `name` and `file_name` turn any other value into HTML.
"""

from __future__ import annotations

import html as standard
from collections.abc import Iterable, Sequence
from typing import Any

MAX_NAME = 48  # characters of a name that are shown
TOOLTIP_FROM = 12  # names with more characters get a tooltip with the full name, as narrow columns may cut them


def text(value: Any) -> str:
    """Escape any value; characters that HTML cannot hold become replacement characters."""
    readable = "".join(c if c in "\t\n" or ord(c) >= 32 else "\ufffd" for c in str(value))
    return standard.escape(readable.encode("utf-8", "replace").decode("utf-8"))


def name(value: Any) -> str:
    """A name as HTML. A long name is cut at its end. Right-to-left characters do not affect the surrounding text."""
    full = str(value) if str(value).strip() else repr(value)
    return _isolated(full, full if len(full) <= MAX_NAME else f"{full[: MAX_NAME - 1]}…")


def file_name(path: str) -> str:
    """A file's path as HTML, like `name`; a long path is cut at its beginning instead of its end."""
    return _isolated(path, path if len(path) <= MAX_NAME else f"…{path[1 - MAX_NAME :]}")


def _isolated(full: str, shown: str) -> str:
    tooltip = f' title="{text(full[:1000])}"' if len(full) > TOOLTIP_FROM else ""
    return f"<bdi{tooltip}>{text(shown)}</bdi>"


def section(key: str, title: str, lead: str, *html: str) -> str:
    """A section with a heading, an introductory paragraph and its content; `lead` is HTML."""
    return f'<section id="{key}">\n<h2>{title}</h2>\n<p class="lead">{lead}</p>\n{"".join(html)}</section>\n'


def missing_section(key: str, title: str, reason: str) -> str:
    """A section that cannot be shown for this run: its heading and one line with the reason."""
    return section(key, title, f'<span class="missing">Not shown: {text(reason)}</span>')


def table(label: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1, kind: str = "") -> str:
    """A table in a box that scrolls; cells are HTML.

    The first `words` columns hold words and are aligned left, the others numbers. A cell may be a whole <td> or <th>.
    """

    def cell(html: str, column: int, tag: str) -> str:
        if html.startswith(("<td", "<th")):
            return html
        scope = " scope=col" if tag == "th" else ""
        return f"<{tag}{scope}{' class=word' if column < words else ''}>{html}</{tag}>"

    top = "".join(cell(html, column, "th") for column, html in enumerate(head))
    body = []
    for first, *rest in rows:
        cells = "".join(cell(html, column, "td") for column, html in enumerate(rest, 1))
        body.append(f"<tr><th scope=row class=word>{first}</th>{cells}</tr>\n")
    return (
        f'<div class="scroll" role="region" aria-label="{text(label)}" tabindex="0"><table class="{kind}">'
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{''.join(body)}</tbody></table></div>\n"
    )


def tiles(addresses: Iterable[str], labels: Iterable[str], *, kind: str = "") -> str:
    """Small pictures in rows, with their labels as tooltips."""
    images = "".join(
        f'<img src="{address}" alt="{text(label)}" title="{text(label)}">'
        for address, label in zip(addresses, labels, strict=True)
    )
    return f'<div class="tiles {kind}">{images}</div>\n'


def details(title: str, html: str) -> str:
    """Content that opens on a click on its title."""
    return f"<details><summary>{title}</summary>\n{html}</details>\n"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: 1 image, 1,234 images."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float | None, digits: int = 1) -> str:
    """A fraction between 0 and 1 as a percentage; a dash for None. A fraction below 1 is never rounded up to 100%."""
    if share is None:
        return "–"
    shown = f"{share:.{digits}%}"
    return percent(share, digits + 1) if share < 1 and digits < 6 and float(shown[:-1]) == 100 else shown


def evenly_spaced(items: Sequence[Any], limit: int) -> list[Any]:
    """At most `limit` of the items, evenly spaced, with the first and the last."""
    if len(items) <= limit:
        return list(items)
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]
