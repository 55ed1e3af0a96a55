"""Convolution and transposed convolution, 1-d to 3-d: three contractions, two layers, and all gradients.

    T(y, x, w) = sum over n,o,c,p,k of  y[n,o,p] * x[n,c, stride*p + dilation*k - padding] * w[o,c,k]

    op              cotangent    gradients
    conv_y(x, w)    gy           gx = conv_x(gy, w)    gw = conv_w(x, gy)
    conv_x(y, w)    gx           gy = conv_y(gx, w)    gw = conv_w(gx, y)
    conv_w(x, y)    gw           gx = conv_x(y, gw)    gy = conv_y(x, gw)

Each gradient in the table is again one of the three ops, so the vjps below give derivatives of every order. The plain
layer is conv_y plus a bias, the transposed layer is conv_x plus a bias, with the same weight array and nothing flipped.
(Texts that rotate the kernel by 180 degrees write conv_x as a correlation of the padded dy: `examples/origins/` shows
both side by side.)

Only this file translates between the names of the geometry (y, x, w; x is the wide side) and the names of the layers
(input, output): the input of a plain layer is x, the input of a transposed layer is y. Messages show the latter.

Source of the forms: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

from __future__ import annotations

from typing import Any

from .. import kernels
from ..tape.arithmetic import broadcast_to_shape
from ..tape.operands import raw
from ..tape.primitives import Primitive, primitive
from ..tape.record import Array, Variable
from ..tape.types import T
from ..window import Padding, PerAxis, Sizes, Window, ints
from .batch import with_batch
from .conv_arguments import check_dtypes, plain_window, transposed_window

# ---- the three contractions; their names by the number of spatial axes, none for the linear layer ----

PLAIN = ("linear", "conv1d", "conv2d", "conv3d")
TRANSPOSED = ("linear_transpose", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
WEIGHT = ("linear_weight", "conv1d_weight", "conv2d_weight", "conv3d_weight")


@primitive(arrays=2, keep=("x", "w"), name=lambda window: PLAIN[len(window.kernel)], fresh=True)
def conv_y(x: Array, w: Array, window: Window) -> Array:
    """y (N, O, *y_size) from x (N, C, *x_size) and w (O, C/G, *kernel)."""
    return kernels.conv_y(x, w, window)


@conv_y.vjp
def conv_y_vjp(gy: Any, needs: Any, y: Any, x: Any, w: Any, window: Window) -> Any:
    return conv_x(gy, w, window) if needs[0] else None, conv_w(x, gy, window) if needs[1] else None


@primitive(arrays=2, keep=("y", "w"), name=lambda window: TRANSPOSED[len(window.kernel)], fresh=True)
def conv_x(y: Array, w: Array, window: Window) -> Array:
    """x (N, C, *x_size) from y (N, O, *y_size) and w (O, C/G, *kernel)."""
    return kernels.conv_x(y, w, window)


@conv_x.vjp
def conv_x_vjp(gx: Any, needs: Any, x: Any, y: Any, w: Any, window: Window) -> Any:
    return conv_y(gx, w, window) if needs[0] else None, conv_w(gx, y, window) if needs[1] else None


@primitive(arrays=2, keep=("x", "y"), name=lambda window: WEIGHT[len(window.kernel)], fresh=True)
def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C/G, *kernel) from x (N, C, *x_size) and y (N, O, *y_size)."""
    return kernels.conv_w(x, y, window)


@conv_w.vjp
def conv_w_vjp(gw: Any, needs: Any, w: Any, x: Any, y: Any, window: Window) -> Any:
    return conv_x(y, gw, window) if needs[0] else None, conv_y(x, gw, window) if needs[1] else None


# ---- the two layers with a bias; the bias gradient is the cotangent summed over all axes but the channels ----


@primitive(arrays=3, keep=("x", "w"), name=lambda window: PLAIN[len(window.kernel)], fresh=True)
def conv_y_bias(x: Array, w: Array, b: Array, window: Window) -> Array:
    """conv_y(x, w) + b, b (O,)."""
    return kernels.conv_y(x, w, window, b)


@conv_y_bias.vjp
def conv_y_bias_vjp(gy: Any, needs: Any, y: Any, x: Any, w: Any, b: Any, window: Window) -> Any:
    gx = conv_x(gy, w, window) if needs[0] else None
    gw = conv_w(x, gy, window) if needs[1] else None
    return gx, gw, bias_sums(gy, gy.shape) if needs[2] else None


@primitive(arrays=3, keep=("y", "w"), name=lambda window: TRANSPOSED[len(window.kernel)], fresh=True)
def conv_x_bias(y: Array, w: Array, b: Array, window: Window) -> Array:
    """conv_x(y, w) + b, b (C,)."""
    return kernels.conv_x(y, w, window, b)


@conv_x_bias.vjp
def conv_x_bias_vjp(gx: Any, needs: Any, x: Any, y: Any, w: Any, b: Any, window: Window) -> Any:
    gy = conv_y(gx, w, window) if needs[0] else None
    gw = conv_w(gx, y, window) if needs[1] else None
    return gy, gw, bias_sums(gx, gx.shape) if needs[2] else None


@primitive()
def bias_sums(g: Array, shape: Sizes) -> Array:
    """(O,) from g of `shape` (N, O, ...): the sum over all axes but the channels."""
    return kernels.bias_sums(g)


