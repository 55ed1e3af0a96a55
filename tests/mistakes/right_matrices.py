"""Right convolutions written as matrix products: im2col, windows by strides, einsum, channels last, float32 inside."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from .entry import Entry

# ---- im2col and col2im by index arrays ----


def im2col_indices(shape, kh, kw, padding, stride):
    _, C, H, W = shape
    p, q = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    rows = np.tile(np.repeat(np.arange(kh), kw), C).reshape(-1, 1) + stride * np.repeat(np.arange(p), q)
    cols = np.tile(np.arange(kw), kh * C).reshape(-1, 1) + stride * np.tile(np.arange(q), p)
    return np.repeat(np.arange(C), kh * kw).reshape(-1, 1), rows, cols


def im2col(x, kh, kw, padding, stride):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    c, i, j = im2col_indices(x.shape, kh, kw, padding, stride)
    return padded[:, c, i, j].transpose(1, 2, 0).reshape(kh * kw * x.shape[1], -1)


def col2im(cols, shape, kh, kw, padding, stride):
    N, C, H, W = shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), cols.dtype)
    c, i, j = im2col_indices(shape, kh, kw, padding, stride)
    np.add.at(padded, (slice(None), c, i, j), cols.reshape(C * kh * kw, -1, N).transpose(2, 0, 1))
    return padded[:, :, padding : padding + H, padding : padding + W]


def conv_forward_im2col(x, w, b, conv_param):
    pad, stride = conv_param["pad"], conv_param["stride"]
    F, _, kh, kw = w.shape
    cols = im2col(x, kh, kw, pad, stride)
    res = w.reshape(F, -1) @ cols + b.reshape(-1, 1)
    p, q = (x.shape[2] + 2 * pad - kh) // stride + 1, (x.shape[3] + 2 * pad - kw) // stride + 1
    return res.reshape(F, p, q, len(x)).transpose(3, 0, 1, 2), (x, w, conv_param, cols)


def conv_backward_im2col(dout, cache):
    x, w, conv_param, cols = cache
    F, _, kh, kw = w.shape
    flat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = (flat @ cols.T).reshape(w.shape)
    dcols = w.reshape(F, -1).T @ flat
    return col2im(dcols, x.shape, kh, kw, conv_param["pad"], conv_param["stride"]), dw, dout.sum(axis=(0, 2, 3))


# ---- as_strided and tensordot ----


def strided_windows(x, kh, kw, stride):
    n, c, h, w = x.shape
    sn, sc, sh, sw = x.strides
    shape = (n, c, (h - kh) // stride + 1, (w - kw) // stride + 1, kh, kw)
    return as_strided(x, shape, (sn, sc, sh * stride, sw * stride, sh, sw), writeable=False)


def conv_strided(x, kernel, bias, strides=1, pad=0):
    xp = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = strided_windows(xp, *kernel.shape[2:], strides)
    y = np.tensordot(windows, kernel, ((1, 4, 5), (1, 2, 3)))
    return (y + bias).transpose(0, 3, 1, 2), (xp, kernel, strides, pad)


def conv_strided_backward(grad, ctx):
    xp, kernel, s, pad = ctx
    kh, kw = kernel.shape[2:]
    dkernel = np.tensordot(grad, strided_windows(xp, kh, kw, s), ((0, 2, 3), (0, 2, 3)))
    dxp = np.zeros(xp.shape)
    given = np.tensordot(grad, kernel, (1, 0))  # n, p, q, c, kh, kw
    for i in range(given.shape[1]):
        for j in range(given.shape[2]):
            dxp[:, :, i * s : i * s + kh, j * s : j * s + kw] += given[:, i, j]
    h, w = xp.shape[2:]
    return dxp[:, :, pad : h - pad, pad : w - pad], dkernel, grad.sum(3).sum(2).sum(0)


# ---- sliding_window_view and einsum; dx as a correlation of the dilated dy with the rotated kernel ----


def conv_einsum(x, w, b, stride=1, padding=0, dilation=1):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    spans = [dilation * (k - 1) + 1 for k in w.shape[2:]]
    windows = sliding_window_view(xp, spans, (2, 3))[:, :, ::stride, ::stride, ::dilation, ::dilation]
    return np.einsum("ncpqij,ocij->nopq", windows, w) + b[:, None, None]


def conv_einsum_backward(dy, x, w, b, stride=1, padding=0, dilation=1):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    span_h, span_w = (dilation * (k - 1) + 1 for k in w.shape[2:])
    windows = sliding_window_view(xp, (span_h, span_w), (2, 3))[:, :, ::stride, ::stride, ::dilation, ::dilation]
    dw = np.einsum("nopq,ncpqij->ocij", dy, windows)
    N, O = dy.shape[:2]
    spread = np.zeros((N, O, xp.shape[2] + span_h - 1, xp.shape[3] + span_w - 1))
    inner = spread[:, :, span_h - 1 :, span_w - 1 :]
    inner[:, :, : stride * dy.shape[2] : stride, : stride * dy.shape[3] : stride] = dy
    spread_windows = sliding_window_view(spread, (span_h, span_w), (2, 3))[..., ::dilation, ::dilation]
    dxp = np.einsum("nohwij,ocij->nchw", spread_windows, w[:, :, ::-1, ::-1])
    H, W = x.shape[2:]
    return dxp[:, :, padding : padding + H, padding : padding + W], dw, dy.sum((0, 2, 3))


# ---- channels last ----


def conv_nhwc(images, filters, bias, stride=1, padding=0):
    xp = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    kh, kw, _, out = filters.shape
    p, q = (xp.shape[1] - kh) // stride + 1, (xp.shape[2] - kw) // stride + 1
    y = np.zeros((len(images), p, q, out))
    for i in range(kh):
        for j in range(kw):
            y += xp[:, i : i + stride * p : stride, j : j + stride * q : stride][:, :p, :q] @ filters[i, j]
    return y + bias


def conv_nhwc_backward(dout, images, filters, bias, stride=1, padding=0):
    xp = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    dxp, dfilters = np.zeros_like(xp), np.zeros_like(filters)
    _, p, q, _ = dout.shape
    for i, j in np.ndindex(*filters.shape[:2]):
        rows, cols = stride * np.arange(p) + i, stride * np.arange(q) + j
        seen = xp[:, rows[:, None], cols]
        dfilters[i, j] = np.einsum("npqc,npqo->co", seen, dout)
        dxp[:, rows[:, None], cols] += dout @ filters[i, j].T
    _, h, w, _ = images.shape
    return dxp[:, padding : padding + h, padding : padding + w], dfilters, dout.sum((0, 1, 2))


# ---- float32 inside ----


def conv_single(x, w, b, stride=1, padding=0, dilation=1):
    return conv_einsum(x.astype(np.float32), np.float32(w), np.float32(b), stride, padding, dilation)


def conv_single_backward(dy, x, w, b, stride=1, padding=0, dilation=1):
    arrays = (a.astype(np.float32) for a in (dy, x, w, b))
    return tuple(np.float32(g) for g in conv_einsum_backward(*arrays, stride, padding, dilation))


# ---- a kernel that is rotated on purpose ----


def convolve(x, w, b, stride=1, padding=0, dilation=1):
    return conv_einsum(x, w[:, :, ::-1, ::-1], b, stride, padding, dilation)


def convolve_backward(dy, x, w, b, stride=1, padding=0, dilation=1):
    dx, dw, db = conv_einsum_backward(dy, x, w[:, :, ::-1, ::-1], b, stride, padding, dilation)
    return dx, dw[:, :, ::-1, ::-1], db


_SOME = {"stride": (1, 2, 3), "padding": (0, 1, 2)}
_MORE = {**_SOME, "dilation": (1, 2, 3)}

ENTRIES = [
    Entry("im2col", conv_forward_im2col, conv_backward_im2col, varies=_SOME),
    Entry("as_strided", conv_strided, conv_strided_backward, varies=_SOME),
    Entry("sliding windows", conv_einsum, conv_einsum_backward, varies=_MORE),
    Entry("channels last", conv_nhwc, conv_nhwc_backward, check={"layout": "channels_last"}, varies=_SOME),
    Entry("float32 inside", conv_single, conv_single_backward, varies=_MORE),
    Entry("rotated on purpose", convolve, convolve_backward, check={"convention": "convolution"}, varies=_MORE),
]
