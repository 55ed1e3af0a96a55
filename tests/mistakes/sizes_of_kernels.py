"""Convolutions that are wrong only for certain kernels, strides, dilations and paddings.

Each has a branch or a formula that holds for the sizes its author tried. The name of an entry says which sizes show the
mistake.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry
from .right_loops import conv, conv_backward, conv_per_axis, conv_per_axis_backward, tap_conv, tap_conv_backward
from .right_transposed import conv_transpose, conv_transpose_backward


def padded(a, before, after=None):
    return np.pad(a, ((0, 0), (0, 0), *((before, before if after is None else after),) * 2))


# ---- 1x1 kernels, as a product over the channels ----


def conv_pointwise(x, w, b, stride=1, padding=0):
    """The product of the channels forgets the stride."""
    if w.shape[2:] == (1, 1):
        return np.einsum("nchw,oc->nohw", padded(x, padding), w[:, :, 0, 0]) + b[:, None, None]
    return conv(x, w, b, stride, padding)


def conv_pointwise_backward(dy, x, w, b, stride=1, padding=0):
    if w.shape[2:] != (1, 1):
        return conv_backward(dy, x, w, b, stride, padding)
    dx = np.einsum("nohw,oc->nchw", dy, w[:, :, 0, 0])
    dw = np.einsum("nohw,nchw->oc", dy, padded(x, padding))
    end = [n + padding for n in x.shape[2:]]
    return dx[:, :, padding : end[0], padding : end[1]], dw[:, :, None, None], dy.sum((0, 2, 3))


def conv_backward_pointwise(dy, x, w, b, stride=1, padding=0):
    """The gradient of a 1x1 kernel takes the first cells of x instead of every second one."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    if w.shape[2:] == (1, 1):
        cells = padded(x, padding)[:, :, : dy.shape[2], : dy.shape[3]]
        dw = np.einsum("nohw,nchw->oc", dy, cells)[:, :, None, None]
    return dx, dw, db


# ---- square and even kernels ----


