"""Wrong implementations of any operation, each with words that its explanation must contain.

WRONG lists them: (slug, argument, name, forward, backward, operation, settings, words of the explanation).
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
from tests.mistakes.right_transposed import conv_transpose, conv_transpose_backward

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


# ---- the derivative at another array, a gradient without gamma, weight decay ----


def sigmoid_of_input(dout, x):
    return dout * x * (1 - x)


def tanh(x):
    return np.tanh(x)


def tanh_twice(dout, y):
    return dout * (1 - np.tanh(y) ** 2)


def layernorm_without_gamma(dout, cache):
    x_hat, std, gamma = cache
    return right.layernorm_backward(dout, (x_hat, std, np.ones_like(gamma)))


def affine(x, w, b):
    return x @ w.T + b


def affine_with_decay(dout, x, w, b):
    return dout @ w, dout.T @ x + 1e-3 * w, dout.sum(0)


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


def deconv_without_output_padding(x, w, b, stride=1, output_padding=0):
    return conv_transpose(x, w, b, stride)


def deconv_without_output_padding_backward(dy, x, w, b, stride=1, output_padding=0):
    return conv_transpose_backward(dy, x, w, b, stride)


# ---- crops, steps and sums ----


def conv1d_full(x, w):
    return np.einsum("ncpi,oci->nop", sliding_window_view(x, w.shape[2], 2), w), (x, w)


def conv1d_full_backward(dy, x, w):
    dx = np.zeros_like(x)
    for i in range(w.shape[2]):
        dx[:, :, i : i + dy.shape[2]] += np.einsum("nop,oc->ncp", dy, w[:, :, i])
    return dx, np.einsum("ncpi,nop->oci", sliding_window_view(x, w.shape[2], 2), dy)


def conv1d_cut_in_front(dy, cache):
    dx, dw = conv1d_full_backward(dy, *cache)
    return dx[:, :, cache[1].shape[2] - 1 :], dw


def conv1d_valid(dy, cache):
    """np.correlate(dy, w, "valid") instead of "full"."""
    x, w = cache
    reach = sliding_window_view(dy, w.shape[2], 2)
    return np.einsum("nopi,oci->ncp", reach, w[:, :, ::-1]), conv1d_full_backward(dy, x, w)[1]


def conv_cut_again(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    inner = slice(padding, dx.shape[2] - padding), slice(padding, dx.shape[3] - padding)
    return dx[:, :, inner[0], inner[1]], dw, db


def conv_dx_in_steps(dout, x, w, b, stride=1, padding=0):
    """dx as the forward of dy, with the same stride."""
    _, dw, db = conv_backward(dout, x, w, b, stride, padding)
    kh, kw = w.shape[2:]
    full = np.pad(dout, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    turned = np.ascontiguousarray(w.transpose(1, 0, 2, 3)[..., ::-1, ::-1])
    windows = sliding_window_view(full, (kh, kw), (2, 3))
    inner = (..., *[slice(padding, n - padding, stride) for n in windows.shape[2:4]], slice(None), slice(None))
    return np.einsum("nohwij,coij->nchw", windows[inner], turned), dw, db


def conv_bias_in_the_sum(x, w, b, stride=1, padding=0):
    """(window * w[o] + b[o]).sum()"""
    return conv(x, w, b * w[0].size, stride, padding)


def conv_bias_in_the_sum_backward(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, dw, db * w[0].size


# ---- right for square images only ----


def conv_of_stride_1(x, w, b, padding=0):
    return conv(x, w, b, 1, padding)


def conv_rows_cut_by_the_width(dy, x, w, b, padding=0):
    """The end of the columns is used for the rows as well."""
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    _, dw, db = conv_backward(dy, x, w, b, 1, padding)
    dx = conv_backward(dy, xp, w, b)[0]
    end = padding + x.shape[3]
    return dx[:, :, padding:end, padding:end], dw, db


def conv_rows_by_columns(dy, x, w, b, stride=1, padding=0):
    """range(Q) in both loops, where Q is the number of columns of dy."""
    _, dw, db = conv_backward(dy, x, w, b, stride, padding)
    return conv_backward(dy * (np.arange(dy.shape[2]) < dy.shape[3])[:, None], x, w, b, stride, padding)[0], dw, db


# ---- max pooling ----


def pool_padded_with_zeros(x, kernel_size=2, stride=2, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(xp, (kernel_size, kernel_size), (2, 3))[:, :, ::stride, ::stride]
    return windows.max((4, 5)), xp


def pool_padded_with_zeros_backward(dy, x, y, kernel_size=2, stride=2, padding=0):
    k, s, p = kernel_size, stride, padding
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dx = np.zeros_like(xp)
    for i, j in np.ndindex(*dy.shape[2:]):
        window = (..., slice(i * s, i * s + k), slice(j * s, j * s + k))
        dx[window] += (xp[window] == xp[window].max((2, 3), keepdims=True)) * dy[:, :, i : i + 1, j : j + 1]
    return dx[:, :, p : p + x.shape[2], p : p + x.shape[3]]


def sigmoid_of_minus_x(x):
    y = 1 / (1 + np.exp(x))
    return y, y


def sigmoid_of_minus_x_backward(dout, y):
    return -dout * y * (1 - y)


STEPS, BN, PER_AXIS = right.batchnorm_forward, "batch_norm", {"stride": (2, 1), "padding": (0, 2)}
WRONG = [
    (
        "output-padding-ignored",
        "y",
        "no output padding",
        deconv_without_output_padding,
        deconv_without_output_padding_backward,
        "conv_transpose2d",
        {},
        "The forward ignores output_padding",
    ),
    (
        "dw-convolved",
        "dw",
        "dy rotated in dw, a plane",
        plane,
        plane_backward,
        "conv2d",
        {"layout": "hw"},
        "computed with dy rotated",
    ),
    ("dw-convolved", "dw", "x rotated in dw", unpadded, conv_dw_convolved, "conv2d", {}, "computed with x rotated"),
    (
        "x-hat-missing",
        "dgamma",
        "dgamma without x_hat",
        STEPS,
        batchnorm_without_hat,
        BN,
        {},
        "it sums dy, which is dbeta",
    ),
    (
        "gradients-swapped",
        "dbeta",
        "dgamma and dbeta exchanged",
        STEPS,
        batchnorm_exchanged,
        BN,
        {},
        "dbeta is the gradient of gamma, and vice versa",
    ),
    (
        "x-hat-missing",
        "dgamma",
        "dgamma of x",
        right.spatial_batchnorm,
        spatial_batchnorm_of_x,
        BN,
        {},
        "x instead of x_hat",
    ),
    (
        "padding-ignored",
        "y",
        "no padding",
        conv_without_padding,
        conv_without_padding_backward,
        "conv2d",
        {},
        "ignores padding",
    ),
    (
        "padding-ignored",
        "y",
        "no padding, and how to say so",
        conv_without_padding,
        conv_without_padding_backward,
        "conv2d",
        {},
        "pass padding=0 to the checker",
    ),
    (
        "dilation-ignored",
        "y",
        "no dilation",
        conv_not_dilated,
        conv_not_dilated_backward,
        "conv1d",
        {},
        "ignores dilation",
    ),
    ("bias-ignored", "y", "no bias", conv_without_bias, conv_without_bias_backward, "conv2d", {}, "without the bias"),
    (
        "axes-swapped",
        "y",
        "forward with the stride of the other axis",
        conv_of_columns_first,
        conv_of_columns_first_backward,
        "conv2d",
        PER_AXIS,
        "stride of one axis is used for the other",
    ),
    (
        "axes-swapped",
        "dx",
        "dx with the stride of the other axis",
        conv_per_axis,
        conv_dx_of_columns_first,
        "conv2d",
        PER_AXIS,
        "stride of one axis is used for the other",
    ),
    (
        "axes-swapped",
        "dx",
        "the same, refused but for one case",
        conv_per_axis,
        conv_refuses_columns_first,
        "conv2d",
        {"stride": (2, 1), "padding": (1, 1), "kernel_size": (2, 9)},
        "stride of one axis is used for the other",
    ),
    (
        "dilation-ignored",
        "dx",
        "dx without the dilation",
        tap_conv,
        conv_backward_not_dilated,
        "conv2d",
        {},
        "with dilation 1",
    ),
    (
        "dx-cropped",
        "dx",
        "dx cut by kernel - 1 in front",
        conv1d_full,
        conv1d_cut_in_front,
        "conv1d",
        {},
        "kernel - 1 cells are cut off at the start",
    ),
    ("dx-cropped", "dx", "dx of a valid correlation", conv1d_full, conv1d_valid, "conv1d", {}, 'as mode="valid" does'),
    (
        "dx-cropped",
        "dx",
        "dx cut by the padding twice",
        conv,
        conv_cut_again,
        "conv2d",
        {},
        "`padding` cells too many are cut off at both ends",
    ),
    (
        "dx-strided",
        "dx",
        "dx in steps of the stride",
        conv,
        conv_dx_in_steps,
        "conv2d",
        {},
        "moves over dy in steps of `stride` cells",
    ),
    (
        "bias-added-repeatedly",
        "y",
        "bias inside the sum",
        conv_bias_in_the_sum,
        conv_bias_in_the_sum_backward,
        "conv2d",
        {},
        "once for each product of x and w",
    ),
    (
        "height-width-mixed",
        "dx",
        "rows cut by the width",
        conv_of_stride_1,
        conv_rows_cut_by_the_width,
        "conv2d",
        {},
        "cut to the width of x",
    ),
    (
        "height-width-mixed",
        "dx",
        "rows of dx by columns",
        conv,
        conv_rows_by_columns,
        "conv2d",
        {},
        "the number of its columns",
    ),
    (
        "max-of-padding",
        "y",
        "max pool padded with zeros",
        pool_padded_with_zeros,
        pool_padded_with_zeros_backward,
        "max_pool2d",
        {},
        "counts as cells with the value 0",
    ),
    (
        "sign-inverted",
        "y",
        "exp(x) in a sigmoid",
        sigmoid_of_minus_x,
        sigmoid_of_minus_x_backward,
        "sigmoid",
        {},
        "computes sigmoid(-x)",
    ),
    (
        "derivative-misplaced",
        "dx",
        "sigmoid: x * (1 - x)",
        lambda x: right.sigmoid(x)[0],
        sigmoid_of_input,
        "sigmoid",
        {},
        "x * (1 - x) of the input",
    ),
    ("derivative-misplaced", "dx", "tanh of tanh", tanh, tanh_twice, "tanh", {}, "passed through tanh again"),
    (
        "gamma-missing",
        "dx",
        "layer norm without gamma in dx",
        right.layernorm,
        layernorm_without_gamma,
        "layer_norm",
        {},
        "does not contain gamma",
    ),
    ("penalty-added", "dw", "weight decay in dw", affine, affine_with_decay, "linear", {}, "0.001 * w"),
]
