"""Convolution and transposed convolution, 1-d to 3-d: two ops, three contractions, and every gradient.

    T(y, x, w) = sum over n,o,c,p,k of  y[n,o,p] * x[n,c, stride*p + dilation*k - padding] * w[o,c,k]

    op              cotangent    gradients
    conv_y(x, w)    gy           gx = conv_x(gy, w)    gw = conv_w(x, gy)
    conv_x(y, w)    gx           gy = conv_y(gx, w)    gw = conv_w(gx, y)
    conv_w(x, y)    gw           gx = conv_x(y, gw)    gy = conv_y(x, gw)

The table is closed, so the vjps below are the derivatives of every order. The plain layer is conv_y plus a bias, the
transposed layer is conv_x plus a bias, with the same weight array and nothing flipped. (Where texts rotate the kernel
by 180 degrees, they write conv_x as a correlation of the padded dy: `examples/origins/` shows both side by side.)

This is the one place where the vocabulary of geometry (y, x, w; x is the wide side) meets that of layers (input,
output): the input of a plain layer is x, the input of a transposed layer is y. Unbatched inputs get their batch axis
here. Source of the forms: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import kernels
from ..tape.arithmetic import broadcast_to_shape
from ..tape.operands import raw
from ..tape.primitives import Primitive, primitive
from ..tape.record import Array
from ..window import Padding, PerAxis, Sizes, Window, ints
from .conv_arguments import check_cotangent, check_dtypes, plain_window, transposed_window

# ---- the three contractions ----


@primitive(arrays=2, keep=("x", "w"), fresh=True)
def conv_y(x: Array, w: Array, window: Window) -> Array:
    """y (N, O, *y_size) from x (N, C, *x_size) and w (O, C/G, *kernel)."""
    return kernels.conv_y(x, w, window)


@conv_y.vjp
def conv_y_vjp(gy: Any, needs: Any, y: Any, x: Any, w: Any, window: Window) -> Any:
    return conv_x(gy, w, window) if needs[0] else None, conv_w(x, gy, window) if needs[1] else None


@primitive(arrays=2, keep=("y", "w"), fresh=True)
def conv_x(y: Array, w: Array, window: Window) -> Array:
    """x (N, C, *x_size) from y (N, O, *y_size) and w (O, C/G, *kernel)."""
    return kernels.conv_x(y, w, window)


@conv_x.vjp
def conv_x_vjp(gx: Any, needs: Any, x: Any, y: Any, w: Any, window: Window) -> Any:
    return conv_y(gx, w, window) if needs[0] else None, conv_w(gx, y, window) if needs[1] else None


@primitive(arrays=2, keep=("x", "y"), fresh=True)
def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C/G, *kernel) from x (N, C, *x_size) and y (N, O, *y_size)."""
    return kernels.conv_w(x, y, window)


@conv_w.vjp
def conv_w_vjp(gw: Any, needs: Any, w: Any, x: Any, y: Any, window: Window) -> Any:
    return conv_x(y, gw, window) if needs[0] else None, conv_y(x, gw, window) if needs[1] else None


# ---- the two that make layers, with a bias; what it adds is db, the cotangent summed over all but the channels ----


@primitive(arrays=3, keep=("x", "w"), name="conv_y", fresh=True)
def conv_y_bias(x: Array, w: Array, b: Array, window: Window) -> Array:
    """conv_y(x, w) + b, b (O,)."""
    return kernels.conv_y(x, w, window, b)


@conv_y_bias.vjp
def conv_y_bias_vjp(gy: Any, needs: Any, y: Any, x: Any, w: Any, b: Any, window: Window) -> Any:
    gx = conv_x(gy, w, window) if needs[0] else None
    gw = conv_w(x, gy, window) if needs[1] else None
    return gx, gw, _bias_sums(gy, gy.shape) if needs[2] else None


@primitive(arrays=3, keep=("y", "w"), name="conv_x", fresh=True)
def conv_x_bias(y: Array, w: Array, b: Array, window: Window) -> Array:
    """conv_x(y, w) + b, b (C,)."""
    return kernels.conv_x(y, w, window, b)


@conv_x_bias.vjp
def conv_x_bias_vjp(gx: Any, needs: Any, x: Any, y: Any, w: Any, b: Any, window: Window) -> Any:
    gy = conv_y(gx, w, window) if needs[0] else None
    gw = conv_w(gx, y, window) if needs[1] else None
    return gy, gw, _bias_sums(gx, gx.shape) if needs[2] else None


@primitive(name="bias_sums")
def _bias_sums(g: Array, shape: Sizes) -> Array:
    """(O,) from g of `shape` (N, O, ...): the sum over all but the channels."""
    return kernels.bias_sums(g)


