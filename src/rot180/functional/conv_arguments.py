"""Check the arguments of the convolutions and turn them into a Window.

The Window of each combination of shapes and settings is cached, so a call in a training loop costs only a look-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ..errors import DtypeError, ShapeError
from ..tape.operands import FLOATS, raw
from ..window import Sizes, Window, per_axis, positive
from .batch import check_axes


def check_dtypes(
    op: str, x: Any, w: Any, third: Any, names: tuple[str, str, str] = ("input", "weight", "bias")
) -> None:
    """Raise DtypeError unless all are Tensors or arrays of one float dtype. `third` may be None if it is the bias."""
    try:
        kind = x.dtype
        if w.dtype is kind and (third is None or third.dtype is kind) and kind in FLOATS:
            return
    except AttributeError:
        pass
    kinds = []
    for name, a in zip(names, (x, w, third), strict=True):
        if a is not None or name != "bias":
            dtype = getattr(raw(a), "dtype", None)
            if dtype is None:
                raise DtypeError(f"{op}: {name} must be a Tensor or an array, got {type(a).__name__}; use np.asarray")
            if dtype not in FLOATS:
                raise DtypeError(
                    f"{op}: {name} has dtype {dtype}; float32 or float64 is needed: convert with .astype(np.float32)"
                )
            kinds.append(str(dtype))
    if len(set(kinds)) > 1:
        raise DtypeError(f"{op}: got {' and '.join(kinds)}; all must have the same dtype: convert with .astype")


@lru_cache(maxsize=4096, typed=True)  # typed: otherwise 1.0 and True would match a cached 1
def plain_window(
    op: str, ndim: int, x_shape: Sizes, w_shape: Sizes, b_shape: Sizes | None, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> Window:  # fmt: skip
    """The Window of a plain layer with these arguments. Raises ShapeError if they do not fit."""
    channels = _channels(op, ndim, x_shape, w_shape, groups)
    out, per_group = w_shape[:2]
    if channels != per_group * groups:
        raise ShapeError(
            f"{op}: input has {channels} channels but weight of shape {w_shape} with groups={groups} "
            f"needs {per_group * groups}"
        )
    if out % groups:
        raise ShapeError(f"{op}: weight of shape {w_shape} has {out} output channels; groups={groups} must divide them")
    _check_bias(op, b_shape, out)
    steps = (per_axis(op, "stride", stride, ndim), padding, per_axis(op, "dilation", dilation, ndim))
    return Window.plain(op, x_shape[-ndim:], w_shape[2:], *steps, int(groups))


@lru_cache(maxsize=4096, typed=True)  # typed: otherwise 1.0 and True would match a cached 1
def transposed_window(
    op: str, ndim: int, y_shape: Sizes, w_shape: Sizes, b_shape: Sizes | None, stride: Any, padding: Any,
    output_padding: Any, dilation: Any, groups: int,
) -> Window:  # fmt: skip
    """The Window of a transposed layer with these arguments. Raises ShapeError if they do not fit."""
    channels = _channels(op, ndim, y_shape, w_shape, groups)
    if channels != w_shape[0]:
        raise ShapeError(
            f"{op}: input has {channels} channels but weight of shape {w_shape} needs {w_shape[0]} "
            "(a transposed layer's weight is (in, out / groups, ...))"
        )
    if channels % groups:
        raise ShapeError(f"{op}: input has {channels} channels; groups={groups} must divide them")
    _check_bias(op, b_shape, w_shape[1] * groups)
    steps = (per_axis(op, "stride", stride, ndim), padding, per_axis(op, "output_padding", output_padding, ndim))
    spread = per_axis(op, "dilation", dilation, ndim)
    return Window.transposed(op, y_shape[-ndim:], w_shape[2:], *steps, spread, int(groups))


def _channels(op: str, ndim: int, input_shape: Sizes, w_shape: Sizes, groups: int) -> int:
    """Check the arguments that both layers have in common; return the number of input channels."""
    if len(w_shape) != ndim + 2:
        raise ShapeError(f"{op}: weight has shape {w_shape}; {ndim + 2} dimensions are needed: (out, in, kernel)")
    check_axes(op, ndim, input_shape)
    positive(op, "groups", groups)
    if 0 in input_shape[-ndim - 1 :] or 0 in w_shape:
        raise ShapeError(f"{op}: input {input_shape} and weight {w_shape} must have no empty axis but the batch")
    return input_shape[-ndim - 1]


def _check_bias(op: str, b_shape: Sizes | None, out: int) -> None:
    if b_shape is not None and b_shape != (out,):
        raise ShapeError(f"{op}: bias has shape {b_shape}; ({out},) is needed, one per output channel")


def check_cotangent(op: str, dy: Any, shape: Sequence[int]) -> None:
    """Raise ShapeError unless dy has the shape of the layer's output."""
    dy_shape = getattr(dy, "shape", None)
    if dy_shape != tuple(shape):
        raise ShapeError(f"{op}: dy has shape {dy_shape}; {tuple(shape)} is needed, the shape of the layer's output")
