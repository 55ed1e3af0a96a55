"""Rearrangements of channels and space: pixel_shuffle, pixel_unshuffle, channel_shuffle.

pixel_shuffle is the upsampling of Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient
Sub-Pixel Convolutional Neural Network" (2016), equation 4; channel_shuffle is from Zhang et al., "ShuffleNet" (2017).
Each of these ops is a permutation of cells, so its vjp is its inverse.
"""

from __future__ import annotations

import math
from typing import Any

from ..errors import ShapeError
from ..tape.operands import floating
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from ..window import positive

# ---- the ops ----


@primitive(name="pixel_shuffle")
def _shuffle(x: Array, r: int) -> Array:
    *lead, c, h, w = x.shape
    cells = x.reshape(math.prod(lead), c // r**2, r, r, h, w)  # (N, C, row, column, H, W)
    return cells.transpose(0, 1, 4, 2, 5, 3).reshape(*lead, c // r**2, h * r, w * r)


@_shuffle.vjp
def shuffle_vjp(g: Any, needs: Any, y: Any, x: Any, r: int) -> Any:
    return (_unshuffle(g, r),)


@primitive(name="pixel_unshuffle")
def _unshuffle(x: Array, r: int) -> Array:
    *lead, c, h, w = x.shape
    cells = x.reshape(math.prod(lead), c, h // r, r, w // r, r)  # (N, C, H, row, W, column)
    return cells.transpose(0, 1, 3, 5, 2, 4).reshape(*lead, c * r**2, h // r, w // r)


@_unshuffle.vjp
def unshuffle_vjp(g: Any, needs: Any, y: Any, x: Any, r: int) -> Any:
    return (_shuffle(g, r),)


@primitive(name="channel_shuffle")
def _shuffle_channels(x: Array, groups: int) -> Array:
    n, c, *space = x.shape
    return x.reshape(n, groups, c // groups, *space).swapaxes(1, 2).reshape(x.shape)


@_shuffle_channels.vjp
def shuffle_channels_vjp(g: Any, needs: Any, y: Any, x: Any, groups: int) -> Any:
    return (_shuffle_channels(g, g.shape[1] // groups),)


# ---- the public functions ----


def pixel_shuffle(input: T | ArrayLike, upscale_factor: int) -> T:
    """Move groups of r^2 channels into blocks of r x r cells: (*, C * r^2, H, W) to (*, C, H * r, W * r).

    output[..., c, r*h + i, r*w + j] = input[..., c * r^2 + r*i + j, h, w] for any number of leading axes. Raises
    ShapeError or DtypeError.
    """
    x = floating("pixel_shuffle", input)
    r = _factor("pixel_shuffle", "upscale_factor", upscale_factor, x.shape)
    if x.shape[-3] % r**2:
        raise ShapeError(
            f"pixel_shuffle: input of shape {x.shape} has {x.shape[-3]} channels; upscale_factor {r} needs a multiple "
            f"of {r**2}"
        )
    return _shuffle(x, r)


def pixel_unshuffle(input: T | ArrayLike, downscale_factor: int) -> T:
    """Move blocks of r x r cells into r^2 channels: (*, C, H * r, W * r) to (*, C * r^2, H, W).

    This is the inverse of `pixel_shuffle`. There may be any number of leading axes. Raises ShapeError or DtypeError.
    """
    x = floating("pixel_unshuffle", input)
    r = _factor("pixel_unshuffle", "downscale_factor", downscale_factor, x.shape)
    for name, size in zip(("height", "width"), x.shape[-2:], strict=True):
        if size % r:
            raise ShapeError(
                f"pixel_unshuffle: input of shape {x.shape} has {name} {size}; downscale_factor {r} must divide it"
            )
    return _unshuffle(x, r)


def channel_shuffle(input: T | ArrayLike, groups: int) -> T:
    """Permute the channels of (N, C, *): channel g * (C / groups) + k becomes channel k * groups + g.

    Each group of a following grouped convolution then reads channels of every group. Raises ShapeError or DtypeError.
    """
    x = floating("channel_shuffle", input)
    if x.ndim < 3:
        raise ShapeError(f"channel_shuffle: input has shape {x.shape}; (batch, channels, space) is needed")
    groups = positive("channel_shuffle", "groups", groups)
    if x.shape[1] % groups:
        raise ShapeError(f"channel_shuffle: input has {x.shape[1]} channels; groups={groups} must divide them")
    return _shuffle_channels(x, groups)


def _factor(op: str, name: str, factor: Any, shape: tuple[int, ...]) -> int:
    if len(shape) < 3:
        raise ShapeError(f"{op}: input has shape {shape}; (*, channels, height, width) is needed")
    return positive(op, name, factor)
