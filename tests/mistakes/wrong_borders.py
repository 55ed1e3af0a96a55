"""Wrong borders: padding that is kept or cropped elsewhere, missing rows, and the edges of transposed layers."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry
from .right_loops import (
    conv,
    conv_backward,
    conv_forward_naive,
    conv_per_axis,
    conv_per_axis_backward,
    tap_conv,
    tap_conv_backward,
)
from .right_matrices import conv_strided, conv_strided_backward
from .right_transposed import conv_transpose, conv_transpose_backward

# ---- dx-padding-kept ----


def conv_backward_padded(dout, cache):
    x, w, _, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw, db = np.zeros_like(xp), np.zeros_like(w), dout.sum((0, 2, 3))
    kh, kw = w.shape[2:]
    for n, f, i, j in np.ndindex(*dout.shape):
        window = (n, slice(None), slice(i * s, i * s + kh), slice(j * s, j * s + kw))
        dx[window] += dout[n, f, i, j] * w[f]
        dw[f] += dout[n, f, i, j] * xp[window]
    return dx, dw, db


def conv_backward_minus_zero(grad, ctx):
    """dxp[pad:-pad] is empty if pad is 0."""
    xp, kernel, s, pad = ctx
    kh, kw = kernel.shape[2:]
    _, dkernel, db = conv_strided_backward(grad, ctx)
    dxp = np.zeros(xp.shape)
    for i, j in np.ndindex(*grad.shape[2:]):
        given = np.tensordot(grad[:, :, i, j], kernel, (1, 0))
        dxp[:, :, i * s : i * s + kh, j * s : j * s + kw] += given
    return dxp[:, :, pad:-pad, pad:-pad], dkernel, db


# ---- dx-shifted ----


def conv_backward_first_cells(grad_output, input, weight, bias, stride=1, padding=0):
    """Cropped to the size of the input, but from the first cell on."""
    padded = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, dw, db = conv_backward(grad_output, padded, weight, bias, stride, 0)
    return dx[:, :, : input.shape[2], : input.shape[3]], dw, db


def conv_backward_one_off(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """Cropped one cell too late on the last axis; np.roll fills the gap with the cell that was cut off, which is 0
    here.
    """
    found = tap_conv_backward(
        dy, np.pad(x, ((0, 0), (0, 0), (padding, padding + 1))), w, stride=stride, dilation=dilation, groups=groups
    )
    start = padding + 1
    right = tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return found["dx"][:, :, start : start + x.shape[2]], right["dw"], right["db"]


def conv_backward_cut_twice(grad_output, input, weight, bias, stride=1, padding=0):
    """Cropped from 2*padding on, as if both paddings were in front."""
    padded = np.pad(input, ((0, 0), (0, 0), (padding, 2 * padding), (padding, 2 * padding)))
    dx, _, _ = conv_backward(grad_output, padded, weight, bias, stride, 0)
    rows, columns = (slice(2 * padding, 2 * padding + n) for n in input.shape[2:])
    return (dx[:, :, rows, columns], *conv_backward(grad_output, input, weight, bias, stride, padding)[1:])


def conv_per_axis_cut_elsewhere(dy, x, w, b, stride=(2, 1), padding=(0, 2)):
    """(left, top) instead of (top, left); a slice beyond the end is shorter."""
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    dx, _, _ = conv_per_axis_backward(dy, padded, w, b, stride, (0, 0))
    left, top = padding
    cut = dx[:, :, top : top + x.shape[2], left : left + x.shape[3]]
    return (cut, *conv_per_axis_backward(dy, x, w, b, stride, padding)[1:])


def conv_backward_rows_in_front(grad_output, input, weight, bias, stride=1, padding=0):
    """dx covers only the windows, and the missing rows are added in front."""
    _, dw, db = conv_backward(grad_output, input, weight, bias, stride, padding)
    (_, _, h, wd), (kh, kw), (p, q) = input.shape, weight.shape[2:], grad_output.shape[2:]
    top, left = h + 2 * padding - (p - 1) * stride - kh, wd + 2 * padding - (q - 1) * stride - kw
    whole = np.zeros((*input.shape[:2], h + 2 * padding, wd + 2 * padding))
    for i, j in np.ndindex(p, q):
        r, c = top + i * stride, left + j * stride
        whole[:, :, r : r + kh, c : c + kw] += np.tensordot(grad_output[:, :, i, j], weight, 1)
    return whole[:, :, padding : padding + h, padding : padding + wd], dw, db


# ---- border-dropped ----


def conv_backward_short(grad_output, input, weight, bias, stride=1, padding=0):
    """dx covers only the windows: (P - 1)*stride + K - 2*padding rows."""
    _, dw, db = conv_backward(grad_output, input, weight, bias, stride, padding)
    _, _, p, q = grad_output.shape
    kh, kw = weight.shape[2:]
    full = np.zeros((len(input), input.shape[1], (p - 1) * stride + kh, (q - 1) * stride + kw))
    for i, j in np.ndindex(p, q):
        given = np.tensordot(grad_output[:, :, i, j], weight, 1)
        full[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += given
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding], dw, db


def conv_backward_cut_short(grad_output, input, weight, bias, stride=1, padding=0):
    """dx of the padded input covers only the windows and is cropped as if it had all rows, without an error."""
    _, dw, db = conv_backward(grad_output, input, weight, bias, stride, padding)
    (_, _, p, q), (_, _, kh, kw) = grad_output.shape, weight.shape
    full = np.zeros((len(input), input.shape[1], (p - 1) * stride + kh, (q - 1) * stride + kw))
    for i, j in np.ndindex(p, q):
        given = np.tensordot(grad_output[:, :, i, j], weight, 1)
        full[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += given
    return full[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]], dw, db


def conv_backward_last_window(grad_output, input, weight, bias, stride=1, padding=0):
    """range(P - 1) instead of range(P), in both loops."""
    padded = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, dw = np.zeros_like(padded), np.zeros_like(weight)
    kh, kw = weight.shape[2:]
    for i in range(grad_output.shape[2] - 1):
        for j in range(grad_output.shape[3] - 1):
            window = (..., slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw))
            dx[window] += np.einsum("no,ochw->nchw", grad_output[:, :, i, j], weight)
            dw += np.einsum("no,nchw->ochw", grad_output[:, :, i, j], padded[window])
    inner = (..., slice(padding, padding + input.shape[2]), slice(padding, padding + input.shape[3]))
    return dx[inner], dw, grad_output.sum((0, 2, 3))


# ---- output-padding-as-zeros ----


def deconv_zero_rows(x, w, b, stride=1, padding=0, output_padding=0, dilation=1):
    y = conv_transpose(x, w, b, stride, padding, 0, dilation)
    return np.pad(y, ((0, 0), (0, 0), *((0, output_padding),) * (x.ndim - 2)))


def deconv_zero_rows_backward(dy, x, w, b, stride=1, padding=0, output_padding=0, dilation=1):
    keep = (..., *[slice(0, n - output_padding) for n in dy.shape[2:]])
    return conv_transpose_backward(dy[keep], x, w, b, stride, padding, 0, dilation)


def deconv_bias_rows(x, w, b, stride=1, padding=0, output_padding=0):
    n, _, h, wd = x.shape
    kh, kw = w.shape[2:]
    size = [(h - 1) * stride - 2 * padding + kh, (wd - 1) * stride - 2 * padding + kw]
    y = np.zeros((n, w.shape[1], size[0] + output_padding, size[1] + output_padding))
    y[:, :, : size[0], : size[1]] = conv_transpose(x, w, 0 * b, stride, padding)
    return y + b[None, :, None, None]


def deconv_bias_rows_backward(dy, x, w, b, stride=1, padding=0, output_padding=0):
    h, wd = dy.shape[2] - output_padding, dy.shape[3] - output_padding
    dx, dw, _ = conv_transpose_backward(dy[:, :, :h, :wd], x, w, b, stride, padding)
    return dx, dw, dy.sum((0, 2, 3))


# ---- transposed-padding-added ----


def deconv_pads(x, w, b, stride=1, padding=0):
    """Dilated, padded by `padding` like the plain layer, and correlated with the rotated kernel."""
    n, c, h, wd = x.shape
    spread = np.zeros((n, c, (h - 1) * stride + 1, (wd - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = x
    spread = np.pad(spread, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return np.einsum("nchwij,coij->nohw", sliding_window_view(spread, w.shape[2:], (2, 3)), w[..., ::-1, ::-1]) + (
        b.reshape(-1, 1, 1)
    )


def deconv_pads_backward(dy, x, w, b, stride=1, padding=0):
    """The gradient of deconv_pads."""
    kh, kw = w.shape[2:]
    full = np.pad(dy, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    inner = full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]
    dx, dw, _ = conv_transpose_backward(inner, x, w, b, stride)
    return dx, dw, dy.sum((0, 2, 3))


def deconv_frames(x, w, b, stride=1, padding=0):
    """Scattered, and then padded with zeros like the input of a plain layer."""
    frame = ((0, 0), (0, 0), *((padding, padding),) * (x.ndim - 2))
    return np.pad(conv_transpose(x, w, 0 * b, stride), frame) + b.reshape(-1, *[1] * (x.ndim - 2))


def deconv_frames_backward(dy, x, w, b, stride=1, padding=0):
    inner = (..., *[slice(padding, n - padding) for n in dy.shape[2:]])
    dx, dw, _ = conv_transpose_backward(dy[inner], x, w, b, stride)
    return dx, dw, dy.sum((0, *range(2, dy.ndim)))


# ---- two mistakes ----


def conv_padded_and_mean(dout, cache):
    dx, dw, db = conv_backward_padded(dout, cache)
    return dx / len(dout), dw, db


ENTRIES = [
    Entry("dx padded", conv_forward_naive, conv_backward_padded, slugs=("dx-padding-kept",)),
    Entry("dxp[pad:-pad]", conv_strided, conv_backward_minus_zero, slugs=("dx-padding-kept",)),
    Entry("dx from the first cell on", conv, conv_backward_first_cells, slugs=("dx-shifted",)),
    Entry("dx one cell late", tap_conv, conv_backward_one_off, "conv1d", ("dx-shifted",)),
    Entry("dx from 2*padding on", conv, conv_backward_cut_twice, "conv2d", ("dx-shifted",), {"padding": 3}),
    Entry("dx from 2*padding on, any padding", conv, conv_backward_cut_twice, slugs=("dx-shifted",)),
    Entry(
        "dx with the padding of the other axis", conv_per_axis, conv_per_axis_cut_elsewhere, "conv2d", ("dx-shifted",),
        {"stride": (2, 1), "padding": (0, 2)},
    ),
    Entry("dx with missing rows in front", conv, conv_backward_rows_in_front, slugs=("dx-shifted",)),
    Entry("dx as long as the windows reach", conv, conv_backward_short, slugs=("border-dropped",)),
    Entry("dx as long as the windows reach, cut", conv, conv_backward_cut_short, slugs=("border-dropped",)),
    Entry(
        "the same, with a kernel of one cell", conv, conv_backward_cut_short, "conv2d", ("border-dropped",),
        {"kernel_size": 1, "stride": 3},
    ),
    Entry("range(P - 1)", conv, conv_backward_last_window, slugs=("loop-ends-early",)),
    Entry(
        "zero rows", deconv_zero_rows, deconv_zero_rows_backward, "conv_transpose2d",
        ("output-padding-as-zeros",),
    ),
    Entry(
        "rows of the bias", deconv_bias_rows, deconv_bias_rows_backward, "conv_transpose2d",
        ("output-padding-as-zeros",),
    ),
    Entry(
        "pads like a plain layer", deconv_pads, deconv_pads_backward, "conv_transpose2d", ("transposed-padding-added",),
    ),
    Entry(
        "a frame round the result", deconv_frames, deconv_frames_backward, "conv_transpose1d",
        ("transposed-padding-added",),
    ),
    Entry("dx padded and a mean", conv_forward_naive, conv_padded_and_mean, slugs=("dx-padding-kept", "scaled")),
]  # fmt: skip
