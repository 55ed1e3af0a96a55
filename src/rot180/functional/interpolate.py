"""Interpolation, 1-d to 3-d: every mode is one linear map per axis, written here as taps (which cells, which weights).

A mode is a rule from the coordinate of an output cell p to the input cells around it. PyTorch's coordinates, for an
axis of n cells that gets m, with scale = n / m (or 1 / scale_factor where that is given):

    nearest          scale * p, rounded down
    nearest-exact    scale * (p + 1/2), rounded down
    linear, cubic    scale * (p + 1/2) - 1/2: cells are areas, and the outer edges of input and output agree;
                     with align_corners (n - 1) / (m - 1) * p: cells are points, and the outermost agree

They are computed in the dtype of the input and rounded down in float32, as PyTorch does: where a coordinate is near a
whole number, these roundings decide. Beyond the border the outermost cell goes on.
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

_MODES = {  # the numbers of spatial axes that each takes
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}
_WITH_CORNERS = ("linear", "bilinear", "bicubic", "trilinear")
_BY_SIZE = 128  # height + width of the images up to which PyTorch takes "nearest" by the sizes; see `_sized`
_LAYOUTS = {1: "(N, C, W)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


def interpolate(
    input: T | ArrayLike, size: PerAxis | None = None, scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest", align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> T:  # fmt: skip
    """`input` with its spatial axes made longer or shorter.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: the spatial size of the output, an int or one per axis; give this or `scale_factor`.
        scale_factor: a number, or one per spatial axis; the size is floor(scale_factor * size of the input).
        mode: "nearest", "nearest-exact" or "area" (the adaptive average) for all of these inputs, "linear" for
            (N, C, W), "bilinear" or "bicubic" for (N, C, H, W), "trilinear" for (N, C, D, H, W).
        align_corners: only for the linear and cubic modes, where None is False: whether the centres of the corner cells
            of input and output agree, or their outer edges.
        recompute_scale_factor: take the coordinates from the two sizes instead of `scale_factor`; that differs where
            the size was rounded down.
        antialias: must be False.

    Bicubic has the kernel of Keys, "Cubic convolution interpolation for digital image processing" (1981), with
    a = -3/4. Raises ShapeError where the input or a size does not fit, ValueError for settings that do not go together.
    """
    x = floating("interpolate", input)
    check_settings("interpolate", size, scale_factor, mode, align_corners, recompute_scale_factor)
    if antialias:
        raise ValueError("interpolate: antialias=True is not there; average first, with mode='area' or a pool")
    _check_shape(mode, x.shape)
    sizes, factors = _sizes(x.shape[2:], size, scale_factor)
    if mode == "area":
        return adaptive_average(x, sizes, "interpolate")
    if recompute_scale_factor:
        factors = (None,) * len(sizes)
    elif mode == "nearest":
        factors = _sized(x.shape[2:], sizes, factors)
    kind, corners = raw(x).dtype, bool(align_corners)
    maps = tuple(_axis_map(mode, n, m, f, corners, kind) for n, m, f in zip(x.shape[2:], sizes, factors, strict=True))
    return resample(x, maps, "interpolate") if any(maps) else x


def check_settings(op: str, size: Any, scale_factor: Any, mode: Any, align_corners: Any, recompute: Any) -> None:
    """ValueError for settings that fit no input."""
    if mode not in tuple(_MODES):
        raise ValueError(f"{op}: mode must be one of {', '.join(map(repr, _MODES))}; got {mode!r}")
    if align_corners is not None and mode not in _WITH_CORNERS:
        fitting = ", ".join(map(repr, _WITH_CORNERS))
        raise ValueError(f"{op}: align_corners is for the modes {fitting}; leave it out with mode {mode!r}")
    if (size is None) == (scale_factor is None):
        raise ValueError(f"{op}: give either size or scale_factor; got {'neither' if size is None else 'both'}")
    if recompute and size is not None:
        raise ValueError(f"{op}: recompute_scale_factor=True needs a scale_factor, not a size")


def _check_shape(mode: str, shape: Sizes) -> None:
    if len(shape) - 2 not in _MODES[mode]:
        fitting = " or ".join(_LAYOUTS[ndim] for ndim in _MODES[mode])
        raise ShapeError(f"interpolate: mode {mode!r} takes an input {fitting}; got shape {shape}")
    if 0 in shape[2:]:
        raise ShapeError(f"interpolate: input has shape {shape}; its spatial axes must not be empty")


def _sizes(space: Sizes, size: Any, scale_factor: Any) -> tuple[Sizes, tuple[float | None, ...]]:
    """The spatial size of the output, and the scale factors where these were given."""
    if scale_factor is None:
        sizes, because = per_axis("interpolate", "size", ints(size), len(space)), ""
        factors: tuple[float | None, ...] = (None,) * len(space)
    else:
        factors = numbers = _numbers(scale_factor, len(space))
        sizes = tuple(math.floor(n * f) for n, f in zip(space, numbers, strict=True))
        because = f" with scale_factor={scale_factor!r}"
    if any(m < 1 for m in sizes):
        raise ShapeError(f"interpolate: {space} would become {sizes}{because}; every size must be at least 1")
    return sizes, factors


def _sized(space: Sizes, sizes: Sizes, factors: tuple[float | None, ...]) -> tuple[float | None, ...]:
    """The factors that count for "nearest": in PyTorch's smaller images not those that came to once or twice the size.

    So 3 rows times 1.3, which are 3 rows, stay as they are. In larger images, in 1-d and in 3-d the factor decides.
    """
    if len(sizes) != 2 or sum(sizes) > _BY_SIZE:
        return factors
    return tuple(None if m in (n, 2 * n) else f for n, m, f in zip(space, sizes, factors, strict=True))


def _numbers(scale_factor: Any, ndim: int) -> tuple[float, ...]:
    items = tuple(scale_factor) if isinstance(scale_factor, list | tuple | np.ndarray) else (scale_factor,) * ndim
    good = all(isinstance(f, Real) and not isinstance(f, bool) and math.isfinite(f) for f in items)
    if not good or len(items) != ndim:
        raise ShapeError(
            f"interpolate: scale_factor must be a finite number, or {ndim}, one per spatial axis; got {scale_factor!r}"
        )
    return tuple(map(float, items))


# ---- one axis ----


@lru_cache(maxsize=512)
def _axis_map(mode: str, n: int, m: int, factor: float | None, corners: bool, dtype: Any) -> AxisMap | None:
    """The map from n cells to m; None where it changes nothing."""
    if n == m and mode.endswith("linear"):
        return None  # whatever the factor is
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
    """Where the cells of the output lie among those of the input."""
    p, half = np.arange(m, dtype=dtype), dtype.type(0.5)
    if corners:
        return p * (dtype.type(n - 1) / dtype.type(m - 1) if m > 1 else dtype.type(0))
    return _scale(n, m, factor, dtype) * (p + half) - half


def _linear(n: int, at: Array) -> list[tuple[Array, Array]]:
    """(cells, weights) of the two neighbours of each coordinate."""
    i = _floor(at, n)
    t = np.clip(at - i.astype(at.dtype), 0, 1)
    return [(i, 1 - t), (i + 1, t)]


def _cubic(n: int, at: Array) -> list[tuple[Array, Array]]:
    """(cells, weights) of the four neighbours of each coordinate: Keys' kernel, equation 4, at their distances."""
    a = at.dtype.type(-0.75)
    i = _floor(at, n)
    t = np.clip(at - i.astype(at.dtype), 0, 1)

    def near(d: Array) -> Array:  # up to 1
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Array) -> Array:  # from 1 to 2
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [(i - 1, far(t + 1)), (i, near(t)), (i + 1, near(1 - t)), (i + 2, far(2 - t))]


def _floor(at: Array, n: int) -> Array:
    """The cells at or before these coordinates, at most the last one."""
    return np.minimum(np.floor(at.astype(np.float32)).astype(np.intp), n - 1)
