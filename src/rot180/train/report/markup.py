"""The few forms that the page is made of. Whatever comes from a run or its data is escaped here.

Arguments named `html` are HTML already; `text` and `name` make it of anything else.
"""

from __future__ import annotations

import html as standard
from collections.abc import Iterable, Sequence
from typing import Any

LONGEST, TITLED = 48, 12  # characters of a name: that are written, and from which on pointing at it shows all


def text(value: Any) -> str:
    """Any value as HTML that shows it; characters that no page can hold become question marks."""
    readable = "".join(c if c in "\t\n" or ord(c) >= 32 else "\ufffd" for c in str(value))
    return standard.escape(readable.encode("utf-8", "replace").decode("utf-8"))


def name(value: Any) -> str:
    """A class's or a file's name: cut if it is long, and kept from turning the direction of the text around it."""
    full = str(value) if str(value).strip() else repr(value)
    shown = full if len(full) <= LONGEST else f"{full[: LONGEST - 1]}…"
    title = f' title="{text(full[:1000])}"' if len(full) > TITLED else ""
    return f"<bdi{title}>{text(shown)}</bdi>"


def section(key: str, title: str, lead: str, *html: str) -> str:
    """A heading, a paragraph that says what one sees, and the rest; `lead` is HTML."""
    return f'<section id="{key}">\n<h2>{title}</h2>\n<p class="lead">{lead}</p>\n{"".join(html)}</section>\n'


def left_out(key: str, title: str, why: str) -> str:
    """A section that this run has nothing for: one line."""
    return section(key, title, f'<span class="missing">Left out: {text(why)}</span>')


def table(label: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1, kind: str = "") -> str:
    """A table that scrolls inside its own box; cells are HTML, the first `words` columns are words, the rest numbers.

    A cell may bring its own <td> or <th>.
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
    """Small pictures in a row that wraps; pointing at one shows its label."""
    images = "".join(
        f'<img src="{address}" alt="{text(label)}" title="{text(label)}">'
        for address, label in zip(addresses, labels, strict=True)
    )
    return f'<div class="tiles {kind}">{images}</div>\n'


def folded(title: str, html: str) -> str:
    """What is seen after a click on its title."""
    return f"<details><summary>{title}</summary>\n{html}</details>\n"


def count(number: int, one: str, many: str | None = None) -> str:
    """1 image, 1,234 images."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of 1 in percent; a dash for None."""
    return "–" if share is None else f"{share:.{digits}%}"


def thinned(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many of the items, evenly spread, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
