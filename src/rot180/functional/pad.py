"""Padding with a constant or with copies of the input's own cells.

    mode         the border of 1 2 3 4, two cells on each side
    constant     v v   1 2 3 4   v v
    reflect      3 2   1 2 3 4   3 2         mirrored at the outermost cell, which is not repeated
    replicate    1 1   1 2 3 4   4 4
    circular     3 4   1 2 3 4   1 2

The border is filled axis by axis inside the padded array. The copies of an axis span the padded width of the axes
before it, so the corners are copies of copies. The adjoint, `_fold`, goes through the same copies in reverse order and
adds each border to its source. `_border` and `_fold` are each other's vjp.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from ..tape.operands import floating, real
from ..tape.primitives import primitive
from ..tape.record import Array
from ..tape.shape import getitem
from ..tape.types import ArrayLike, T
from ..window import Sizes, ints

MODES = ("constant", "reflect", "replicate", "circular")
Pairs = tuple[tuple[int, int], ...]  # (before, after) per axis, the first axis first


class Copy(NamedTuple):
    """One side of one axis: `border` is filled with copies of `source`. Mode "constant" uses `border` only."""

    border: tuple[slice, ...]
    source: tuple[slice, ...]
    axis: int
    repeats: bool  # True if the source is one cell wide and is repeated across the border


class Border(NamedTuple):
    """The layout of a padded array: its shape, the slice that holds the input, and the copies in order."""

    shape: Sizes
    inside: tuple[slice, ...]
    copies: tuple[Copy, ...]


# ---- the ops ----


@primitive(name="pad")
def _pad_constant(x: Array, border: Border, value: float) -> Array:
    y = np.empty_like(x, shape=border.shape)
    y[border.inside] = x
    for copy in border.copies:
        y[copy.border] = value
    return y


@_pad_constant.vjp
def pad_constant_vjp(g: Any, needs: Any, y: Any, x: Any, border: Border, value: float) -> Any:
    return (getitem(g, border.inside),)


@primitive(name="border")
def _border(x: Array, border: Border) -> Array:
    y = np.empty_like(x, shape=border.shape)
    y[border.inside] = x
    for copy in border.copies:
        y[copy.border] = y[copy.source]
    return y


@_border.vjp
def border_vjp(g: Any, needs: Any, y: Any, x: Any, border: Border) -> Any:
    return (_fold(g, border),)


@primitive(name="fold_border")
def _fold(y: Array, border: Border) -> Array:
    x = np.array(y, order="K")
    for copy in reversed(border.copies):
        cells = x[copy.border]
        x[copy.source] += cells.sum(copy.axis, keepdims=True) if copy.repeats else cells
    return x[border.inside]


@_fold.vjp
def fold_vjp(g: Any, needs: Any, x: Any, y: Any, border: Border) -> Any:
    return (_border(g, border),)


# ---- the public functions ----


def pad(input: T | ArrayLike, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> T:
    """Pad the last axes of `input`, or crop them if a number is negative.

    Args:
        input: Tensor or array.
        pad: (left, right, top, bottom, ...), a pair of ints per axis, the last axis first, as in PyTorch. Negative
            numbers crop: before padding in mode "circular", after padding in "reflect" and "replicate".
        mode: "constant" (the default), "reflect" (the padding must be smaller than the axis), "replicate", or
            "circular" (the padding must not be larger than the axis).
        value: the value of the new cells in mode "constant" (default: 0).

    Returns a Tensor if the input is one, otherwise an array. Raises ShapeError, DtypeError, or ValueError for an
    unknown mode or a value in another mode than "constant".
    """
    x = floating("pad", input)
    if mode not in MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(map(repr, MODES))}; got {mode!r}")
    if mode == "constant":
        value = 0.0 if value is None else real("pad", "value", value)
    elif value:  # 0 is accepted, as in PyTorch
        raise ValueError(f"pad: value works only with mode 'constant'; omit it for mode {mode!r}")
    crop, border, crop_after = _plan(x.shape, ints(pad), mode)
    if crop is not None:
        x = getitem(x, crop)
    if border is not None:
        x = _pad_constant(x, border, value) if mode == "constant" else _border(x, border)
    return x if crop_after is None else getitem(x, crop_after)


def add_border(op: str, x: Any, pads: Pairs, mode: str) -> Any:
    """Pad the last axes of x for a layer. Unlike in `pad`, the (before, after) pairs are in the order of the axes."""
    if not any(map(any, pads)):
        return x
    return _border(x, _make_border(op, x.shape, _all_axes(x.ndim, pads), mode))


def fold_border(op: str, y: Any, pads: Pairs, mode: str) -> Any:
    """Add each cell of the border to the cell that `add_border` would have copied: the adjoint of `add_border`."""
    if not any(map(any, pads)):
        return y
    pads = _all_axes(y.ndim, pads)
    shape = tuple(size - a - b for size, (a, b) in zip(y.shape, pads, strict=True))
    return _fold(y, _make_border(op, shape, pads, mode))


def _all_axes(ndim: int, pads: Pairs) -> Pairs:
    return ((0, 0),) * (ndim - len(pads)) + pads


@lru_cache(maxsize=1024)
def _plan(shape: Sizes, pad: Any, mode: str) -> tuple[Any, Border | None, Any]:
    """(crop before padding, border, crop after padding), or None for a step that changes nothing."""
    if not isinstance(pad, tuple) or not all(isinstance(n, int) for n in pad):
        raise ShapeError(f"pad: pad must be a sequence of ints, (left, right, top, bottom, ...); got {pad!r}")
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(f"pad: pad has {len(pad)} numbers; a pair per axis, for at most {len(shape)} axes, is needed")
    pairs = _all_axes(len(shape), tuple(zip(pad[-2::-2], pad[::-2], strict=True)))
    crop_first = mode in ("constant", "circular")
    for size, (a, b) in zip(shape, pairs, strict=True):
        if size + (min(a, 0) + min(b, 0) if crop_first else a + b) < 0:
            raise ShapeError(f"pad: pad {pad} removes more cells than the input of shape {shape} has")
    widths = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    crop = None
    if any(n < 0 for n in pad):
        sizes = shape if crop_first else [size + a + b for size, (a, b) in zip(shape, widths, strict=True)]
        crop = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(sizes, pairs, strict=True))
        if crop_first:
            shape = tuple(kept.stop - kept.start for kept in crop)
    border = _make_border("pad", shape, widths, mode) if any(map(any, widths)) else None
    return (crop, border, None) if crop_first else (None, border, crop)


@lru_cache(maxsize=1024)
def _make_border(op: str, shape: Sizes, pads: Pairs, mode: str) -> Border:
    """The Border for an input of this shape, with a pair per axis. Raises ShapeError if it is too wide for the mode."""
    inside = tuple(slice(a, a + size) for size, (a, _) in zip(shape, pads, strict=True))
    copies = []
    for axis, (size, (before, after)) in enumerate(zip(shape, pads, strict=True)):
        _check_width(op, shape, axis, max(before, after), mode)
        lead, rest = (slice(None),) * axis, inside[axis + 1 :]
        for border, source in _sides(mode, size, before, after):
            copies.append(Copy((*lead, border, *rest), (*lead, source, *rest), axis, mode == "replicate"))
    return Border(tuple(size + a + b for size, (a, b) in zip(shape, pads, strict=True)), inside, tuple(copies))


def _sides(mode: str, size: int, before: int, after: int) -> list[tuple[slice, slice]]:
    """(border, source) on one axis of the padded array, for each side that is padded."""
    end = before + size  # the index where the border behind the input starts
    front, back = slice(0, before), slice(end, end + after)
    if mode == "reflect":
        front, back = slice(before - 1, None, -1), slice(end + after - 1, end - 1, -1)
        sources = slice(before + 1, 2 * before + 1), slice(end - 1 - after, end - 1)
    elif mode == "replicate":
        sources = slice(before, before + 1), slice(end - 1, end)
    elif mode == "circular":
        sources = slice(size, end), slice(before, before + after)
    else:
        sources = front, back  # not used by mode "constant"
    return [(front, sources[0])] * (before > 0) + [(back, sources[1])] * (after > 0)


def _check_width(op: str, shape: Sizes, axis: int, width: int, mode: str) -> None:
    size = shape[axis]
    if mode == "reflect" and width and width >= size:
        limit = f"smaller than {size}"
    elif (mode == "circular" and width > size) or (mode == "replicate" and width and size < 1):
        limit = f"at most {size}" if mode == "circular" else "0, because the axis has no cell to copy"
    else:
        return
    raise ShapeError(
        f"{op}: a border of {width} on axis {axis} of shape {shape} is too wide for mode {mode!r}; it must be {limit}"
    )
