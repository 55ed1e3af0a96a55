"""The linear layer: the trilinear form with no spatial axes, so the ops of `conv.py` serve it with window `DENSE`."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..tape.operands import raw
from ..tape.primitives import Primitive
from ..tape.shape import flatten
from ..window import DENSE
from .conv import conv_y, conv_y_bias
from .conv_arguments import check_dtypes


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias.

    Args:
        input: (..., in).  weight: (out, in).  bias: (out,) or None. All of one dtype, float32 or float64.

    Returns (..., out); ShapeError if the sizes do not fit.
    """
    return rows(input, weight, bias)


def rows(x: Any, w: Any, b: Any, joined: Primitive | None = None) -> Any:
    """The linear layer; `joined` as for `conv.plain`."""
    a, v = raw(x), raw(w)
    check_dtypes("linear", a, v, b)
    if v.ndim != 2 or not a.ndim or a.shape[-1] != v.shape[1]:
        raise ShapeError(
            f"linear: input of shape {a.shape} and weight of shape {v.shape} do not fit: (..., in), (out, in)"
        )
    if b is not None and b.shape != v.shape[:1]:
        raise ShapeError(f"linear: bias has shape {b.shape}; {v.shape[:1]} is needed")
    if a.ndim != 2:
        flat = rows(flatten(x, 0, -2) if a.ndim > 1 else x.reshape(1, -1), w, b, joined)
        return flat.reshape(*a.shape[:-1], v.shape[0])
    if joined is not None:
        return joined(x, w, b, DENSE)
    return conv_y(x, w, DENSE) if b is None else conv_y_bias(x, w, b, DENSE)