@_bias_sums.vjp
def bias_sums_vjp(gb: Any, needs: Any, b: Any, g: Any, shape: Sizes) -> Any:
    channels = (1, shape[1], *(1,) * (len(shape) - 2))
    return (broadcast_to_shape(gb.reshape(channels), shape, channels),)


# ---- the layers' forward: input and output are the layer's own ----


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Like `conv2d` with one spatial axis: input (N, C, W) or (C, W), weight (O, C/G, S)."""
    return plain("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Correlate `input` with `weight`: output[n,o,p,q] = bias[o] + sum over c,r,s of
    input[n, c, stride*p + dilation*r - padding, stride*q + dilation*s - padding] * weight[o,c,r,s].

    Args:
        input: (N, C, H, W), or (C, H, W) without a batch; Tensor or array.
        weight: (O, C/groups, R, S), of the same dtype.
        bias: (O,) or None.
        stride, dilation: an int or one per spatial axis, at least 1.
        padding: zeros around the input: an int, one per axis, ((before, after), ...) per axis, 'same' or 'valid'.
        groups: cut the channels into so many groups, each with weights of its own.

    Returns (N, O, P, Q), P = floor((H + before + after - dilation*(R-1) - 1) / stride) + 1: a Tensor if one came in,
    else an array. Raises ShapeError or DtypeError.
    """
    return plain("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Like `conv2d` with three spatial axes: input (N, C, D, H, W), weight (O, C/G, T, R, S)."""
    return plain("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: PerAxis = 1, padding: Padding = 0, output_padding: PerAxis = 0,
    groups: int = 1, dilation: PerAxis = 1,
) -> Any:  # fmt: skip
    """Like `conv_transpose2d` with one spatial axis: input (N, C, W) or (C, W), weight (C, O/G, S)."""
    return transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: PerAxis = 1, padding: Padding = 0, output_padding: PerAxis = 0,
    groups: int = 1, dilation: PerAxis = 1,
) -> Any:  # fmt: skip
    """The adjoint of `conv2d`: every input cell stamps the kernel on the output,
    output[n, o, stride*p + dilation*r - padding, ...] += input[n,c,p,q] * weight[c,o,r,s].

    Args:
        input: (N, C, P, Q), or (C, P, Q) without a batch; Tensor or array.
        weight: (C, O/groups, R, S), of the same dtype.
        bias: (O,) or None.
        stride, dilation: as on `conv2d`. padding: takes cells off the output; as on the equivalent `conv2d`.
        output_padding: makes the output longer at the end of each axis; smaller than stride or dilation there.

    Returns (N, O, H, W), H = (P-1)*stride - before - after + dilation*(R-1) + output_padding + 1: a Tensor if one came
    in, else an array. Raises ShapeError or DtypeError.
    """
    return transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: PerAxis = 1, padding: Padding = 0, output_padding: PerAxis = 0,
    groups: int = 1, dilation: PerAxis = 1,
) -> Any:  # fmt: skip
    """Like `conv_transpose2d` with three spatial axes: input (N, C, D, H, W), weight (C, O/G, T, R, S)."""
    return transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def plain(
    op: str, ndim: int, x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    joined: Primitive | None = None,
) -> Any:  # fmt: skip
    """The plain layer; `joined` (x, w, b, window) takes the place of conv_y plus a bias where more is done at once."""
    a, v = raw(x), raw(w)
    check_dtypes(op, a, v, b)
    b_shape = None if b is None else b.shape
    settings = (ints(stride), ints(padding), ints(dilation))
    window = plain_window(op, ndim, a.shape, v.shape, b_shape, *settings, groups)
    batched = a.ndim == ndim + 2
    if not batched:
        x = x.reshape(1, *a.shape)
    if joined is not None:
        y = joined(x, w, b, window)
    else:
        y = conv_y(x, w, window) if b is None else conv_y_bias(x, w, b, window)
    return y if batched else y.reshape(y.shape[1:])


def transposed(
    op: str, ndim: int, y: Any, w: Any, b: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any, joined: Primitive | None = None,
) -> Any:  # fmt: skip
    """The transposed layer; `joined` as for `plain`."""
    a, v = raw(y), raw(w)
    check_dtypes(op, a, v, b)
    b_shape = None if b is None else b.shape
    settings = (ints(stride), ints(padding), ints(output_padding), ints(dilation))
    window = transposed_window(op, ndim, a.shape, v.shape, b_shape, *settings, groups)
    batched = a.ndim == ndim + 2
    if not batched:
        y = y.reshape(1, *a.shape)
    if joined is not None:
        x = joined(y, w, b, window)
    else:
        x = conv_x(y, w, window) if b is None else conv_x_bias(y, w, b, window)
    return x if batched else x.reshape(x.shape[1:])


# ---- the layers' backward on arrays, written with the same contractions ----


