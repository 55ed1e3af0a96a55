"""A picture of a drawn sign as the digit sets show theirs: light ink on black, cropped, centred, of one size.

Works on Pillow's images, which `image.py` reads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dataset import Array

CONTRAST = 0.25  # ink is what stands out from the ground by more than this share of the whole contrast
CALM = 128  # pixels of the longer side of a picture in which ink is looked for: shrinking averages grain away
MAX_PIXELS = 1 << 26  # of a frame


def as_sign(picture: Any, height: int, width: int, margin: int = 0) -> Any:
    """A picture in mode "L", its ink light on black, of height x width.

    Args:
        picture: one sign on a plain ground. If the border is light it is inverted. One that has this very size is taken
            to be prepared already: nothing else is done.
        margin: cells that are left free on all sides. Without, the ink fills the frame and is centred by its outline;
            with it, by its mass (as in MNIST: 20x20 within 28x28, Y. LeCun et al., 1998, section III.A).
    """
    from PIL import Image

    cells = np.asarray(picture.convert("L"), np.float32)  # (rows, columns)
    border = np.concatenate([cells[0], cells[-1], cells[1:-1, 0], cells[1:-1, -1]])
    if np.median(border) > (cells.min() + cells.max()) / 2:
        cells, border = 255 - cells, 255 - border
    if cells.shape == (height, width):
        return Image.fromarray(cells.astype(np.uint8))
    ground = float(np.median(border))
    high = float(_calm(cells).max())
    if high - ground < 1:  # one colour: nothing is drawn
        return Image.new("L", (width, height))
    cells = ((cells - ground) / (high - ground)).clip(0, 1)
    cells = _cropped(_cropped(cells))  # a small sign on a large sheet is found roughly, then closely
    framed = _framed(cells, height / (height - 2 * margin), width / (width - 2 * margin), height / width, margin > 0)
    small = np.asarray(Image.fromarray(framed).resize((width, height), Image.Resampling.BOX), np.float32)
    return Image.fromarray(np.rint(small * (255 / max(float(small.max()), 1))).astype(np.uint8))  # thin lines had paled


def _calm(cells: Array) -> Array:
    """The cells averaged until the longer side is CALM pixels at most."""
    share = min(1.0, CALM / max(cells.shape))
    height, width = (max(1, round(side * share)) for side in cells.shape)
    return _shrunk(cells, height, width)


def _shrunk(cells: Array, height: int, width: int) -> Array:
    from PIL import Image

    if cells.shape == (height, width):
        return cells
    return np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BOX))


def _cropped(cells: Array) -> Array:
    """The part that holds the ink of cells from 0 to 1; all of it if there is none."""
    calm = _calm(cells)
    ink = calm > CONTRAST * calm.max()  # of what is left of thin lines
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return cells
    tall, wide = cells.shape[0] / ink.shape[0], cells.shape[1] / ink.shape[1]  # of a pixel of the calm picture
    return cells[
        math.floor(rows[0] * tall) : math.ceil((rows[-1] + 1) * tall),
        math.floor(columns[0] * wide) : math.ceil((columns[-1] + 1) * wide),
    ]


def _framed(cells: Array, tall: float, wide: float, aspect: float, by_mass: bool) -> Array:
    """uint8 cells in the middle of the smallest black frame of height / width = aspect.

    The frame is at least `tall` times as high and `wide` times as wide as the cells.
    """
    frame = _frame(cells, tall, wide, aspect)
    if math.prod(frame) > MAX_PIXELS:  # a line of 65,536 x 1 would ask for a square of 4 GiB
        share = math.sqrt(MAX_PIXELS / math.prod(frame))
        cells = _shrunk(cells, *(max(1, int(side * share)) for side in cells.shape))
        frame = _frame(cells, tall, wide, aspect)
    starts = []
    for axis, (side, all_of_it) in enumerate(zip(cells.shape, frame, strict=True)):
        mass = cells.sum(1 - axis, dtype=np.float64)
        middle = float(mass @ (np.arange(side) + 0.5)) / mass.sum() if by_mass else side / 2
        starts.append(min(max(int(all_of_it / 2 - middle), 0), all_of_it - side))
    top, left = starts
    framed = np.zeros(frame, np.uint8)
    framed[top : top + cells.shape[0], left : left + cells.shape[1]] = np.rint(cells * 255)
    return framed


def _frame(cells: Array, tall: float, wide: float, aspect: float) -> tuple[int, int]:
    """The smallest (height, width) of this aspect around cells with their margins."""
    height, width = cells.shape
    least = max(height * tall, width * wide * aspect)
    return max(height, round(least)), max(width, round(least / aspect))