@bias_sums.vjp
def bias_sums_vjp(gb: Any, needs: Any, b: Any, g: Any, shape: Sizes) -> Any:
    channels = (1, shape[1], *(1,) * (len(shape) - 2))
    return (broadcast_to_shape(gb.reshape(channels), shape, channels),)


# ---- the layers ----


def conv1d(
    input: T | Array, weight: T | Array, bias: T | Array | None = None, stride: PerAxis = 1,
    padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> T:  # fmt: skip
    """Like `conv2d` with one spatial axis: input (N, C, W) or (C, W), weight (O, C/G, S)."""
    return plain_layer("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: T | Array, weight: T | Array, bias: T | Array | None = None, stride: PerAxis = 1,
    padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> T:  # fmt: skip
    """Correlate `input` with `weight`: output[n,o,p,q] = bias[o] + sum over c,r,s of
    input[n, c, stride*p + dilation*r - padding, stride*q + dilation*s - padding] * weight[o,c,r,s].

    Args:
        input: (N, C, H, W), or (C, H, W) without a batch; Tensor or array.
        weight: (O, C/groups, R, S), of the same dtype.
        bias: (O,) or None.
        stride, dilation: an int or one per spatial axis, at least 1.
        padding: zeros around the input: an int, one per axis, ((before, after), ...) per axis, 'same' or 'valid'.
        groups: divide the channels into this number of groups, each with its own weights.

    Returns (N, O, P, Q), P = floor((H + before + after - dilation*(R-1) - 1) / stride) + 1: a Tensor if any argument is
    one, else an array. Raises ShapeError or DtypeError.
    """
    return plain_layer("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: T | Array, weight: T | Array, bias: T | Array | None = None, stride: PerAxis = 1,
    padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1,
) -> T:  # fmt: skip
    """Like `conv2d` with three spatial axes: input (N, C, D, H, W), weight (O, C/G, T, R, S)."""
    return plain_layer("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: T | Array, weight: T | Array, bias: T | Array | None = None, stride: PerAxis = 1,
    padding: Padding = 0, output_padding: PerAxis = 0, groups: int = 1, dilation: PerAxis = 1,
) -> T:  # fmt: skip
    """Like `conv_transpose2d` with one spatial axis: input (N, C, W) or (C, W), weight (C, O/G, S)."""
    return transposed_layer(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: T | Array, weight: T | Array, bias: T | Array | None = None, stride: PerAxis = 1,
    padding: Padding = 0, output_padding: PerAxis = 0, groups: int = 1, dilation: PerAxis = 1,
) -> T:  # fmt: skip
    """The adjoint of `conv2d`. Every input cell adds the kernel, times its value, to the output:
    output[n, o, stride*p + dilation*r - padding, ...] += input[n,c,p,q] * weight[c,o,r,s].

    Args:
        input: (N, C, P, Q), or (C, P, Q) without a batch; Tensor or array.
        weight: (C, O/groups, R, S), of the same dtype.
        bias: (O,) or None.
        stride, dilation: as for `conv2d`.
        padding: the padding of the `conv2d` whose adjoint is computed; it removes cells from the output.
        output_padding: cells added to the end of each axis of the output; less than the stride or the dilation.

    Returns (N, O, H, W), H = (P-1)*stride - before - after + dilation*(R-1) + output_padding + 1: a Tensor if any
    argument is one, else an array. Raises ShapeError or DtypeError.
    """
    return transposed_layer(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input: T | Array, weight: T | Array, bias: T | Array | None = None, stride: PerAxis = 1,
    padding: Padding = 0, output_padding: PerAxis = 0, groups: int = 1, dilation: PerAxis = 1,
) -> T:  # fmt: skip
    """Like `conv_transpose2d` with three spatial axes: input (N, C, D, H, W), weight (C, O/G, T, R, S)."""
    return transposed_layer(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def plain_layer(
    op: str, ndim: int, x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    fused: Primitive | None = None,
) -> Any:  # fmt: skip
    """The plain layer. `fused` is an op of (x, w, b, window) that replaces conv_y and the addition of the bias."""
    a, v = x.data if isinstance(x, Variable) else x, w.data if isinstance(w, Variable) else w  # faster than raw()
    check_dtypes(op, a, v, b)
    b_shape = None if b is None else b.shape
    window = plain_window(op, ndim, a.shape, v.shape, b_shape, ints(stride), ints(padding), ints(dilation), groups)
    if fused is not None:
        return with_batch(fused, ndim, x, w, b, window)
    return with_batch(conv_y, ndim, x, w, window) if b is None else with_batch(conv_y_bias, ndim, x, w, b, window)


def transposed_layer(
    op: str, ndim: int, y: Any, w: Any, b: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any, fused: Primitive | None = None,
) -> Any:  # fmt: skip
    """The transposed layer; `fused` is an op that replaces conv_x and the addition of the bias."""
    a, v = raw(y), raw(w)
    check_dtypes(op, a, v, b)
    b_shape = None if b is None else b.shape
    settings = (ints(stride), ints(padding), ints(output_padding), ints(dilation))
    window = transposed_window(op, ndim, a.shape, v.shape, b_shape, *settings, groups)
    if fused is not None:
        return with_batch(fused, ndim, y, w, b, window)
    return with_batch(conv_x, ndim, y, w, window) if b is None else with_batch(conv_x_bias, ndim, y, w, b, window)