class Gradients(NamedTuple):
    """The gradients of a convolution, each in the shape of its argument."""

    dx: Any
    dw: Any
    db: Any


def conv1d_backward(
    dy: Any, x: Any, w: Any, *, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1
) -> Gradients:
    """The gradients of `conv1d`: see `conv2d_backward`."""
    return _conv_backward("conv1d_backward", 1, dy, x, w, stride, padding, dilation, groups)


def conv2d_backward(
    dy: Any, x: Any, w: Any, *, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1
) -> Gradients:
    """The gradients of `conv2d` at (x, w) for the cotangent dy of its output: (dx, dw, db).

    dx[n,c,i,j] = sum of dy[n,o,p,q] * w[o,c,r,s] over all (o,p,q,r,s) with stride*p + dilation*r - padding = i (and j),
    dw[o,c,r,s] = sum over n,p,q of dy[n,o,p,q] * x[n,c, stride*p + dilation*r - padding, ...], db[o] = sum of dy[:, o].

    Args:
        dy: of the shape of conv2d(x, w).  x, w and the settings: as given to `conv2d`.
    """
    return _conv_backward("conv2d_backward", 2, dy, x, w, stride, padding, dilation, groups)


def conv3d_backward(
    dy: Any, x: Any, w: Any, *, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1, groups: int = 1
) -> Gradients:
    """The gradients of `conv3d`: see `conv2d_backward`."""
    return _conv_backward("conv3d_backward", 3, dy, x, w, stride, padding, dilation, groups)


def conv_transpose1d_backward(
    dy: Any, x: Any, w: Any, *, stride: PerAxis = 1, padding: Padding = 0, output_padding: PerAxis = 0,
    groups: int = 1, dilation: PerAxis = 1,
) -> Gradients:  # fmt: skip
    """The gradients of `conv_transpose1d`: see `conv_transpose2d_backward`."""
    return _conv_transpose_backward(
        "conv_transpose1d_backward", 1, dy, x, w, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d_backward(
    dy: Any, x: Any, w: Any, *, stride: PerAxis = 1, padding: Padding = 0, output_padding: PerAxis = 0,
    groups: int = 1, dilation: PerAxis = 1,
) -> Gradients:  # fmt: skip
    """The gradients of `conv_transpose2d` at (x, w) for the cotangent dy of its output: (dx, dw, db).

    dx = conv2d(dy, w) with the same settings, dw is the weight gradient of that conv2d for the cotangent x (the roles
    of input and output are swapped), db[o] = sum of dy[:, o].
    """
    return _conv_transpose_backward(
        "conv_transpose2d_backward", 2, dy, x, w, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d_backward(
    dy: Any, x: Any, w: Any, *, stride: PerAxis = 1, padding: Padding = 0, output_padding: PerAxis = 0,
    groups: int = 1, dilation: PerAxis = 1,
) -> Gradients:  # fmt: skip
    """The gradients of `conv_transpose3d`: see `conv_transpose2d_backward`."""
    return _conv_transpose_backward(
        "conv_transpose3d_backward", 3, dy, x, w, stride, padding, output_padding, groups, dilation
    )


def _conv_backward(
    op: str, ndim: int, dy: Any, x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Gradients:
    check_dtypes(op, x, w, dy, ("x", "w", "dy"))
    window = plain_window(op, ndim, x.shape, w.shape, None, *map(ints, (stride, padding, dilation)), groups)
    batched = x.ndim == ndim + 2
    check_cotangent(op, dy, (*x.shape[:-ndim][:-1], w.shape[0], *window.y_size))
    x, dy = (x, dy) if batched else (x.reshape(1, *x.shape), dy.reshape(1, *dy.shape))
    dx, dw = conv_x(dy, w, window), conv_w(x, dy, window)
    return Gradients(dx if batched else dx.reshape(dx.shape[1:]), dw, _bias_sums(dy, dy.shape))


def _conv_transpose_backward(
    op: str, ndim: int, dy: Any, x: Any, w: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Gradients:  # fmt: skip
    check_dtypes(op, x, w, dy, ("x", "w", "dy"))
    settings = map(ints, (stride, padding, output_padding, dilation))
    window = transposed_window(op, ndim, x.shape, w.shape, None, *settings, groups)
    batched = x.ndim == ndim + 2
    check_cotangent(op, dy, (*x.shape[:-ndim][:-1], w.shape[1] * groups, *window.x_size))
    x, dy = (x, dy) if batched else (x.reshape(1, *x.shape), dy.reshape(1, *dy.shape))
    dx, dw = conv_y(dy, w, window), conv_w(dy, x, window)
    return Gradients(dx if batched else dx.reshape(dx.shape[1:]), dw, _bias_sums(dy, dy.shape))
