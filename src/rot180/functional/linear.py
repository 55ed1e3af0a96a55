"""The linear layer: the trilinear form with no spatial axes, so the ops of `conv.py` serve it with the window `DENSE`."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..window import DENSE
from .conv import conv_y
from .conv_arguments import check_dtypes


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias.

    Args:
        input: (..., in).  weight: (out, in).  bias: (out,) or None. All of one dtype, float32 or float64.

    Returns (..., out); ShapeError if the sizes do not fit.
    """
    check_dtypes("linear", input, weight, bias)
    if weight.ndim != 2 or not input.ndim or input.shape[-1] != weight.shape[1]:
        raise ShapeError(f"linear: input of shape {input.shape} and weight of shape {weight.shape} do not fit: (..., in), (out, in)")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"linear: bias has shape {bias.shape}; {weight.shape[:1]} is needed")
    if input.ndim == 2:
        return conv_y(input, weight, bias, DENSE)
    rows = 1
    for size in input.shape[:-1]:
        rows *= size
    flat = conv_y(input.reshape(rows, input.shape[-1]), weight, bias, DENSE)
    return flat.reshape(*input.shape[:-1], weight.shape[0])
