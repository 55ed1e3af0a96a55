"""The linear layer: the trilinear form without spatial axes, computed by the ops of `conv.py`."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..tape.primitives import Primitive
from ..tape.record import Array, Variable
from ..tape.shape import flatten
from ..tape.types import T
from ..window import DENSE
from .conv import conv_y, conv_y_bias
from .conv_arguments import check_dtypes


def linear(input: T | Array, weight: T | Array, bias: T | Array | None = None) -> T:
    """input @ weight.T + bias.

    Args:
        input: (..., in), float32 or float64; Tensor or array.
        weight: (out, in), of the same dtype.
        bias: (out,) or None.

    Returns (..., out). Raises ShapeError if the sizes do not fit, DtypeError if the dtypes do not.
    """
    return linear_layer(input, weight, bias)


def linear_layer(x: Any, w: Any, b: Any, fused: Primitive | None = None) -> Any:
    """The linear layer. `fused` is an op of (x, w, b, window) that replaces conv_y and the addition of the bias."""
    a, v = x.data if isinstance(x, Variable) else x, w.data if isinstance(w, Variable) else w  # faster than raw()
    check_dtypes("linear", a, v, b)
    if v.ndim != 2 or not a.ndim or a.shape[-1] != v.shape[1]:
        raise ShapeError(
            f"linear: input of shape {a.shape} and weight of shape {v.shape} do not fit; (..., in) and (out, in) are "
            "needed"
        )
    if b is not None and b.shape != v.shape[:1]:
        raise ShapeError(f"linear: bias has shape {b.shape}; {v.shape[:1]} is needed")
    if a.ndim != 2:
        rows = flatten(x, 0, -2) if a.ndim > 1 else x.reshape(1, -1)
        return linear_layer(rows, w, b, fused).reshape(*a.shape[:-1], v.shape[0])
    if fused is not None:
        return fused(x, w, b, DENSE)
    return conv_y(x, w, DENSE) if b is None else conv_y_bias(x, w, b, DENSE)
