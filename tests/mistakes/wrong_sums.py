"""Wrong sums: over too few axes, divided, with the wrong sign, or clipped."""

from __future__ import annotations

import numpy as np

from .entry import Entry
from .right_loops import conv, conv_backward, conv_forward_naive, tap_conv, tap_conv_backward
from .right_matrices import conv_einsum, conv_einsum_backward, conv_nhwc, conv_nhwc_backward, im2col
from .right_small import affine_forward, full_convolution, full_convolution_backward, linear, linear_backward, plane
from .right_transposed import conv_transpose, conv_transpose_backward, deconv_col2im, deconv_col2im_backward

# ---- last-sample-only ----


def conv_dw_per_image(dout, cache):
    x, w, _, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n in range(len(x)):
        cols = im2col(x[n : n + 1], *w.shape[2:], pad, s)
        dw = (dout[n].reshape(len(w), -1) @ cols.T).reshape(w.shape)
        db = dout[n].sum(axis=(1, 2))
        dx[n] = conv_backward(dout[n : n + 1], x[n : n + 1], w, None, s, pad)[0][0]
    return dx, dw, db


def conv_after_the_loop(x, w, b, stride=1, padding=0):
    """y[n] = after the loop, where n is the last index."""
    y = np.zeros((len(x), *conv(x[:1], w, b, stride, padding).shape[1:]))
    for n in range(len(x)):
        found = conv(x[n : n + 1], w, b, stride, padding)
    y[n] = found[0]
    return y


def conv_after_the_loop_backward(dout, x, w, b, stride=1, padding=0):
    only = np.zeros_like(dout)
    only[-1] = dout[-1]
    return conv_backward(only, x, w, b, stride, padding)


def linear_db_last(grad_output, x, w, b):
    for row in grad_output:
        db = row
    return grad_output @ w, grad_output.T @ x, db


# ---- db-not-summed ----


def conv_db_over_batch(dout, x, w, b, stride=1, padding=0):
    dx, dw, _ = conv_backward(dout, x, w, b, stride, padding)
    return dx, dw, dout.sum(axis=0)


