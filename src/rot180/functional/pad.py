"""Padding with a constant, and cropping, its adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tape.operands import floating
from ..tape.record import Array, primitive
from ..tape.shape import getitem


@primitive(name="pad")
def _pad(x: Array, widths: tuple[tuple[int, int], ...], value: float) -> Array:
    return np.pad(x, widths, constant_values=value)


@_pad.vjp
def _(g: Any, needs: Any, output: Any, x: Any, widths: tuple[tuple[int, int], ...], value: float) -> Any:
    return (getitem(g, tuple(slice(a, size - b) for (a, b), size in zip(widths, g.shape, strict=True))),)


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """`input` with cells added around it: pad is (left, right, top, bottom, ...), the last axis first, as in PyTorch.

    Negative numbers take cells away. `mode` is "constant" (with `value`, by default 0).
    """
    x = floating("pad", input)
    if mode != "constant":
        raise ValueError(f"pad: mode {mode!r} is not there; 'constant' is")
    if not isinstance(pad, list | tuple) or not all(isinstance(n, int | np.integer) for n in pad):
        raise ShapeError(f"pad: pad must be a sequence of ints, (left, right, top, bottom, ...); got {pad!r}")
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ShapeError(f"pad: pad has {len(pad)} numbers; a pair for each of at most {x.ndim} axes is needed")
    pairs = [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)][::-1]
    pairs = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    if any(size + a + b < 0 for (a, b), size in zip(pairs, x.shape, strict=True)):
        raise ShapeError(f"pad: {tuple(pad)} takes more cells away than input of shape {x.shape} has")
    if any(n < 0 for pair in pairs for n in pair):
        x = getitem(x, tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape, strict=True)))
    widths = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    return _pad(x, widths, 0.0 if value is None else float(value)) if any(map(any, widths)) else x
