"""The linear layer: the trilinear form with no spatial axes, so the ops of `conv.py` serve it with window `DENSE`."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..tape.operands import raw
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
    a, v = raw(input), raw(weight)
    check_dtypes("linear", a, v, bias)
    if v.ndim != 2 or not a.ndim or a.shape[-1] != v.shape[1]:
        raise ShapeError(
            f"linear: input of shape {a.shape} and weight of shape {v.shape} do not fit: (..., in), (out, in)"
        )
    if bias is not None and bias.shape != v.shape[:1]:
        raise ShapeError(f"linear: bias has shape {bias.shape}; {v.shape[:1]} is needed")
    if a.ndim == 2:
        return conv_y(input, weight, DENSE) if bias is None else conv_y_bias(input, weight, bias, DENSE)
    flat = linear(flatten(input, 0, -2) if a.ndim > 1 else input.reshape(1, -1), weight, bias)
    return flat.reshape(*a.shape[:-1], v.shape[0])
