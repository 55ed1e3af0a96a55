"""Slips that belong to several families: NumPy's defaults, a return too early, a wrong forward."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry
from .right_loops import conv, conv_backward, conv_forward_naive, tap_conv, tap_conv_backward
from .right_matrices import conv_nhwc, conv_nhwc_backward
from .right_small import affine_forward, linear, linear_backward
from .right_transposed import conv_transpose, conv_transpose_backward, deconv_by_zeros, deconv_by_zeros_backward
from .wrong_borders import deconv_pads

# ---- NumPy flips the wrong axes ----


def conv_dx_np_flip(dout, x, w, b, stride=1, padding=0):
    """np.flip without axes flips the channels too."""
    dx, _, _ = conv_backward(dout, x, np.flip(w), b, stride, padding)
    return (dx, *conv_backward(dout, x, w, b, stride, padding)[1:])


def conv_dw_rot90(dout, x, w, b, stride=1, padding=0):
    """np.rot90 rotates the first two axes: the channels."""
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, np.rot90(dw, 2), db


def conv_dx_rows_only(dout, x, w, b, stride=1, padding=0):
    """w[:, :, ::-1] instead of w[:, :, ::-1, ::-1]."""
    dx, _, _ = conv_backward(dout, x, w[:, :, ::-1], b, stride, padding)
    return (dx, *conv_backward(dout, x, w, b, stride, padding)[1:])


def linear_flat_bias(x, w, b):
    """The bias is (out,); a row (1, out) is refused."""
    (outputs,) = b.shape
    return x @ w.T + b[:outputs]


def linear_db_keepdims(grad_output, x, w, b):
    dx, dw, _ = linear_backward(grad_output, x, w, b)
    return dx, dw, np.sum(grad_output, axis=0, keepdims=True)


def conv_nhwc_dw_of_first_filter(dout, images, filters, bias, stride=1, padding=0):
    """dw[..., 0] += instead of dw[..., f] +=, in the loop over the filters."""
    dx, right, db = conv_nhwc_backward(dout, images, filters, bias, stride, padding)
    dw = np.zeros_like(filters)
    for f in range(filters.shape[3]):
        dw[..., 0] += right[..., f]
    return dx, dw, db


# ---- the weight is misread ----


def conv_cols_of_misread_weight(dout, x, w, b, stride=1, padding=0):
    """w (C, F, R, S) instead of w (F, C, R, S), reshaped to (F, C*R*S) anyway."""
    _, dw, db = conv_backward(dout, x, w, b, stride, padding)
    misread = w.transpose(1, 0, 2, 3).reshape(w.shape)
    return conv_backward(dout, x, misread, b, stride, padding)[0], dw, db


def deconv_dx_of_misread_weight(dy, x, w, b, stride=1, padding=0):
    """w (C, F, R, S) reshaped to (C*R*S, F), for a product with the columns of dy."""
    _, dw, db = conv_transpose_backward(dy, x, w, b, stride, padding)
    c, f, r, s = w.shape
    misread = w.reshape(c, r, s, f).transpose(0, 3, 1, 2)
    return conv_transpose_backward(dy, x, misread, b, stride, padding)[0], dw, db


def deconv(x, w, b, stride=1, padding=0):
    return conv_transpose(x, w, b, stride, padding)


def conv_of_misread_weight(x, w, b, stride=1, padding=0):
    """w.reshape(-1, F) instead of w.reshape(F, -1).T, with its own backward."""
    f, c, r, s = w.shape
    return conv(x, w.reshape(c, r, s, f).transpose(3, 0, 1, 2), b, stride, padding)


def conv_of_misread_weight_backward(dout, x, w, b, stride=1, padding=0):
    f, c, r, s = w.shape
    dx, dw, db = conv_backward(dout, x, w.reshape(c, r, s, f).transpose(3, 0, 1, 2), b, stride, padding)
    return dx, dw.transpose(1, 2, 3, 0).reshape(w.shape), db


# ---- the return inside the loop over the batch ----


def conv_returns_early(dout, cache):
    x, w, _, conv_param = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n in range(len(x)):
        one = conv_backward(dout[n : n + 1], x[n : n + 1], w, None, conv_param["stride"], conv_param["pad"])
        dx[n] = one[0][0]
        dw += one[1]
        db += one[2]
        return dx, dw, db


# ---- the step of the optimiser for the gradient ----


def conv_returns_steps(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    found = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return {"dx": found["dx"], "dw": -0.05 * found["dw"], "db": -0.05 * found["db"]}


# ---- dy is not dilated, as full and valid correlations ----


def conv_full_and_valid(dout, x, w, b, stride=1, padding=0):
    kh, kw = w.shape[2:]
    full = np.pad(dout, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    dx = np.einsum("nohwij,ocij->nchw", sliding_window_view(full, (kh, kw), (2, 3)), w[:, :, ::-1, ::-1])
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.einsum("nchwpq,nopq->ochw", sliding_window_view(xp, dout.shape[2:], (2, 3)), dout)
    return dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding], dw, dout.sum((0, 2, 3))


def conv_dw_leaves_rows(dout, x, w, b, stride=1, padding=0):
    """dy is dilated, and dw has as many taps as fit: more than w where the stride leaves rows of x over."""
    dx, _, db = conv_backward(dout, x, w, b, stride, padding)
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    spread = np.zeros((*dout.shape[:2], *[(n - 1) * stride + 1 for n in dout.shape[2:]]))
    spread[:, :, ::stride, ::stride] = dout
    return dx, np.einsum("nchwpq,nopq->ochw", sliding_window_view(xp, spread.shape[2:], (2, 3)), spread), db


# ---- linear layers with the weight as (in, out), and another mistake ----


def linear_in_out_last(dout, cache):
    x, w, _ = cache
    return dout @ w.T, np.outer(x[-1], dout[-1]), dout.sum(0)


def linear_in_out_dw_turned(dout, cache):
    x, w, _ = cache
    return dout @ w.T, dout.T @ x, dout.sum(0)


def linear_in_out_dw_reshaped(dout, cache):
    x, w, _ = cache
    return dout @ w.T, (dout.T @ x).reshape(w.shape), dout.sum(0)


# ---- takes (out, in), but returns dw as (in, out) ----


def linear_dw_turned(grad_output, x, w, b):
    return grad_output @ w, x.T @ grad_output, grad_output.sum(0)


# ---- a wrong forward with the backward of the right one ----


def deconv_not_turned(x, w, stride=1, padding=0):
    """Dilated and correlated with w unrotated."""
    return deconv_by_zeros(x, w[:, :, ::-1, ::-1], stride, padding)


def deconv_as_defined(dy, x, w, b, stride=1, padding=0):
    return conv_transpose_backward(dy, x, w, b, stride, padding)


# ---- two mistakes ----


def conv_not_turned_nor_cut(dout, x, w, b, stride=1, padding=0):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, _, _ = conv_backward(dout, xp, w[:, :, ::-1, ::-1], b, stride, 0)
    return (dx, *conv_backward(dout, x, w, b, stride, padding)[1:])


def conv_not_turned_and_clipped(dout, x, w, b, stride=1, padding=0):
    dx, _, _ = conv_backward(dout, x, w[:, :, ::-1, ::-1], b, stride, padding)
    return (np.clip(dx, -20, 20), *conv_backward(dout, x, w, b, stride, padding)[1:])


ENTRIES = [
    Entry("dx by a weight that is misread", conv, conv_cols_of_misread_weight, slugs=("reshaped-not-transposed",)),
    Entry(
        "transposed, dx by a weight that is misread", deconv, deconv_dx_of_misread_weight, "conv_transpose2d",
        ("reshaped-not-transposed",),
    ),
    Entry(
        "y by a weight that is misread", conv_of_misread_weight, conv_of_misread_weight_backward,
        slugs=("reshaped-not-transposed",),
    ),
    Entry("np.flip(w)", conv, conv_dx_np_flip, slugs=("dx-kernel-not-rotated",)),
    Entry("np.rot90(dw, 2)", conv, conv_dw_rot90, slugs=("dw-rotated",)),
    Entry("only rows turned", conv, conv_dx_rows_only, slugs=("dx-kernel-not-rotated",)),
    Entry(
        "dw of all filters in the first", conv_nhwc, conv_nhwc_dw_of_first_filter, "conv2d", ("wrong-channel",),
        {"layout": "channels_last"},
    ),
    Entry("linear, db with its axes", linear_flat_bias, linear_db_keepdims, "linear", ("db-not-summed",)),
    Entry("returns in the loop", conv_forward_naive, conv_returns_early, slugs=("loop-ends-early",)),
    Entry("steps for gradients", tap_conv, conv_returns_steps, "conv1d", ("sign-inverted", "scaled")),
    Entry("full and valid", conv, conv_full_and_valid, slugs=("stride-ignored",)),
    Entry("dw with taps too many", conv, conv_dw_leaves_rows, slugs=("border-dropped",)),
    Entry("affine, dw of the last", affine_forward, linear_in_out_last, "linear", ("last-sample-only",)),
    Entry("affine, dw turned", affine_forward, linear_in_out_dw_turned, "linear", ("channels-swapped",)),
    Entry("affine, dw reshaped", affine_forward, linear_in_out_dw_reshaped, "linear", ("reshaped-not-transposed",)),
    Entry("linear, dw turned", linear, linear_dw_turned, "linear", ("channels-swapped",)),
    Entry(
        "not turned in the forward", deconv_not_turned, deconv_by_zeros_backward, "conv_transpose2d",
        ("forward-flipped", "dx-kernel-not-rotated", "dw-rotated"),
    ),
    Entry("pads in the forward", deconv_pads, deconv_as_defined, "conv_transpose2d", ("transposed-padding-added",)),
    Entry("not turned, nor cut", conv, conv_not_turned_nor_cut, slugs=("dx-kernel-not-rotated", "dx-padding-kept")),
    Entry("not turned, and clipped", conv, conv_not_turned_and_clipped, slugs=("dx-kernel-not-rotated", "clipped")),
]  # fmt: skip
