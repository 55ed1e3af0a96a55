"""Wrong kernels: rotated where they must not be, not rotated where they must be, or with mixed up axes or channels."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry
from .right_loops import conv, conv_backward, tap_conv, tap_conv_backward
from .right_matrices import conv_einsum, conv_einsum_backward, conv_nhwc, conv_nhwc_backward, im2col
from .right_small import linear, plane
from .right_transposed import conv_transpose, conv_transpose_backward, deconv_nhwc, deconv_nhwc_backward

# ---- forward-flipped ----


def conv_textbook(x, w, b):
    """The convolution of the textbook, y[i] = sum of x[i - k] w[k], with its own backward."""
    return conv_einsum(x, np.rot90(w, 2, (2, 3)), b)


def conv_textbook_backward(dout, x, w, b):
    dx, dw, db = conv_einsum_backward(dout, x, np.rot90(w, 2, (2, 3)), b)
    return dx, np.rot90(dw, 2, (2, 3)), db


def conv1d_numpy(x, w):
    return np.array([[sum(np.convolve(s, k, "valid") for s, k in zip(xs, ks, strict=True)) for ks in w] for xs in x])


def conv1d_numpy_backward(dy, x, w):
    """Right if np.convolve were a correlation."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, o in np.ndindex(*dy.shape[:2]):
        for c in range(x.shape[1]):
            dx[n, c] += np.convolve(dy[n, o], w[o, c])
            dw[o, c] += np.correlate(x[n, c], dy[n, o], "valid")
    return dx, dw


# ---- dx-kernel-not-rotated ----


def conv_valid(x, w, b):
    return np.einsum("nchwij,ocij->nohw", sliding_window_view(x, w.shape[2:], (2, 3)), w) + b.reshape(1, -1, 1, 1)


