"""Random affine maps and rotations of images, with bilinear interpolation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dataset import Array
from .augmentation import ImageAugmentation


class Affine(ImageAugmentation):
    """Apply a random affine map to each image: bilinear interpolation, zeros outside.

    Args:
        rotation: largest angle in radians.
        scale: largest relative change of size.
        slant: largest shear, relative to the height.
        shift: largest shift, relative to half the side.
    """

    numbers = 5

    def __init__(self, rotation: float = 0.2, scale: float = 0.1, slant: float = 0.15, shift: float = 0.1) -> None:
        self.rotation, self.scale = _finite(self.op, "rotation", rotation), _finite(self.op, "scale", scale)
        self.slant, self.shift = _finite(self.op, "slant", slant), _finite(self.op, "shift", shift)

    def change(self, images: Array, draws: Array) -> Array:
        return _mapped(images, *(draws * [self.rotation, self.scale, self.slant, self.shift, self.shift]).T)


class Rotate(ImageAugmentation):
    """Rotate each image about its centre by a random angle: bilinear interpolation, zeros outside.

    Args:
        degrees: the largest angle in either direction.
    """

    numbers = 1

    def __init__(self, degrees: float) -> None:
        self.degrees = _finite(self.op, "degrees", degrees)

    def change(self, images: Array, draws: Array) -> Array:
        return _mapped(images, draws[:, 0] * math.radians(self.degrees))


def _finite(op: str, name: str, value: Any) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{op}: {name} must be a finite number; got {value}")
    return float(value)


def _mapped(
    images: Array, angle: Array, scale: Any = 0.0, slant: Any = 0.0, down: Any = 0.0, right: Any = 0.0
) -> Array:
    """Apply affine maps to images (N, C, H, W); the parameters have shape (N,)."""
    height, width = images.shape[2:]
    angle, scale, slant, down, right = (np.reshape(number, (-1, 1, 1)) for number in (angle, scale, slant, down, right))
    row = np.linspace(-1, 1, 2 * height + 1)[1::2, None]  # centres of the cells, if the image spans -1 to 1
    column = np.linspace(-1, 1, 2 * width + 1)[1::2]
    row_in_widths, column_in_heights = row * (height / width), column * (width / height)  # distances in cells
    # The source of each cell of the result, (N, H, W). The lines below work in place, because allocating arrays takes
    # most of the time.
    y = np.sin(angle) * column_in_heights + (1 + scale) * np.cos(angle) * row
    x = (1 + scale) * np.cos(angle) * column + (slant - np.sin(angle)) * row_in_widths
    for place, move, size in ((y, down, height), (x, right, width)):
        place += move
        place += 1
        place *= size / 2
        place -= 0.5  # coordinates in cells of the image
    return _sample(images, y, x)


def _sample(images: Array, y: Array, x: Array) -> Array:
    """Bilinear interpolation of (N, C, H, W) at the positions y, x (N, P, Q), which are overwritten; zeros outside."""
    n, channels, height, width = images.shape
    # A border of zeros for positions outside the image. It is two cells wide at the end of each axis, because the
    # interpolation also reads the next cell.
    padded = np.zeros((channels, n, height + 3, width + 3), images.dtype)
    padded[:, :, 1:-2, 1:-2] = images.swapaxes(0, 1)
    for place, size in ((y, height), (x, width)):
        place += 1
        np.clip(place, 0, size + 1, out=place)
    top, left = y.astype(np.intp), x.astype(np.intp)
    y -= top
    x -= left
    down, right = y.astype(images.dtype), x.astype(images.dtype)
    up, beside = 1 - down, 1 - right
    at = (np.arange(n)[:, None, None] * (height + 3) + top) * (width + 3) + left  # flat index of the upper left cell
    next_line = at + (width + 3)
    result = np.empty((n, channels, *y.shape[1:]), images.dtype)
    for channel in range(channels):
        cells = padded[channel].ravel()
        upper = cells.take(at)
        upper *= beside
        upper += cells[1:].take(at) * right
        lower = cells.take(next_line)
        lower *= beside
        lower += cells[1:].take(next_line) * right
        upper *= up
        lower *= down
        np.add(upper, lower, out=result[:, channel])
    return result
