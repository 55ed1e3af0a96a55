"""The gradients of the convolutions as functions of (dy, x, w), written with the contractions of `conv.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple

from ..tape.record import Array
from ..tape.types import T
from ..window import Padding, PerAxis, ints
from .batch import as_batch, with_batch
from .conv import bias_sums, conv_w, conv_x, conv_y
from .conv_arguments import check_cotangent, check_dtypes, plain_window, transposed_window

if TYPE_CHECKING:

    class Gradients(NamedTuple, Generic[T]):
        dx: T
        dw: T
        db: T

else:  # Python 3.10 has no generic named tuples

    class Gradients(NamedTuple):
        """The gradients of a convolution, each in the shape of its argument."""

        dx: Any
        dw: Any
        db: Any


def conv1d_backward(
    dy: T | Array, x: T | Array, w: T | Array, *, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
    groups: int = 1,
) -> Gradients[T]:  # fmt: skip
    """The gradients of `conv1d`: see `conv2d_backward`."""
    return _conv_backward("conv1d_backward", 1, dy, x, w, stride, padding, dilation, groups)


def conv2d_backward(
    dy: T | Array, x: T | Array, w: T | Array, *, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
    groups: int = 1,
) -> Gradients[T]:  # fmt: skip
    """The gradients of `conv2d` at (x, w) for the cotangent dy of its output: (dx, dw, db).

    dx[n,c,i,j] = sum of dy[n,o,p,q] * w[o,c,r,s] over all (o,p,q,r,s) with stride*p + dilation*r - padding = i (and j),
    dw[o,c,r,s] = sum over n,p,q of dy[n,o,p,q] * x[n,c, stride*p + dilation*r - padding, ...], db[o] = sum of dy[:, o].

    Args:
        dy: the cotangent, of the shape of conv2d(x, w).
        x, w: the input and the weight of `conv2d`; the settings are those of `conv2d`.
    """
    return _conv_backward("conv2d_backward", 2, dy, x, w, stride, padding, dilation, groups)


def conv3d_backward(
    dy: T | Array, x: T | Array, w: T | Array, *, stride: PerAxis = 1, padding: Padding = 0, dilation: PerAxis = 1,
    groups: int = 1,
) -> Gradients[T]:  # fmt: skip
    """The gradients of `conv3d`: see `conv2d_backward`."""
    return _conv_backward("conv3d_backward", 3, dy, x, w, stride, padding, dilation, groups)


def conv_transpose1d_backward(
    dy: T | Array, x: T | Array, w: T | Array, *, stride: PerAxis = 1, padding: Padding = 0,
    output_padding: PerAxis = 0, groups: int = 1, dilation: PerAxis = 1,
) -> Gradients[T]:  # fmt: skip
    """The gradients of `conv_transpose1d`: see `conv_transpose2d_backward`."""
    return _conv_transpose_backward(
        "conv_transpose1d_backward", 1, dy, x, w, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d_backward(
    dy: T | Array, x: T | Array, w: T | Array, *, stride: PerAxis = 1, padding: Padding = 0,
    output_padding: PerAxis = 0, groups: int = 1, dilation: PerAxis = 1,
) -> Gradients[T]:  # fmt: skip
    """The gradients of `conv_transpose2d` at (x, w) for the cotangent dy of its output: (dx, dw, db).

    dx = conv2d(dy, w) with the same settings. dw is the weight gradient of this conv2d for the cotangent x, because
    input and output have swapped their roles. db[o] = sum of dy[:, o].
    """
    return _conv_transpose_backward(
        "conv_transpose2d_backward", 2, dy, x, w, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d_backward(
    dy: T | Array, x: T | Array, w: T | Array, *, stride: PerAxis = 1, padding: Padding = 0,
    output_padding: PerAxis = 0, groups: int = 1, dilation: PerAxis = 1,
) -> Gradients[T]:  # fmt: skip
    """The gradients of `conv_transpose3d`: see `conv_transpose2d_backward`."""
    return _conv_transpose_backward(
        "conv_transpose3d_backward", 3, dy, x, w, stride, padding, output_padding, groups, dilation
    )


def _conv_backward(
    op: str, ndim: int, dy: Any, x: Any, w: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Gradients[Any]:
    check_dtypes(op, x, w, dy, ("x", "w", "dy"))
    window = plain_window(op, ndim, x.shape, w.shape, None, *map(ints, (stride, padding, dilation)), groups)
    check_cotangent(op, dy, (*x.shape[:-ndim][:-1], w.shape[0], *window.y_size))
    dx = with_batch(conv_x, ndim, dy, w, window)
    x, dy = as_batch(ndim, x), as_batch(ndim, dy)
    return Gradients(dx, conv_w(x, dy, window), bias_sums(dy, dy.shape))


def _conv_transpose_backward(
    op: str, ndim: int, dy: Any, x: Any, w: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Gradients[Any]:  # fmt: skip
    check_dtypes(op, x, w, dy, ("x", "w", "dy"))
    settings = map(ints, (stride, padding, output_padding, dilation))
    window = transposed_window(op, ndim, x.shape, w.shape, None, *settings, groups)
    check_cotangent(op, dy, (*x.shape[:-ndim][:-1], w.shape[1] * groups, *window.x_size))
    dx = with_batch(conv_y, ndim, dy, w, window)
    x, dy = as_batch(ndim, x), as_batch(ndim, dy)
    return Gradients(dx, conv_w(dy, x, window), bias_sums(dy, dy.shape))