def conv_valid_backward(dy, x, w, b):
    kh, kw = w.shape[2:]
    full = np.pad(dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    dx = np.einsum("nohwij,ocij->nchw", sliding_window_view(full, (kh, kw), (2, 3)), w)
    dw = np.einsum("nchwij,noij->ochw", sliding_window_view(x, dy.shape[2:], (2, 3)), dy)
    return dx, dw, dy.sum((0, 2, 3))


def deconv_same_kernel(dy, x, w, b, stride=1, padding=0, output_padding=0):
    _, dw, db = conv_transpose_backward(dy, x, w, b, stride, padding, output_padding)
    dx, _, _ = conv_transpose_backward(dy, x, w[:, :, ::-1, ::-1], b, stride, padding, output_padding)
    return dx, dw, db


def deconv_plain(x, w, b, stride=1, padding=0, output_padding=0):
    return conv_transpose(x, w, b, stride, padding, output_padding)


# ---- dw-rotated ----


def conv_dw_turned(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    found = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return found["dx"], np.flip(found["dw"], (2, 3, 4)), found["db"]


def plane_backward_convolved(dout, image, kernel, bias):
    kh, kw = kernel.shape
    dx = plane(np.pad(dout, ((kh - 1, kh - 1), (kw - 1, kw - 1))), kernel[::-1, ::-1], 0)
    dkernel = plane(image[::-1, ::-1], dout[::-1, ::-1], 0)  # a convolution of both
    return dx, dkernel, dout.sum()


# ---- dw-transposed ----


def conv_dw_columns_first(dy, x, w, b, stride=1, padding=0):
    dx, _, db = conv_backward(dy, x, w, b, stride, padding)
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros((*w.shape[:2], w.shape[3], w.shape[2]))
    for i, j in np.ndindex(*w.shape[2:]):
        seen = xp[:, :, i::stride, j::stride][:, :, : dy.shape[2], : dy.shape[3]]
        dw[:, :, j, i] = np.einsum("nopq,ncpq->oc", dy, seen)
    return dx, dw, db


# ---- reshaped-not-transposed ----


def conv_cols(x, w, b, conv_param):
    cols = im2col(x, *w.shape[2:], conv_param["pad"], conv_param["stride"])
    return conv(x, w, b, conv_param["stride"], conv_param["pad"]), (x, w, conv_param, cols)


def conv_cols_reshaped(dout, cache):
    """(N, F, P, Q) read as (F, N*P*Q)."""
    x, w, conv_param, _ = cache
    dx, _, db = conv_backward(dout, x, w, None, conv_param["stride"], conv_param["pad"])
    pad, s = conv_param["pad"], conv_param["stride"]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(xp, w.shape[2:], (2, 3))[:, :, ::s, ::s]
    cols = windows.transpose(1, 4, 5, 0, 2, 3).reshape(w[0].size, -1)
    return dx, (dout.reshape(len(w), -1) @ cols.T).reshape(w.shape), db


def conv_dcols_reshaped(dout, cache):
    """The columns of dx are (N*P*Q, C*R*S), and col2im gets them as (N, C*R*S, P*Q) without a transpose."""
    x, w, conv_param, _ = cache
    _, dw, db = conv_backward(dout, x, w, None, conv_param["stride"], conv_param["pad"])
    pad, s = conv_param["pad"], conv_param["stride"]
    (n, c, h, wd), (kh, kw), (p, q) = x.shape, w.shape[2:], dout.shape[2:]
    dcols = dout.transpose(0, 2, 3, 1).reshape(n * p * q, -1) @ w.reshape(len(w), -1)
    dcols = dcols.reshape(n, c, kh, kw, p, q)
    dxp = np.zeros((n, c, h + 2 * pad, wd + 2 * pad))
    for i, j in np.ndindex(kh, kw):
        dxp[:, :, i : i + s * p : s, j : j + s * q : s][:, :, :p, :q] += dcols[:, :, i, j]
    return dxp[:, :, pad : pad + h, pad : pad + wd], dw, db


def conv_cols_not_transposed(x, w, b, stride=1, padding=0):
    """The product is (F, N*P*Q) and is read as (N, F, P, Q); the backward reads it back in the same way."""
    right = conv(x, w, b, stride, padding)
    n, f, p, q = right.shape
    return right.transpose(1, 0, 2, 3).reshape(n, f, p, q)


def conv_cols_not_transposed_backward(dout, x, w, b, stride=1, padding=0):
    n, f, p, q = dout.shape
    return conv_backward(dout.reshape(f, n, p, q).transpose(1, 0, 2, 3), x, w, b, stride, padding)


def linear_dw_reshaped(grad_output, x, w, b):
    dw = x.T @ grad_output  # (in, out)
    return grad_output @ w, dw.reshape(w.shape), grad_output.sum(0)


# ---- channels-swapped ----


def deconv_dw_in_out(dy, x, w, b, stride=1, padding=0, output_padding=0):
    dx, dw, db = conv_transpose_backward(dy, x, w, b, stride, padding, output_padding)
    return dx, dw.transpose(1, 0, 2, 3), db


def conv_nhwc_dw_out_in(dout, images, filters, bias, stride=1, padding=0):
    dx, dw, db = conv_nhwc_backward(dout, images, filters, bias, stride, padding)
    return dx, np.einsum("abco->aboc", dw), db


# ---- wrong-channel ----


def conv_first_filter(dout, x, w, b, stride=1, padding=0):
    """The index of the filter is a leftover 0."""
    dxp = np.zeros((len(x), x.shape[1], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
    kh, kw = w.shape[2:]
    for n, f, i, j in np.ndindex(*dout.shape):
        dxp[n, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += dout[n, f, i, j] * w[0]
    _, dw, db = conv_backward(dout, x, w, b, stride, padding)
    return dxp[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


def deconv_one_channel(dy, x, kernel, bias, stride=1):
    """Every input channel uses the last one: the loop variable of another loop."""
    dx, _, db = deconv_nhwc_backward(dy, x, kernel, bias, stride)
    kh, kw, _, channels = kernel.shape
    dkernel = np.zeros_like(kernel)
    for c in range(channels):
        db[c : c + 1] += 0  # once something was added here
    for k in range(channels):
        for i, j in np.ndindex(x.shape[1], x.shape[2]):
            seen = dy[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
            dkernel[..., k] += np.einsum("nabo,n->abo", seen, x[:, i, j, c])
    return dx, dkernel, db


# ---- groups-mixed ----


def conv_groups_interleaved(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """dx is assembled as (C // groups, groups) while the forward uses (groups, C // groups)."""
    found = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    dx = found["dx"]
    n, c, *size = dx.shape
    found["dx"] = dx.reshape(n, groups, c // groups, *size).swapaxes(1, 2).reshape(dx.shape)
    return found


def conv_groups_every_other(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """Group g takes the channels g, g + groups, ...; with its own backward."""
    order = [c for g in range(groups) for c in range(g, x.shape[1], groups)]
    return tap_conv(x[:, order], w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def conv_groups_every_other_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    order = [c for g in range(groups) for c in range(g, x.shape[1], groups)]
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    found = tap_conv_backward(dy, x[:, order], w, **settings)
    dx = np.empty_like(x)
    dx[:, order] = found["dx"]
    return {**found, "dx": dx}


def conv_groups_of_weights_interleaved(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """Filter f counts as group f % groups in dx and dw."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    order = np.concatenate([np.arange(g, len(w), groups) for g in range(groups)])
    right = tap_conv_backward(dy, x, w, **settings)
    dx = tap_conv_backward(dy, x, w[order], **settings)["dx"]
    return {"dx": dx, "dw": right["dw"][order], "db": right["db"][order]}


def conv_shuffled(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """The results of the groups are interleaved channel by channel, with its own backward."""
    y = tap_conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return y[:, _every_other(len(w), groups)]


def conv_shuffled_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    dy = dy[:, np.argsort(_every_other(len(w), groups))]
    return tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _every_other(channels, groups):
    return np.arange(channels).reshape(groups, -1).T.ravel()


# ---- two mistakes ----


def conv_turned_and_negative(dy, x, w, b, stride=1, padding=0):
    """label - predicted upstream of the weights, and convolve2d instead of correlate2d."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    return dx, -dw[:, :, ::-1, ::-1], db


ENTRIES = [
    Entry("textbook convolution", conv_textbook, conv_textbook_backward, slugs=("forward-flipped",)),
    Entry(
        "np.convolve for a correlation", conv1d_numpy, conv1d_numpy_backward, "conv1d",
        ("forward-flipped", "dx-kernel-not-rotated", "dw-rotated"),
    ),
    Entry("full correlation with w", conv_valid, conv_valid_backward, slugs=("dx-kernel-not-rotated",)),
    Entry(
        "transposed, dx with the kernel turned", deconv_plain, deconv_same_kernel, "conv_transpose2d",
        ("dx-kernel-not-rotated",),
    ),
    Entry("dw flipped, 3 axes", tap_conv, conv_dw_turned, "conv3d", ("dw-rotated",)),
    Entry("dw by convolution of a plane", plane, plane_backward_convolved, "conv2d", ("dw-rotated",), {"layout": "hw"}),
    Entry("dw, columns first", conv, conv_dw_columns_first, slugs=("dw-transposed",)),
    Entry(
        "dw, columns first, square", conv, conv_dw_columns_first, "conv2d",
        ("dw-transposed", "reshaped-not-transposed"), {"kernel_size": 3},
    ),
    Entry("dout reshaped for im2col", conv_cols, conv_cols_reshaped, slugs=("reshaped-not-transposed",)),
    Entry("columns reshaped for col2im", conv_cols, conv_dcols_reshaped, slugs=("reshaped-not-transposed",)),
    Entry(
        "the forward's product reshaped", conv_cols_not_transposed, conv_cols_not_transposed_backward,
        slugs=("reshaped-not-transposed",),
    ),
    Entry("linear, dw reshaped", linear, linear_dw_reshaped, "linear", ("reshaped-not-transposed",)),
    Entry("transposed, dw (out, in)", deconv_plain, deconv_dw_in_out, "conv_transpose2d", ("channels-swapped",)),
    Entry(
        "channels last, dw (out, in)", conv_nhwc, conv_nhwc_dw_out_in, "conv2d", ("channels-swapped",),
        {"layout": "channels_last"},
    ),
    Entry("first filter for all", conv, conv_first_filter, slugs=("wrong-channel",)),
    Entry(
        "a loop variable left over", deconv_nhwc, deconv_one_channel, "conv_transpose2d", ("wrong-channel",),
        {"layout": "NHWC"},
    ),
    Entry("groups interleaved in dx", tap_conv, conv_groups_interleaved, slugs=("groups-mixed",)),
    Entry(
        "groups interleaved in the forward", conv_groups_every_other, conv_groups_every_other_backward, "conv1d",
        ("groups-mixed",),
    ),
    Entry(
        "groups of filters interleaved", tap_conv, conv_groups_of_weights_interleaved, "conv2d",
        ("groups-mixed", "groups-mixed", "groups-mixed"),
    ),
    Entry("groups shuffled, bias and all", conv_shuffled, conv_shuffled_backward, slugs=("groups-mixed",)),
    Entry("dw turned and negative", conv, conv_turned_and_negative, slugs=("dw-rotated", "sign-inverted")),
]  # fmt: skip
