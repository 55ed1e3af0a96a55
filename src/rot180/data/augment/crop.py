"""Random crops, and random shifts by whole cells (which are crops of an image with a border)."""

from __future__ import annotations

import operator
from typing import Any, Literal, get_args

import numpy as np

from ...errors import ShapeError
from ...spelling import unknown_name
from ..dataset import Array
from .augmentation import ImageAugmentation, unit

Mode = Literal["constant", "edge", "reflect", "symmetric"]


class Crop(ImageAugmentation):
    """Crop each image at a random position; all positions are equally likely.

    `Crop(32, padding=4)` is the usual crop for images of 32x32 (He et al., "Deep Residual Learning for Image
    Recognition", 2016, section 4.2).

    Args:
        size: the side of the crop, or (height, width).
        padding: cells added on every side before cropping.
        fill: the value of those cells if padding_mode is "constant".
        padding_mode: "constant", "edge", "reflect" or "symmetric", as in numpy.pad.

    Raises ShapeError if the crop is larger than the padded image.
    """

    numbers = 2

    def __init__(
        self, size: int | tuple[int, int], padding: int = 0, fill: float = 0.0, padding_mode: Mode = "constant"
    ) -> None:
        self.size = _sides(self.op, "size", size, least=1)
        if isinstance(padding, bool) or operator.index(padding) < 0:
            raise ValueError(f"Crop: padding must be an int of at least 0; got {padding}")
        self.padding = operator.index(padding)
        self.fill, self.padding_mode = float(fill), _mode(self.op, padding_mode)

    def change(self, images: Array, draws: Array) -> Array:
        padded = _padded(images, (self.padding, self.padding), self.padding_mode, self.fill)
        if padded.shape[2] < self.size[0] or padded.shape[3] < self.size[1]:
            raise ShapeError(
                f"Crop: images of {images.shape[2]} x {images.shape[3]} cells with padding={self.padding} are smaller "
                f"than size {self.size[0]} x {self.size[1]}"
            )
        return _piece(padded, self.size, draws)


class Shift(ImageAugmentation):
    """Shift each image vertically and horizontally by whole cells; all shifts are equally likely.

    Args:
        cells: the largest shift, or (rows, columns).
        padding_mode: the values at the border: "constant" (zeros), "edge", "reflect" or "symmetric", as in numpy.pad.
    """

    numbers = 2

    def __init__(self, cells: int | tuple[int, int], padding_mode: Mode = "constant") -> None:
        self.cells = _sides(self.op, "cells", cells, least=0)
        self.padding_mode = _mode(self.op, padding_mode)

    def change(self, images: Array, draws: Array) -> Array:
        return _piece(_padded(images, self.cells, self.padding_mode), images.shape[2:], draws)


def _padded(images: Array, cells: tuple[int, int], mode: Mode, fill: float = 0.0) -> Array:
    if not any(cells):
        return images
    widths = [(0, 0), (0, 0), *((n, n) for n in cells)]
    if mode == "constant":
        return np.pad(images, widths, mode, constant_values=fill)
    return np.pad(images, widths, mode)


def _piece(images: Array, size: Any, draws: Array) -> Array:
    """Crop (N, C, height, width) at the positions given by the draws (N, 2)."""
    pieces = np.lib.stride_tricks.sliding_window_view(images, size, (2, 3))  # (N, C, rows, columns, height, width)
    top, left = (unit(draws) * pieces.shape[2:4]).astype(np.intp).T
    return pieces[np.arange(len(images)), :, top, left]


def _sides(op: str, name: str, value: Any, least: int) -> tuple[int, int]:
    """One number for both axes, or a pair (rows, columns)."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or any(isinstance(n, bool) or operator.index(n) < least for n in pair):
        raise ValueError(f"{op}: {name} must be an int of at least {least}, or two of them; got {value}")
    return operator.index(pair[0]), operator.index(pair[1])


def _mode(op: str, mode: Mode) -> Mode:
    if mode not in get_args(Mode):
        raise ValueError(f"{op}: {unknown_name('padding mode', mode, get_args(Mode))}")
    return mode
