"""Borders around an array: of one value, or of copies of its own cells; the adjoint folds the copies back.

    mode         the border of 1 2 3 4, two cells on each side
    constant     v v   1 2 3 4   v v
    reflect      3 2   1 2 3 4   3 2         the edge is a mirror and not repeated
    replicate    1 1   1 2 3 4   4 4
    circular     3 4   1 2 3 4   1 2

A border is made axis by axis inside the padded array: the cells of an axis are copied into its border, over the whole
width of the axes before it, so corners come out as copies of copies. `_fold` is the same list of copies read backwards,
each turned round: what stands in the border is added to where it came from. Each is the vjp of the other.
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
    """One side of one axis: the cells of `border` are copies of those of `source` (not so in mode "constant")."""

    border: tuple[slice, ...]
    source: tuple[slice, ...]
    axis: int
    repeats: bool  # the source is one cell thick, however wide the border


class Border(NamedTuple):
    """How a padded array is made: its shape, where the input lies in it, and the copies in their order."""

    shape: Sizes
    inside: tuple[slice, ...]
    copies: tuple[Copy, ...]


# ---- the ops ----


@primitive(name="pad")
def _surround(x: Array, border: Border, value: float) -> Array:
    y = np.empty_like(x, shape=border.shape)
    y[border.inside] = x
    for copy in border.copies:
        y[copy.border] = value
    return y


@_surround.vjp
def surround_vjp(g: Any, needs: Any, y: Any, x: Any, border: Border, value: float) -> Any:
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


# ---- the public edge ----


def pad(input: T | ArrayLike, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> T:
    """`input` with cells added around it: pad is (left, right, top, bottom, ...), the last axis first, as in PyTorch.

    Args:
        input: Tensor or array; any number of its last axes is padded.
        pad: a pair of ints for each of these axes. Negative numbers take cells away: in mode "circular" before the
            input is wrapped around, in "reflect" and "replicate" afterwards.
        mode: "constant"; "reflect" (narrower than the input), "replicate" or "circular" (at most the input again).
        value: what the new cells of mode "constant" hold, by default 0.

    Returns a Tensor if one came in, else an array. Raises ShapeError, DtypeError, or ValueError for another mode.
    """
    x = floating("pad", input)
    if mode not in MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(map(repr, MODES))}; got {mode!r}")
    if mode == "constant":
        value = 0.0 if value is None else real("pad", "value", value)
    elif value:  # 0 is PyTorch's own exception
        raise ValueError(f"pad: value is for mode 'constant'; with {mode!r} the cells are copies, leave it out")
    crop, border, crop_after = _plan(x.shape, ints(pad), mode)
    if crop is not None:
        x = getitem(x, crop)
    if border is not None:
        x = _surround(x, border, value) if mode == "constant" else _border(x, border)
    return x if crop_after is None else getitem(x, crop_after)


def add_border(op: str, x: Any, pads: Pairs, mode: str) -> Any:
    """`pad` for a layer: x with this border around its last axes, (before, after) per axis, the first of them first."""
    if not any(map(any, pads)):
        return x
    return _border(x, _make_border(op, x.shape, _all_axes(x.ndim, pads), mode))


def fold_border(op: str, y: Any, pads: Pairs, mode: str) -> Any:
    """The adjoint of `add_border`: the cells of the border are added to those that they would be copies of."""
    if not any(map(any, pads)):
        return y
    pads = _all_axes(y.ndim, pads)
    shape = tuple(size - a - b for size, (a, b) in zip(y.shape, pads, strict=True))
    return _fold(y, _make_border(op, shape, pads, mode))


def _all_axes(ndim: int, pads: Pairs) -> Pairs:
    return ((0, 0),) * (ndim - len(pads)) + pads


@lru_cache(maxsize=1024)
def _plan(shape: Sizes, pad: Any, mode: str) -> tuple[Any, Border | None, Any]:
    """What to cut off first, the border, and what to cut off afterwards; None where there is nothing to do."""
    if not isinstance(pad, tuple) or not all(isinstance(n, int) for n in pad):
        raise ShapeError(f"pad: pad must be a sequence of ints, (left, right, top, bottom, ...); got {pad!r}")
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(f"pad: pad has {len(pad)} numbers; a pair for each of at most {len(shape)} axes is needed")
    pairs = _all_axes(len(shape), tuple(zip(pad[-2::-2], pad[::-2], strict=True)))
    first = mode in ("constant", "circular")
    for size, (a, b) in zip(shape, pairs, strict=True):
        if size + (min(a, 0) + min(b, 0) if first else a + b) < 0:
            raise ShapeError(f"pad: {pad} takes more cells away than input of shape {shape} has")
    widths = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    crop = None
    if any(n < 0 for n in pad):
        whole = shape if first else [size + a + b for size, (a, b) in zip(shape, widths, strict=True)]
        crop = tuple(slice(max(-a, 0), n - max(-b, 0)) for n, (a, b) in zip(whole, pairs, strict=True))
        if first:
            shape = tuple(cut.stop - cut.start for cut in crop)
    border = _make_border("pad", shape, widths, mode) if any(map(any, widths)) else None
    return (crop, border, None) if first else (None, border, crop)


@lru_cache(maxsize=1024)
def _make_border(op: str, shape: Sizes, pads: Pairs, mode: str) -> Border:
    """The Border around an input of this shape, a pair per axis; ShapeError where the mode cannot make it so wide."""
    inside = tuple(slice(a, a + size) for size, (a, _) in zip(shape, pads, strict=True))
    copies = []
    for axis, (size, (before, after)) in enumerate(zip(shape, pads, strict=True)):
        _check_width(op, shape, axis, max(before, after), mode)
        lead, rest = (slice(None),) * axis, inside[axis + 1 :]
        for border, source in _sides(mode, size, before, after):
            copies.append(Copy((*lead, border, *rest), (*lead, source, *rest), axis, mode == "replicate"))
    return Border(tuple(size + a + b for size, (a, b) in zip(shape, pads, strict=True)), inside, tuple(copies))


def _sides(mode: str, size: int, before: int, after: int) -> list[tuple[slice, slice]]:
    """(border, source) on one axis of the padded array, for each side that has a width."""
    end = before + size  # where the border behind the input starts
    front, back = slice(0, before), slice(end, end + after)
    if mode == "reflect":
        front, back = slice(before - 1, None, -1), slice(end + after - 1, end - 1, -1)
        sources = slice(before + 1, 2 * before + 1), slice(end - 1 - after, end - 1)
    elif mode == "replicate":
        sources = slice(before, before + 1), slice(end - 1, end)
    elif mode == "circular":
        sources = slice(size, end), slice(before, before + after)
    else:
        sources = front, back  # "constant" copies nothing
    return [(front, sources[0])] * (before > 0) + [(back, sources[1])] * (after > 0)


def _check_width(op: str, shape: Sizes, axis: int, width: int, mode: str) -> None:
    size = shape[axis]
    if mode == "reflect" and width and width >= size:
        limit = f"smaller than {size}"
    elif (mode == "circular" and width > size) or (mode == "replicate" and width and size < 1):
        limit = f"at most {size}" if mode == "circular" else "0 where there is no cell to copy"
    else:
        return
    raise ShapeError(
        f"{op}: a border of {width} on axis {axis} of shape {shape} is too wide for mode {mode!r}; it must be {limit}"
    )
