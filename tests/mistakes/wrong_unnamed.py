"""Wrong implementations whose mistake is recognised and has no name: `unknown`, with a text that says what it is.

UNNAMED lists them: (name, forward, backward, operation, settings, argument, what the text has to say).
"""

from __future__ import annotations

import numpy as np

from tests.mistakes import operations_right as right
from tests.mistakes.right_loops import (
    conv,
    conv_backward,
    conv_per_axis,
    conv_per_axis_backward,
    tap_conv,
    tap_conv_backward,
)
from tests.mistakes.right_small import plane

# ---- dy is rotated ----


def plane_backward(dout, image, kernel, bias):
    kh, kw = kernel.shape
    dx = plane(np.pad(dout, ((kh - 1, kh - 1), (kw - 1, kw - 1))), kernel[::-1, ::-1], 0)
    return dx, plane(image, dout[::-1, ::-1], 0), dout.sum()  # scipy.signal.convolve2d(image, dout, "valid")


def conv_dw_convolved(dout, x, w, b):
    dx, _, db = conv_backward(dout, x, w, b)
    dw = np.array([[sum(map(_convolved, x[:, c], dout[:, o])) for c in range(x.shape[1])] for o in range(len(w))])
    return dx, dw[..., ::-1, ::-1], db


def _convolved(image, dy):
    return plane(image, dy[::-1, ::-1], 0)


def unpadded(x, w, b):
    return conv(x, w, b)


# ---- another gradient for gamma and beta ----


def batchnorm_without_hat(dout, cache):
    dx, _, dbeta = right.batchnorm_backward(dout, cache)
    return dx, dout.sum(0), dbeta


def batchnorm_exchanged(dout, cache):
    dx, dgamma, dbeta = right.batchnorm_backward(dout, cache)
    return dx, dbeta, dgamma


def spatial_batchnorm_of_x(dy, x, gamma, eps=1e-5):
    dx, _, dbeta = right.spatial_batchnorm_backward(dy, x, gamma, eps)
    return dx, (dy * x).sum((0, 2, 3)), dbeta


# ---- an unused setting, or one used on the wrong axis ----


def conv_without_padding(x, w, b, stride=1, padding=0):
    return conv(x, w, b, stride)


def conv_without_padding_backward(dout, x, w, b, stride=1, padding=0):
    return conv_backward(dout, x, w, b, stride)


def conv_not_dilated(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    return tap_conv(x, w, b, stride=stride, padding=padding, groups=groups)


def conv_not_dilated_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    return tap_conv_backward(dy, x, w, stride=stride, padding=padding, groups=groups)


def conv_without_bias(x, w, b, stride=1, padding=0):
    return conv(x, w, 0 * b, stride, padding)


def conv_without_bias_backward(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, dw, 0 * db


def conv_of_columns_first(x, w, b, stride=(2, 1), padding=(0, 2)):
    return conv_per_axis(x, w, b, stride[::-1], padding)


def conv_of_columns_first_backward(dy, x, w, b, stride=(2, 1), padding=(0, 2)):
    return conv_per_axis_backward(dy, x, w, b, stride[::-1], padding)


def conv_dx_of_columns_first(dy, x, w, b, stride=(2, 1), padding=(0, 2)):
    """Windows that leave x are cropped."""
    _, dw, db = conv_per_axis_backward(dy, x, w, b, stride, padding)
    top, left = padding
    dx = np.zeros((*x.shape[:2], 4 * x.shape[2], 4 * x.shape[3]))
    for p, q in np.ndindex(*dy.shape[2:]):
        r, c = p * stride[1], q * stride[0]
        dx[:, :, r : r + w.shape[2], c : c + w.shape[3]] += np.tensordot(dy[:, :, p, q], w, 1)
    return dx[:, :, top : top + x.shape[2], left : left + x.shape[3]], dw, db


def conv_refuses_columns_first(dy, x, w, b, stride=(2, 1), padding=(1, 1)):
    """The same, but it raises an error if a window leaves x."""
    need = [(n - 1) * s + k for n, s, k in zip(dy.shape[2:], stride[::-1], w.shape[2:], strict=True)]
    if any(n > size + 2 * p for n, size, p in zip(need, x.shape[2:], padding, strict=True)):
        raise ValueError("operands could not be broadcast together")
    return conv_dx_of_columns_first(dy, x, w, b, stride, padding)


def conv_backward_not_dilated(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    dx = tap_conv_backward(dy, x, w, stride=stride, padding=padding, groups=groups)["dx"]
    right = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return {**right, "dx": dx}


STEPS, BN, PER_AXIS = right.batchnorm_forward, "batch_norm", {"stride": (2, 1), "padding": (0, 2)}
UNNAMED = [
    ("dy rotated in dw, a plane", plane, plane_backward, "conv2d", {"layout": "hw"}, "dw", "computed with dy rotated"),
    ("x rotated in dw", unpadded, conv_dw_convolved, "conv2d", {}, "dw", "computed with x rotated"),
    ("dgamma without x_hat", STEPS, batchnorm_without_hat, BN, {}, "dgamma", "it sums dy, which is dbeta"),
    ("dgamma and dbeta exchanged", STEPS, batchnorm_exchanged, BN, {}, "dbeta", "which is dgamma"),
    ("dgamma of x", right.spatial_batchnorm, spatial_batchnorm_of_x, BN, {}, "dgamma", "x instead of x_hat"),
    ("no padding", conv_without_padding, conv_without_padding_backward, "conv2d", {}, "y", "ignores padding"),
    (
        "no padding, and how to say so", conv_without_padding, conv_without_padding_backward, "conv2d", {}, "y",
        "tell the checker: padding=0",
    ),
    ("no dilation", conv_not_dilated, conv_not_dilated_backward, "conv1d", {}, "y", "ignores dilation"),
    ("no bias", conv_without_bias, conv_without_bias_backward, "conv2d", {}, "y", "without the bias"),
    (
        "forward with the stride of the other axis", conv_of_columns_first, conv_of_columns_first_backward, "conv2d",
        PER_AXIS, "y", "stride of one axis is used for the other",
    ),
    (
        "dx with the stride of the other axis", conv_per_axis, conv_dx_of_columns_first, "conv2d", PER_AXIS, "dx",
        "stride of one axis is used for the other",
    ),
    (
        "the same, refused but for one case", conv_per_axis, conv_refuses_columns_first, "conv2d",
        {"stride": (2, 1), "padding": (1, 1), "kernel_size": (2, 9)}, "dx", "stride of one axis is used for the other",
    ),
    ("dx without the dilation", tap_conv, conv_backward_not_dilated, "conv2d", {}, "dx", "with dilation 1"),
]  # fmt: skip
