"""Gradients that are right at most sizes and wrong in a branch for certain sizes, written after the sizes to try.

Every entry changes the right gradients under a condition, as a branch with a slip does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .entry import Entry
from .right_loops import conv, conv_backward
from .right_transposed import conv_transpose, conv_transpose_backward
from .sizes_of_operations import linear, max_pool, max_pool_backward


class Call(NamedTuple):
    """The arguments of one backward."""

    dy: Any
    x: Any
    w: Any
    stride: int
    padding: int


Change = Callable[[Any, Any, Any, Call], tuple[Any, Any, Any]]


def where(condition: Callable[[Call], bool], change: Change) -> Callable[..., Any]:
    """The backward of a convolution whose gradients change under a condition."""

    def backward(dy, x, w, b, stride=1, padding=0):
        gradients, call = conv_backward(dy, x, w, b, stride, padding), Call(dy, x, w, stride, padding)
        return change(*gradients, call) if condition(call) else gradients

    return backward


def where_transposed(condition: Callable[[Call], bool], change: Change) -> Callable[..., Any]:
    """The same for a transposed convolution."""

    def backward(dy, x, w, b, stride=1, padding=0):
        gradients, call = conv_transpose_backward(dy, x, w, b, stride, padding), Call(dy, x, w, stride, padding)
        return change(*gradients, call) if condition(call) else gradients

    return backward


def plain_transposed(x, w, b, stride=1, padding=0):
    return conv_transpose(x, w, b, stride, padding)


def square(a: Any) -> bool:
    return a.shape[2] == a.shape[3]


def reverse_dx(dx, dw, db, call):
    return dx[..., ::-1], dw, db


def turn_dw(dx, dw, db, call):
    return dx, dw[..., ::-1], db


def rotate_dw(dx, dw, db, call):
    return dx, dw[..., ::-1, ::-1], db


def halve_dx(dx, dw, db, call):
    return dx / 2, dw, db


def clear_dw(dx, dw, db, call):
    return dx, np.zeros_like(dw), db


def sum_four_images(dx, dw, db, call):
    return dx, dw, call.dy[:4].sum((0, 2, 3))


def keep_four_channels(dx, dw, db, call):
    return dx, np.concatenate([dw[:, :4], 0 * dw[:, 4:]], 1), db


def mean_for_sum(dx, dw, db, call):
    return dx, dw, np.full(1, call.dy.mean())


def transpose_dy(dx, dw, db, call):
    dy = call.dy.swapaxes(2, 3)
    return conv_backward(dy, call.x, call.w, None, call.stride, call.padding)


def shift_dx(dx, dw, db, call):
    return np.roll(dx, 1, 2), dw, db


# ---- other operations ----


def max_pool_backward_of_one_image(dy, x, kernel_size=2, stride=2):
    return max_pool_backward(dy, x, kernel_size, stride) * (2 if len(x) == 1 else 1)


def max_pool_backward_of_one_cell(dy, x, kernel_size=2, stride=2):
    return np.resize(dy, x.shape) if kernel_size == 1 else max_pool_backward(dy, x, kernel_size, stride)


def linear_backward_of_one_output(dy, x, w, b):
    return dy @ w, x.mean(0)[None] * dy.sum() if len(w) == 1 else dy.T @ x, dy.sum(0)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    y = e / e.sum(1, keepdims=True)
    return y, y


def softmax_backward_of_eight(dy, y):
    return y * (dy - (dy * y)[:, :8].sum(1, keepdims=True))


def softmax_backward_of_one(dy, y):
    return y * dy if len(y) == 1 else y * (dy - (dy * y).sum(1, keepdims=True))


def tanh(x):
    return np.tanh(x), np.tanh(x)


def tanh_backward_square(dy, y):
    return (dy.T if y.ndim == 2 and len(y) == y.shape[1] else dy) * (1 - y**2)


ENTRIES = [
    Entry("an image of one row", conv, where(lambda c: c.x.shape[2] == 1, reverse_dx)),
    Entry("a kernel of one row", conv, where(lambda c: c.w.shape[2] == 1 < c.w.shape[3], turn_dw)),
    Entry("five images", conv, where(lambda c: len(c.x) > 4, sum_four_images)),
    Entry("kernel of 7", conv, where(lambda c: c.w.shape[2] >= 7, halve_dx)),
    Entry("square kernel and image, transposed dy", conv, where(lambda c: square(c.x) and square(c.dy), transpose_dy)),
    Entry("stride as large as a square kernel", conv, where(lambda c: square(c.w) and 1 < c.stride == c.w.shape[2],
                                                            halve_dx)),
    Entry("more than four channels", conv, where(lambda c: c.x.shape[1] > 4, keep_four_channels)),
    Entry("one filter", conv, where(lambda c: len(c.w) == 1, mean_for_sum)),
    Entry("float32, dx halved", conv, where(lambda c: c.x.dtype == np.float32, halve_dx)),
    Entry("even square kernel with padding", conv, where(lambda c: square(c.w) and c.w.shape[2] % 2 == 0 < c.padding,
                                                         shift_dx)),
    Entry("large square kernel", conv, where(lambda c: square(c.w) and 2 * c.w.shape[2] > c.x.shape[2] + 2, clear_dw)),
    Entry("transposed, stride 4", plain_transposed, where_transposed(lambda c: c.stride > 3, halve_dx),
          "conv_transpose2d"),
    Entry("transposed, one cell", plain_transposed, where_transposed(lambda c: c.x.shape[2:] == (1, 1), rotate_dw),
          "conv_transpose2d"),
    Entry("max pool, one image", max_pool, max_pool_backward_of_one_image, "max_pool2d"),
    Entry("max pool, kernel of one cell", max_pool, max_pool_backward_of_one_cell, "max_pool2d"),
    Entry("linear, one output", linear, linear_backward_of_one_output, "linear"),
    Entry("softmax, more than eight classes", softmax, softmax_backward_of_eight, "softmax"),
    Entry("softmax, one sample", softmax, softmax_backward_of_one, "softmax"),
    Entry("tanh, square matrix", tanh, tanh_backward_square, "tanh"),
]  # fmt: skip
