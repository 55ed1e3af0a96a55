"""Convert a picture of a drawing to the style of the digit data sets: light ink on black, cropped, centred, resized.

The functions work on Pillow's images, which `image.py` reads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dataset import Array

CONTRAST = 0.25  # ink differs from the background by more than this share of the full contrast
COARSE = 128  # ink is searched in a copy with this longer side; shrinking averages noise away
MAX_PIXELS = 1 << 26  # the limit for the pixels of a frame


def prepared_drawing(picture: Any, height: int, width: int, margin: int = 0) -> Any:
    """Prepare a drawing: light ink on black, height x width, in Pillow's mode "L".

    Args:
        picture: one drawing on a plain background. The drawing is inverted if its border is light. If it already has
            the wanted size, it is not cropped or resized.
        margin: empty cells on all sides. With 0, the ink fills the frame and is centred by its bounding box; otherwise
            it is centred by its centre of mass (as in MNIST: 20x20 within 28x28, Y. LeCun et al., 1998, section III.A).
    """
    from PIL import Image

    cells = np.asarray(picture.convert("L"), np.float32)  # (rows, columns)
    border = np.concatenate([cells[0], cells[-1], cells[1:-1, 0], cells[1:-1, -1]])
    if np.median(border) > (cells.min() + cells.max()) / 2:
        cells, border = 255 - cells, 255 - border
    if cells.shape == (height, width):
        return Image.fromarray(cells.astype(np.uint8))
    ground = float(np.median(border))
    high = float(_coarse(cells).max())
    if high - ground < 1:  # one colour: there is no drawing
        return Image.new("L", (width, height))
    cells = ((cells - ground) / (high - ground)).clip(0, 1)
    cells = _cropped(_cropped(cells))  # twice: a small drawing on a large sheet is located roughly, then exactly
    framed = _framed(cells, height / (height - 2 * margin), width / (width - 2 * margin), height / width, margin > 0)
    small = np.asarray(Image.fromarray(framed).resize((width, height), Image.Resampling.BOX), np.float32)
    return Image.fromarray(
        np.rint(small * (255 / max(float(small.max()), 1))).astype(np.uint8)
    )  # scaled to 255, because resizing makes thin lines darker


def _coarse(cells: Array) -> Array:
    """The cells, averaged so that the longer side has at most COARSE pixels."""
    share = min(1.0, COARSE / max(cells.shape))
    height, width = (max(1, round(side * share)) for side in cells.shape)
    return _shrunk(cells, height, width)


def _shrunk(cells: Array, height: int, width: int) -> Array:
    from PIL import Image

    if cells.shape == (height, width):
        return cells
    return np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BOX))


def _cropped(cells: Array) -> Array:
    """The part of the cells (0 to 1) that contains the ink; all of them if there is no ink."""
    coarse = _coarse(cells)
    ink = coarse > CONTRAST * coarse.max()  # relative to the maximum, which is low for thin lines
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    if not rows.size:
        return cells
    tall, wide = cells.shape[0] / ink.shape[0], cells.shape[1] / ink.shape[1]  # cells per coarse pixel
    return cells[
        math.floor(rows[0] * tall) : math.ceil((rows[-1] + 1) * tall),
        math.floor(columns[0] * wide) : math.ceil((columns[-1] + 1) * wide),
    ]


def _framed(cells: Array, tall: float, wide: float, aspect: float, by_mass: bool) -> Array:
    """The cells as uint8 in the middle of the smallest black frame with height / width = aspect.

    The frame is at least `tall` times as high and `wide` times as wide as the cells.
    """
    frame = _frame(cells, tall, wide, aspect)
    if math.prod(frame) > MAX_PIXELS:  # e.g. a line of 65,536 x 1 would need a square of 4 GiB
        share = math.sqrt(MAX_PIXELS / math.prod(frame))
        cells = _shrunk(cells, *(max(1, int(side * share)) for side in cells.shape))
        frame = _frame(cells, tall, wide, aspect)
    starts = []
    for axis, (side, frame_side) in enumerate(zip(cells.shape, frame, strict=True)):
        mass = cells.sum(1 - axis, dtype=np.float64)
        middle = float(mass @ (np.arange(side) + 0.5)) / mass.sum() if by_mass else side / 2
        starts.append(min(max(int(frame_side / 2 - middle), 0), frame_side - side))
    top, left = starts
    framed = np.zeros(frame, np.uint8)
    framed[top : top + cells.shape[0], left : left + cells.shape[1]] = np.rint(cells * 255)
    return framed


def _frame(cells: Array, tall: float, wide: float, aspect: float) -> tuple[int, int]:
    """The smallest (height, width) with this aspect around cells and their margins."""
    height, width = cells.shape
    least = max(height * tall, width * wide * aspect)
    return max(height, round(least)), max(width, round(least / aspect))