def conv_backward_square_kernel(dy, x, w, b, stride=1, padding=0):
    """dx of a square kernel as a full correlation, with the kernel transposed instead of rotated."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    k = w.shape[2]
    if w.shape[3] == k and stride == 1 and padding < k:
        windows = sliding_window_view(padded(dy, k - 1 - padding), (k, k), (2, 3))
        dx = np.einsum("nohwij,ocij->nchw", windows, w.swapaxes(2, 3))
    return dx, dw, db


def conv_square_kernel_only(x, w, b, stride=1, padding=0):
    assert w.shape[2] == w.shape[3], "square kernels only"
    return conv(x, w, b, stride, padding)


def conv_backward_even_kernel(dy, x, w, b, stride=1, padding=0):
    """Pads by k // 2 on both sides of the centre, which an even kernel does not have."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    k = w.shape[2]
    if stride == 1 and padding == k // 2:
        windows = sliding_window_view(padded(dy, k // 2), (k, k), (2, 3))
        dx = np.einsum("nohwij,ocij->nchw", windows, w[:, :, ::-1, ::-1])
    return dx, dw, db


# ---- kernels of 5 cells ----


def conv_backward_room_of_three(dy, x, w, b, stride=1, padding=0):
    """Three cells of room around dy are enough for kernels up to 4; beyond, the crop starts at -1."""
    _, dw, db = conv_backward(dy, x, w, b, stride, padding)
    kh, kw = w.shape[2:]
    up = np.zeros((*dy.shape[:2], *[n + 2 * padding - k + 1 for n, k in zip(x.shape[2:], (kh, kw), strict=True)]))
    up[:, :, ::stride, ::stride] = dy
    windows = sliding_window_view(padded(up, 3), (kh, kw), (2, 3))
    full = np.einsum("nohwij,ocij->nchw", windows, w[:, :, ::-1, ::-1])
    top, left = (3 - (k - 1) + padding for k in (kh, kw))
    return full[:, :, top:, left:][:, :, : x.shape[2], : x.shape[3]], dw, db


def conv_backward_in_fours(dy, x, w, b, stride=1, padding=0):
    """dw in blocks of four rows of the kernel; the rows after the last whole block are forgotten."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    k = w.shape[2]
    if k > 4:
        dw[:, :, k - k % 4 :] = 0
    return dx, dw, db


# ---- strides ----


def conv_backward_gaps(dy, x, w, b, stride=1, padding=0):
    """If windows do not meet, each is written next to the last one, without the gap."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    kh, kw = w.shape[2:]
    if stride > max(kh, kw):
        dxp = np.zeros_like(padded(x, padding))
        for i, j in np.ndindex(*dy.shape[2:]):
            dxp[:, :, i * kh : (i + 1) * kh, j * kw : (j + 1) * kw] = np.tensordot(dy[:, :, i, j], w, 1)
        dx = dxp[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return dx, dw, db


def conv_backward_remainder(dy, x, w, b, stride=1, padding=0):
    """Inserts zeros into dy and pads the remainder with at most two rows."""
    _, dw, db = conv_backward(dy, x, w, b, stride, padding)
    kh, kw = w.shape[2:]
    rest = [min((n + 2 * padding - k) % stride, 2) for n, k in zip(x.shape[2:], (kh, kw), strict=True)]
    up = np.zeros((*dy.shape[:2], *[(n - 1) * stride + 1 + r for n, r in zip(dy.shape[2:], rest, strict=True)]))
    up[:, :, ::stride, ::stride] = dy
    room = [(0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)]
    windows = sliding_window_view(np.pad(up, room), (kh, kw), (2, 3))
    full = np.einsum("nohwij,ocij->nchw", windows, w[:, :, ::-1, ::-1])
    return full[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


def conv_pairs(x, w, b, stride=(1, 1), padding=(0, 0)):
    return conv_per_axis(x, w, b, stride, padding)


def conv_pairs_backward(dy, x, w, b, stride=(1, 1), padding=(0, 0)):
    """dw steps by the stride of the rows along the columns too; x is padded at the end so that nothing is refused."""
    dx, _, db = conv_per_axis_backward(dy, x, w, b, stride, padding)
    far = max(stride) * max(dy.shape[2:]) + max(w.shape[2:])
    xp = np.pad(x, ((0, 0), (0, 0), (padding[0], far), (padding[1], far)))
    dw = np.zeros_like(w)
    for i, j in np.ndindex(*w.shape[2:]):
        rows = slice(i, i + stride[0] * dy.shape[2], stride[0])
        columns = slice(j, j + stride[0] * dy.shape[3], stride[0])
        dw[:, :, i, j] = np.einsum("nohw,nchw->oc", dy, xp[:, :, rows, columns])
    return dx, dw, db


# ---- padding, dilation, a single output ----


def conv_backward_wide_padding(dy, x, w, b, stride=1, padding=0):
    """dx as a full correlation with k - 1 - padding cells around dy, or none where that is negative."""
    _, dw, db = conv_backward(dy, x, w, b, stride, padding)
    up = np.zeros((*dy.shape[:2], *[n + 2 * padding - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]))
    up[:, :, ::stride, ::stride] = dy
    room = [(max(k - 1 - padding, 0),) * 2 for k in w.shape[2:]]
    windows = sliding_window_view(np.pad(up, [(0, 0), (0, 0), *room]), w.shape[2:], (2, 3))
    dx = np.einsum("nohwij,ocij->nchw", windows, w[:, :, ::-1, ::-1])
    return dx[:, :, : x.shape[2], : x.shape[3]], dw, db


def tap_conv_spread(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """A dilated kernel covers k * dilation - 1 cells, which holds for dilation 2."""
    y = tap_conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    covered = [k * dilation - 1 if dilation > 1 else k for k in w.shape[2:]]
    size = [(n + 2 * padding - k) // stride + 1 for n, k in zip(x.shape[2:], covered, strict=True)]
    return y[:, :, : size[0], : size[1]]


def conv_backward_single_output(dy, x, w, b, stride=1, padding=0):
    """The gradient for a single output is a product with all of x."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    if dy.shape[2:] == (1, 1):
        dw = np.einsum("no,nchw->ochw", dy[:, :, 0, 0], padded(x, padding))
    return dx, dw, db


def conv_transpose_one_more(x, w, b, stride=1, padding=0, output_padding=0):
    """Any output padding adds one row and one column."""
    return conv_transpose(x, w, b, stride, padding, 1 if output_padding else 0)


def conv_transpose_one_more_backward(dy, x, w, b, stride=1, padding=0, output_padding=0):
    return conv_transpose_backward(dy, x, w, b, stride, padding, 1 if output_padding else 0)


ENTRIES = [
    Entry("kernel 1x1 with a stride, forward", conv_pointwise, conv_pointwise_backward),
    Entry("kernel 1x1 with a stride, dw", conv, conv_backward_pointwise),
    Entry("square kernel", conv, conv_backward_square_kernel),
    Entry("even square kernel", conv_square_kernel_only, conv_backward_even_kernel),
    Entry("kernel of 5, dx", conv, conv_backward_room_of_three),
    Entry("kernel of 5, dw", conv, conv_backward_in_fours),
    Entry("stride larger than the kernel", conv, conv_backward_gaps),
    Entry("stride 4 with a remainder of 3", conv, conv_backward_remainder),
    Entry("another stride on each axis", conv_pairs, conv_pairs_backward),
    Entry("padding as large as the kernel", conv, conv_backward_wide_padding),
    Entry("dilation 3", tap_conv_spread, tap_conv_backward),
    Entry("a single output", conv, conv_backward_single_output),
    Entry("output padding 2", conv_transpose_one_more, conv_transpose_one_more_backward, "conv_transpose2d"),
]
