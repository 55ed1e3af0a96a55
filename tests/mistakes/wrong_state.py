"""Wrong state: weights of the next step, arguments changed in place, buffers that are kept, integers."""

from __future__ import annotations

import numpy as np

from .entry import Entry
from .right_loops import conv, conv_backward, conv_forward_naive, tap_conv, tap_conv_backward
from .right_matrices import conv_einsum, conv_einsum_backward
from .right_small import linear
from .right_transposed import conv_transpose, conv_transpose_backward

# ---- weights-updated-first ----


def linear_trains_first(grad_output, x, w, b):
    dw = grad_output.T @ x
    w = w - 0.125 * dw
    return grad_output @ w, dw, grad_output.sum(0)


def conv_trains_first(dout, x, w, b, stride=1, padding=0):
    _, dw, db = conv_backward(dout, x, w, b, stride, padding)
    stepped = w - 0.01 * dw
    dx, _, _ = conv_backward(dout, x, stepped, b, stride, padding)
    return dx, dw, db


# ---- input-mutated ----


def conv_updates_in_place(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    w -= 0.01 * dw
    b -= 0.01 * db
    return dx, dw, db


def deconv_masks_dy(dy, x, w, b, stride=1, padding=0):
    """dy is clipped in place."""
    grads = conv_transpose_backward(dy, x, w, b, stride, padding)
    np.clip(dy, -1, 1, out=dy)
    return grads


def conv_turns_kernel(x, w, b):
    """The kernel is rotated in place for a convolve; the result is right only once."""
    w[:] = w[:, :, ::-1, ::-1].copy()
    return conv_einsum(x, w[:, :, ::-1, ::-1], b)


def conv_turns_kernel_backward(dy, x, w, b):
    return conv_einsum_backward(dy, x, w, b)


# ---- gradients-accumulated ----


class Accumulates:
    """Buffers that are created for each shape and never reset to zero."""

    def __init__(self):
        self.grads = {}

    def backward(self, dout, x, w, b, stride=1, padding=0):
        dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
        if w.shape not in self.grads:
            self.grads[w.shape] = [np.zeros_like(w), np.zeros_like(b)]
        total = self.grads[w.shape]
        total[0] += dw
        total[1] += db
        return dx, total[0].copy(), total[1].copy()


_linear_dw = {}


def linear_into_global(grad_output, x, w, b):
    dw = _linear_dw.setdefault(w.shape, np.zeros(w.shape))
    dw += grad_output.T @ x
    return grad_output @ w, dw, grad_output.sum(0)


# ---- integer-truncated ----


def conv_dx_of_ints(dout, cache):
    x, w, b, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    dx, dw, db = conv_backward(dout, x, w, b, s, pad)
    whole = np.zeros(dx.shape, dtype=int)
    whole[...] = dx
    return whole, dw, db


def conv1d_of_ints(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    y = tap_conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return y.astype(np.int64)


def conv1d_of_ints_backward(dy, x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    return tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv_of_whole_images(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """Images are treated as integers."""
    return tap_conv(x.astype(int).astype(float), w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv_of_whole_images_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    x = x.astype(int).astype(float)
    return tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv_dw_of_bytes(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, dw.astype(np.int64).astype(np.uint8), db


def plain_transpose(x, w, b, stride=1, padding=0):
    return conv_transpose(x, w, b, stride, padding)


_accumulates = Accumulates()

ENTRIES = [
    Entry("linear, trains first", linear, linear_trains_first, "linear", ("weights-updated-first",)),
    Entry("conv, trains first", conv, conv_trains_first, slugs=("weights-updated-first",)),
    Entry("updates in place", conv, conv_updates_in_place, slugs=("input-mutated",)),
    Entry("clips dy in place", plain_transpose, deconv_masks_dy, "conv_transpose2d", ("input-mutated",)),
    Entry("turns the kernel in place", conv_turns_kernel, conv_turns_kernel_backward, slugs=("input-mutated",)),
    Entry("buffers never zeroed", conv, _accumulates.backward, slugs=("gradients-accumulated",)),
    Entry("a global dw", linear, linear_into_global, "linear", ("gradients-accumulated",)),
    Entry("dx of integers", conv_forward_naive, conv_dx_of_ints, slugs=("integer-truncated",)),
    Entry(
        "x of integers", conv_of_whole_images, conv_of_whole_images_backward, "conv2d",
        ("integer-truncated", "integer-truncated"),
    ),
    Entry("dw of bytes", conv, conv_dw_of_bytes, slugs=("integer-truncated",)),
    Entry("y of integers", conv1d_of_ints, conv1d_of_ints_backward, "conv1d", ("integer-truncated",)),
]  # fmt: skip