def affine_db_itself(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout


def deconv_db_one_axis(dout, cache):
    grads = deconv_col2im_backward(dout, cache)
    return {**grads, "b": np.sum(dout, axis=(0, 2))}


def conv_db_assigned(dout, x, w, b, stride=1, padding=0):
    """db[f] = in all loops."""
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    for n, f, i, j in np.ndindex(*dout.shape):
        db[f] = dout[n, f, i, j]
    return dx, dw, db


def conv_db_of_last_column(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """db = in the loop over the last axis."""
    found = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    for j in range(dy.shape[-1]):
        found["db"] = dy[..., j].sum((0, *range(2, dy.ndim - 1)))
    return found


def conv_nhwc_db_over_two_axes(dout, images, filters, bias, stride=1, padding=0):
    """(0, 1) instead of (0, 1, 2)."""
    dx, dfilters, _ = conv_nhwc_backward(dout, images, filters, bias, stride, padding)
    return dx, dfilters, dout.sum((0, 1))


def conv_nhwc_db_itself(dout, images, filters, bias, stride=1, padding=0):
    return (*conv_nhwc_backward(dout, images, filters, bias, stride, padding)[:2], dout)


# ---- scaled ----


def conv_dw_mean(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    found = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return {"dx": found["dx"], "dw": found["dw"] / len(x), "db": found["db"] / len(x)}


def deconv_db_mean(dy, x, w, b, stride=1, padding=0):
    dx, dw, _ = conv_transpose_backward(dy, x, w, b, stride, padding)
    return dx, dw, dy.mean((0, 2, 3))


def linear_twice(grad_output, x, w, b):
    """The factor 2 of a squared error, which dy already contains."""
    return 2 * grad_output @ w, 2 * grad_output.T @ x, 2 * grad_output.sum(0)


def conv_dw_half_mean(dout, x, w, b, stride=1, padding=0):
    """The 1 / (2 N) of a half squared error."""
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, dw / (2 * len(x)), db


def conv_by_fan_in(dy, x, w, b, stride=1, padding=0, dilation=1):
    dx, dw, db = conv_einsum_backward(dy, x, w, b, stride, padding, dilation)
    return dx, dw / w[0].size, db


def conv_rotated_half_mean(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, -dw[:, :, ::-1, ::-1] / (2 * len(x)), db


def conv_dx_by_stride(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx / stride, dw, db


# ---- sign-inverted ----


def conv_nhwc_descends(dout, images, filters, bias, stride=1, padding=0):
    dx, dw, db = conv_nhwc_backward(dout, images, filters, bias, stride, padding)
    return dx, -dw, -db  # the step that is to be taken


def linear_error(error, x, w, b):
    """For an error that is label - prediction."""
    return -(error @ w), -(error.T @ x), -error.sum(axis=0)


# ---- clip-collapsed ----


def conv_clip_swapped(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return np.clip(dx, 10, -10), dw, db


def third_origin_clip(dz, x, w):
    dx, dw = full_convolution_backward(dz, x, w)
    return np.minimum(-5, np.maximum(5, dx)), dw


# ---- clipped ----


def conv_clipped(dy, x, w, b, stride=1, padding=0, dilation=1):
    return tuple(np.clip(g, -10, 10) for g in conv_einsum_backward(dy, x, w, b, stride, padding, dilation))


def plane_clipped_at_zero(dout, image, kernel, bias):
    """A relu's mask on the wrong array: negative gradients are cut off."""
    kh, kw = kernel.shape
    dx = plane(np.pad(dout, ((kh - 1, kh - 1), (kw - 1, kw - 1))), kernel[::-1, ::-1], 0)
    return np.maximum(dx, 0), plane(image, dout, 0), dout.sum()


# ---- two mistakes ----


def conv_rotated_mean(dout, x, w, b, stride=1, padding=0):
    dx, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dx, dw[:, :, ::-1, ::-1] / (len(x) * dout.shape[2] * dout.shape[3]), db


def linear_negative_mean(grad_output, x, w, b):
    dx, dw, db = linear_backward(grad_output, x, w, b)
    return -dx / len(x), -dw / len(x), -db / len(x)


def plain_transpose(x, w, b, stride=1, padding=0):
    return conv_transpose(x, w, b, stride, padding)


ENTRIES = [
    Entry("dw of each image", conv_forward_naive, conv_dw_per_image, slugs=("last-sample-only",)),
    Entry("y behind the loop", conv_after_the_loop, conv_after_the_loop_backward, slugs=("last-sample-only",)),
    Entry("linear, db of the last row", linear, linear_db_last, "linear", ("last-sample-only",)),
    Entry("db over the batch only", conv, conv_db_over_batch, slugs=("db-not-summed",)),
    Entry(
        "affine, db is dout", affine_forward, affine_db_itself, "linear", ("db-not-summed",),
        {"layout": "channels_last"},
    ),
    Entry("transposed, db misses an axis", deconv_col2im, deconv_db_one_axis, "conv_transpose2d", ("db-not-summed",)),
    Entry("db = in all loops", conv, conv_db_assigned, slugs=("db-not-summed",)),
    Entry("db = in the loop over columns", tap_conv, conv_db_of_last_column, "conv3d", ("db-not-summed",)),
    Entry(
        "channels last, db misses an axis", conv_nhwc, conv_nhwc_db_over_two_axes, "conv2d", ("db-not-summed",),
        {"layout": "channels_last"},
    ),
    Entry(
        "channels last, db is dout", conv_nhwc, conv_nhwc_db_itself, "conv2d", ("db-not-summed",), {"layout": "NHWC"},
    ),
    Entry("dw a mean over the batch", tap_conv, conv_dw_mean, "conv3d", ("scaled",)),
    Entry("dw by 2 N", conv, conv_dw_half_mean, slugs=("scaled",)),
    Entry("dw by the fan-in", conv_einsum, conv_by_fan_in, slugs=("scaled",)),
    Entry("dx by the stride", conv, conv_dx_by_stride, slugs=("scaled",)),
    Entry("transposed, db a mean", plain_transpose, deconv_db_mean, "conv_transpose2d", ("scaled",)),
    Entry("linear, twice", linear, linear_twice, "linear", ("scaled",)),
    Entry(
        "channels last, the step itself", conv_nhwc, conv_nhwc_descends, "conv2d", ("sign-inverted",),
        {"layout": "channels_last"},
    ),
    Entry("linear, label - prediction", linear, linear_error, "linear", ("sign-inverted",)),
    Entry("np.clip(dx, 10, -10)", conv, conv_clip_swapped, slugs=("clip-collapsed",)),
    Entry(
        "the third origin's, bounds swapped", full_convolution, third_origin_clip, "conv_transpose2d",
        ("clip-collapsed",), {"layout": "hw", "convention": "convolution"},
    ),
    Entry("clipped at 10", conv_einsum, conv_clipped, slugs=("clipped",)),
    Entry("clipped at 0", plane, plane_clipped_at_zero, "conv2d", ("clipped",), {"layout": "hw"}),
    Entry("dw rotated, and a mean", conv, conv_rotated_mean, slugs=("dw-rotated", "scaled")),
    Entry(
        "dw rotated, negative and by 2 N", conv, conv_rotated_half_mean,
        slugs=("dw-rotated", "sign-inverted", "scaled"),
    ),
    Entry("linear, negative mean", linear, linear_negative_mean, "linear", ("sign-inverted", "scaled")),
]  # fmt: skip
