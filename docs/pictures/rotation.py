"""Draw `rotation.svg`, the picture of docs/tutorials/gradients.md: a cell of dX and the four products of its sum.

Run `python docs/pictures/rotation.py` in an environment with rot180. The numbers come from `F.conv2d_backward`; the
script fails if the products that it draws do not add up to the library's value.
"""

from pathlib import Path

import numpy as np

import rot180.functional as F

CELL, BLUE, ORANGE, INK, SOFT = 46, "#0072B2", "#E69F00", "#1a1a1a", "#d9dee3"
LABEL = {BLUE: "#00507d", ORANGE: "#8a5a00", INK: INK}  # darker, for small figures
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"


def text(x, y, words, size=17, color=INK, **more):
    """A centred line of text, with further SVG attributes in `more`."""
    attributes = {"text-anchor": "middle", **{key.replace("_", "-"): value for key, value in more.items()}}
    pairs = " ".join(f"{key}='{value}'" for key, value in attributes.items())
    return f"<text x='{x}' y='{y}' font-size='{size}' fill='{color}' {FONT} {pairs}>{words}</text>"


def square(x, y, **style):
    """One cell."""
    pairs = " ".join(f"{key.replace('_', '-')}='{value}'" for key, value in style.items())
    return f"<rect x='{x}' y='{y}' width='{CELL}' height='{CELL}' {pairs}/>"


def grid(left, top, values, title, marked, color):
    """A matrix as squares; `marked` maps a cell to the number of the product that it belongs to."""
    rows, columns = values.shape
    yield text(left + columns * CELL / 2, top - 14, title, 19)
    for i in range(rows):
        for j in range(columns):
            x, y = left + j * CELL, top + i * CELL
            on = (i, j) in marked
            yield square(x, y, fill=color if on else "#ffffff", fill_opacity=0.22 if on else 1, stroke=SOFT)
            yield text(x + CELL / 2, y + CELL / 2 + 6, f"{values[i, j]:g}".replace("-", "−"))
            if on and marked[i, j]:
                yield text(x + 9, y + 14, marked[i, j], 11, LABEL[color], font_weight="bold")
    for i, j in marked:  # outlines last, above their neighbours
        yield square(left + j * CELL, top + i * CELL, fill="none", stroke=color, stroke_width=2.5)


def main():
    """Compute the example, check it, write the file."""
    dy = np.array([[2, -1, 3], [1, 4, -2], [0, 2, 1]], np.float64)
    w = np.array([[1, 2], [3, 5]], np.float64)
    dx, _, _ = F.conv2d_backward(dy[None, None], np.zeros((1, 1, 4, 4)), w[None, None])
    i, j = 1, 1
    pairs = [((i - r, j - s), (r, s)) for r in (1, 0) for s in (1, 0)]  # dy cell and the w cell it meets
    products = [(dy[p], w[k]) for p, k in pairs]
    assert sum(a * b for a, b in products) == dx[0, 0, i, j]

    top, width, height = 62, 760, 340
    terms = " + ".join(f"{a:g}·{b:g}" if a >= 0 else f"(−{-a:g})·{b:g}" for a, b in products)
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}'>",
        "<title>One cell of dX and the four products that made it</title>",
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        *grid(36, top + 23, dy, "dy", {p: n for n, (p, _) in enumerate(pairs, 1)}, BLUE),
        *grid(266, top + 46, w, "w", {k: n for n, (_, k) in enumerate(pairs, 1)}, ORANGE),
        *grid(540, top, dx[0, 0], "dX", {(i, j): ""}, INK),
        text(220, top + 98, "*", 24),
        text(432, top + 98, "→", 24),
        text(312, top + 186, "read 1 2 3 4: forwards in dy, backwards in w", 13, "#555555"),
        text(312, top + 204, "= the kernel, rotated by 180°", 13, "#555555"),
        text(width / 2, height - 22, f"dX[{i},{j}] = {terms} = {dx[0, 0, i, j]:g}", 19),
        "</svg>\n",
    ]
    Path(__file__).with_suffix(".svg").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
