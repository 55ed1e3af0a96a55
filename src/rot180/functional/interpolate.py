"""Interpolation, 1-d to 3-d. Every mode is one linear map per axis, given by taps (input cells and their weights).

A mode computes a coordinate for each output cell p and combines the input cells around that coordinate. The coordinates
are the same as in PyTorch. For an axis that is resized from n to m cells, the scale is n / m, or 1 / scale_factor if a
scale_factor was passed:

    nearest          scale * p, rounded down
    nearest-exact    scale * (p + 1/2), rounded down
    linear, cubic    scale * (p + 1/2) - 1/2: cells are areas, and the outer edges of input and output coincide;
                     with align_corners (n - 1) / (m - 1) * p: cells are points, and the outermost cells coincide

As in PyTorch, coordinates are computed in the dtype of the input and rounded down in float32. If a coordinate is close
to an integer, this rounding decides which cell is read. Reads beyond the border return the outermost cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape.operands import floating, raw
from ..tape.record import Array
from ..tape.types import ArrayLike, T
from ..window import PerAxis, Sizes, ints, per_axis
from .adaptive_pool import adaptive_average
from .axis_map import AxisMap
from .resample import resample

_MODES = {  # the supported numbers of spatial axes
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}
_ALIGN_CORNERS_MODES = ("linear", "bilinear", "bicubic", "trilinear")
_SMALL_IMAGE = 128  # largest height + width for which PyTorch's "nearest" may ignore the factor; see `_nearest_factors`
_LAYOUTS = {1: "(N, C, W)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


def interpolate(
    input: T | ArrayLike, size: PerAxis | None = None, scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest", align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> T:  # fmt: skip
    """Resize the spatial axes of `input`.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: the spatial size of the output, an int or one per axis. Pass either `size` or `scale_factor`.
        scale_factor: a number, or one per spatial axis. The output size is floor(scale_factor * input size).
        mode: "nearest", "nearest-exact" or "area" (adaptive average pooling) for all of these inputs, "linear" for
            (N, C, W), "bilinear" or "bicubic" for (N, C, H, W), "trilinear" for (N, C, D, H, W).
        align_corners: align the centres of the corner cells of input and output if True, their outer edges if False or
            None. Only for the linear and cubic modes.
        recompute_scale_factor: compute the coordinates from the two sizes instead of `scale_factor`. The result differs
            if the output size was rounded down.
        antialias: must be False.

    Returns (N, C, *size). Raises ShapeError if the input or a size does not fit, ValueError for settings that cannot be
    combined. Bicubic interpolation uses the kernel of Keys, "Cubic convolution interpolation for digital image
    processing" (1981), with a = -3/4.
    """
    x = floating("interpolate", input)
    check_settings("interpolate", size, scale_factor, mode, align_corners, recompute_scale_factor)
    if antialias:
        raise ValueError("interpolate: antialias=True is not supported; average first, with mode='area' or a pool")
    _check_shape(mode, x.shape)
    sizes, factors = _sizes(x.shape[2:], size, scale_factor)
    if mode == "area":
        return adaptive_average(x, sizes, "interpolate")
    if recompute_scale_factor:
        factors = (None,) * len(sizes)
    elif mode == "nearest":
        factors = _nearest_factors(x.shape[2:], sizes, factors)
    dtype, corners = raw(x).dtype, bool(align_corners)
    maps = tuple(_axis_map(mode, n, m, f, corners, dtype) for n, m, f in zip(x.shape[2:], sizes, factors, strict=True))
    return resample(x, maps, "interpolate") if any(maps) else x


def check_settings(op: str, size: Any, scale_factor: Any, mode: Any, align_corners: Any, recompute: Any) -> None:
    """Raise ValueError for settings that are invalid for every input."""
    if mode not in tuple(_MODES):
        raise ValueError(f"{op}: mode must be one of {', '.join(map(repr, _MODES))}; got {mode!r}")
    if align_corners is not None and mode not in _ALIGN_CORNERS_MODES:
        modes = ", ".join(map(repr, _ALIGN_CORNERS_MODES))
        raise ValueError(f"{op}: align_corners works only with the modes {modes}; omit it for mode {mode!r}")
    if (size is None) == (scale_factor is None):
        raise ValueError(f"{op}: pass either size or scale_factor; got {'neither' if size is None else 'both'}")
    if recompute and size is not None:
        raise ValueError(f"{op}: recompute_scale_factor=True needs a scale_factor, not a size")


def _check_shape(mode: str, shape: Sizes) -> None:
    if len(shape) - 2 not in _MODES[mode]:
        layouts = " or ".join(_LAYOUTS[ndim] for ndim in _MODES[mode])
        raise ShapeError(f"interpolate: mode {mode!r} needs an input of shape {layouts}; got {shape}")
    if 0 in shape[2:]:
        raise ShapeError(f"interpolate: input has shape {shape}; its spatial axes must not be empty")


def _sizes(space: Sizes, size: Any, scale_factor: Any) -> tuple[Sizes, tuple[float | None, ...]]:
    """The spatial size of the output, and the scale factor of each axis (None if `size` was passed)."""
    if scale_factor is None:
        sizes, reason = per_axis("interpolate", "size", ints(size), len(space)), ""
        factors: tuple[float | None, ...] = (None,) * len(space)
    else:
        factors = numbers = _factor_per_axis(scale_factor, len(space))
        sizes = tuple(math.floor(n * f) for n, f in zip(space, numbers, strict=True))
        reason = f" with scale_factor={scale_factor!r}"
    if any(m < 1 for m in sizes):
        raise ShapeError(f"interpolate: size {space} would become {sizes}{reason}; every size must be at least 1")
    return sizes, factors


def _nearest_factors(space: Sizes, sizes: Sizes, factors: tuple[float | None, ...]) -> tuple[float | None, ...]:
    """The factors that mode "nearest" uses for its coordinates. If a factor is None, the two sizes are used instead.

    As in PyTorch, small images ignore the factor of an axis whose size is unchanged or exactly doubled: 3 rows with
    factor 1.3 give 3 rows, which are copies. Larger images and 1-d and 3-d inputs always use the factor.
    """
    if len(sizes) != 2 or sum(sizes) > _SMALL_IMAGE:
        return factors
    return tuple(None if m in (n, 2 * n) else f for n, m, f in zip(space, sizes, factors, strict=True))


def _factor_per_axis(scale_factor: Any, ndim: int) -> tuple[float, ...]:
    factors = tuple(scale_factor) if isinstance(scale_factor, list | tuple | np.ndarray) else (scale_factor,) * ndim
    finite = all(isinstance(f, Real) and not isinstance(f, bool) and math.isfinite(f) for f in factors)
    if not finite or len(factors) != ndim:
        raise ShapeError(
            f"interpolate: scale_factor must be a finite number or {ndim} of them, one per spatial axis; "
            f"got {scale_factor!r}"
        )
    return tuple(map(float, factors))


# ---- one axis ----


@lru_cache(maxsize=512)
def _axis_map(mode: str, n: int, m: int, factor: float | None, corners: bool, dtype: Any) -> AxisMap | None:
    """The map from n cells to m, or None if it is the identity."""
    if n == m and mode.endswith("linear"):
        return None  # unchanged for every scale factor, as in PyTorch
    if mode.startswith("nearest"):
        taps = [(_nearest(n, m, _scale(n, m, factor, dtype), mode == "nearest-exact"), np.ones(m, dtype))]
    elif mode == "bicubic":
        taps = _cubic(n, _coordinates(n, m, factor, corners, dtype))
    else:
        taps = _linear(n, np.maximum(_coordinates(n, m, factor, corners, dtype), 0))
    cells, weights = (np.concatenate(part) for part in zip(*taps, strict=True))
    axis_map = AxisMap(n, m, np.tile(np.arange(m), len(taps)), np.clip(cells, 0, n - 1), weights)
    return None if axis_map.copies == 1 else axis_map


def _scale(n: int, m: int, factor: float | None, dtype: Any) -> Any:
    return dtype.type(1 / factor) if factor is not None else dtype.type(n) / dtype.type(m)


def _nearest(n: int, m: int, scale: Any, exact: bool) -> Array:
    p = np.arange(m, dtype=scale.dtype)
    return _floor(scale * (p + scale.dtype.type(0.5)) if exact else scale * p, n)


def _coordinates(n: int, m: int, factor: float | None, corners: bool, dtype: Any) -> Array:
    """The coordinates of the output cells, in cells of the input."""
    p, half = np.arange(m, dtype=dtype), dtype.type(0.5)
    if corners:
        return p * (dtype.type(n - 1) / dtype.type(m - 1) if m > 1 else dtype.type(0))
    return _scale(n, m, factor, dtype) * (p + half) - half


def _linear(n: int, coordinates: Array) -> list[tuple[Array, Array]]:
    """(cells, weights) of the two neighbours of each coordinate."""
    i = _floor(coordinates, n)
    t = np.clip(coordinates - i.astype(coordinates.dtype), 0, 1)
    return [(i, 1 - t), (i + 1, t)]


def _cubic(n: int, coordinates: Array) -> list[tuple[Array, Array]]:
    """(cells, weights) of the four neighbours of each coordinate, by the kernel of Keys, equation 4."""
    a = coordinates.dtype.type(-0.75)
    i = _floor(coordinates, n)
    t = np.clip(coordinates - i.astype(coordinates.dtype), 0, 1)

    def near(d: Array) -> Array:  # for distances up to 1
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Array) -> Array:  # for distances from 1 to 2
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [(i - 1, far(t + 1)), (i, near(t)), (i + 1, near(1 - t)), (i + 2, far(2 - t))]


def _floor(coordinates: Array, n: int) -> Array:
    """The cells at or before these coordinates, at most the last one."""
    return np.minimum(np.floor(coordinates.astype(np.float32)).astype(np.intp), n - 1)
