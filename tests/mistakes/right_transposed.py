"""Right transposed convolutions: by scattering, dilating and correlating, col2im, or the dx of the plain layer."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry

# ---- scatter: every cell of x stamps the kernel on y ----


def conv_transpose(x, w, b, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    axes = x.ndim - 2
    ins, outs = len(w) // groups, w.shape[1]
    full = [(n - 1) * stride + dilation * (k - 1) + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    y = np.zeros((len(x), outs * groups, *[n + output_padding for n in full]))
    for g, k in product(range(groups), product(*map(range, w.shape[2:]))):
        c, o = slice(g * ins, (g + 1) * ins), slice(g * outs, (g + 1) * outs)
        place = [slice(t * dilation, t * dilation + (n - 1) * stride + 1, stride) for t, n in zip(k, x.shape[2:])]  # noqa: B905
        y[(slice(None), o, *place)] += np.einsum("nc...,co->no...", x[:, c], w[(c, slice(None), *k)])
    kept = [slice(padding, n - padding + output_padding) for n in full]
    return y[(slice(None), slice(None), *kept)] + b.reshape(-1, *[1] * axes)


def conv_transpose_backward(dy, x, w, b, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    axes = x.ndim - 2
    ins, outs = len(w) // groups, w.shape[1]
    full = np.pad(dy, ((0, 0), (0, 0), *((padding, padding),) * axes))  # a gradient of 0 where y was cropped
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for g, k in product(range(groups), product(*map(range, w.shape[2:]))):
        c, o = slice(g * ins, (g + 1) * ins), slice(g * outs, (g + 1) * outs)
        place = [slice(t * dilation, t * dilation + (n - 1) * stride + 1, stride) for t, n in zip(k, x.shape[2:])]  # noqa: B905
        seen = full[(slice(None), o, *place)]
        dx[:, c] += np.einsum("no...,co->nc...", seen, w[(c, slice(None), *k)])
        dw[(c, slice(None), *k)] = np.tensordot(x[:, c], seen, ((0, *range(2, dy.ndim)),) * 2)
    return dx, dw, dy.sum((0, *range(2, dy.ndim)))


# ---- dilate x by the stride, pad by K - 1 - padding, correlate with the rotated kernel ----


def _spread(x, kh, kw, stride, padding):
    n, c, h, w = x.shape
    spread = np.zeros((n, c, (h - 1) * stride + 1, (w - 1) * stride + 1))
    spread[:, :, ::stride, ::stride] = x
    top, left = kh - 1 - padding, kw - 1 - padding
    if min(top, left) < 0:
        raise NotImplementedError("padding beyond the kernel")
    return np.pad(spread, ((0, 0), (0, 0), (top, top), (left, left)))


def deconv_by_zeros(x, weight, stride=1, padding=0):
    kh, kw = weight.shape[2:]
    windows = sliding_window_view(_spread(x, kh, kw, stride, padding), (kh, kw), (2, 3))
    return np.einsum("nchwij,coij->nohw", windows, weight[:, :, ::-1, ::-1])


def deconv_by_zeros_backward(dout, x, weight, stride=1, padding=0):
    kh, kw = weight.shape[2:]
    windows = sliding_window_view(_spread(x, kh, kw, stride, padding), (kh, kw), (2, 3))
    dw = np.einsum("nchwij,nohw->coij", windows, dout)[:, :, ::-1, ::-1]
    padded = np.pad(dout, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx = np.einsum("nopqij,coij->ncpq", sliding_window_view(padded, (kh, kw), (2, 3))[:, :, ::stride, ::stride], weight)
    return dx, dw


# ---- col2im: one product of matrices, then the columns are added up ----


def deconv_col2im(x, w, b, stride=1, pad=0):
    n, c, h, wd = x.shape
    _, o, kh, kw = w.shape
    cols = np.matmul(w.reshape(c, -1).T, x.reshape(n, c, -1)).reshape(n, o, kh, kw, h, wd)
    full = np.zeros((n, o, (h - 1) * stride + kh, (wd - 1) * stride + kw))
    for i in range(kh):
        for j in range(kw):
            full[:, :, i : i + h * stride : stride, j : j + wd * stride : stride] += cols[:, :, i, j]
    out = full[:, :, pad : full.shape[2] - pad, pad : full.shape[3] - pad] + b[:, None, None]
    return out, {"x": x, "w": w, "stride": stride, "pad": pad}


def deconv_col2im_backward(dout, cache):
    x, w, stride, pad = cache["x"], cache["w"], cache["stride"], cache["pad"]
    n, c, h, wd = x.shape
    _, o, kh, kw = w.shape
    padded = np.pad(dout, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = np.empty((n, o, kh, kw, h, wd))
    for i in range(kh):
        for j in range(kw):
            cols[:, :, i, j] = padded[:, :, i : i + h * stride : stride, j : j + wd * stride : stride][:, :, :h, :wd]
    cols = cols.reshape(n, o * kh * kw, h * wd)
    dx = (w.reshape(c, -1) @ cols).reshape(x.shape)
    dw = np.einsum("ncp,nkp->ck", x.reshape(n, c, -1), cols).reshape(w.shape)
    return {"w": dw, "b": dout.sum(axis=(0, 2, 3)), "x": dx}


# ---- one axis, scalars ----


def conv_transpose1d_scalar(x, w, b, stride=1, padding=0, output_padding=0):
    N, C, L = x.shape
    _, O, K = w.shape
    size = (L - 1) * stride - 2 * padding + K + output_padding
    y = np.zeros((N, O, size)) + b[:, None]
    for n, c, o, i, k in product(range(N), range(C), range(O), range(L), range(K)):
        target = i * stride + k - padding
        if 0 <= target < size:
            y[n, o, target] += x[n, c, i] * w[c, o, k]
    return y


def conv_transpose1d_scalar_backward(dy, x, w, b, stride=1, padding=0, output_padding=0):
    N, C, L = x.shape
    _, O, K = w.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, c, o, i, k in product(range(N), range(C), range(O), range(L), range(K)):
        target = i * stride + k - padding
        if 0 <= target < dy.shape[2]:
            dx[n, c, i] += dy[n, o, target] * w[c, o, k]
            dw[c, o, k] += dy[n, o, target] * x[n, c, i]
    return dx, dw, dy.sum(2).sum(0)


# ---- channels last ----


def deconv_nhwc(x, kernel, bias, stride=1):
    n, h, w, _ = x.shape
    kh, kw, out, _ = kernel.shape
    y = np.zeros((n, (h - 1) * stride + kh, (w - 1) * stride + kw, out)) + bias
    for i in range(h):
        for j in range(w):
            stamp = np.einsum("nc,abkc->nabk", x[:, i, j], kernel)
            y[:, i * stride : i * stride + kh, j * stride : j * stride + kw] += stamp
    return y


def deconv_nhwc_backward(dy, x, kernel, bias, stride=1):
    kh, kw, _, _ = kernel.shape
    dx, dkernel = np.empty_like(x), np.zeros_like(kernel)
    for i, j in np.ndindex(x.shape[1], x.shape[2]):
        seen = dy[:, i * stride : i * stride + kh, j * stride : j * stride + kw]
        dx[:, i, j] = np.tensordot(seen, kernel, 3)
        dkernel += np.einsum("nabk,nc->abkc", seen, x[:, i, j])
    return dx, dkernel, dy.sum((0, 1, 2))


_ALL = {"stride": (1, 2, 3), "padding": (0, 1), "dilation": (1, 2), "groups": (1, 2, 3), "output_padding": (0, 1, 2)}
_SOME = {"stride": (1, 2, 3), "padding": (0, 1)}

ENTRIES = [
    Entry("scatter, 1 axis", conv_transpose, conv_transpose_backward, "conv_transpose1d", varies=_ALL),
    Entry("scatter, 2 axes", conv_transpose, conv_transpose_backward, "conv_transpose2d", varies=_ALL),
    Entry("scatter, 3 axes", conv_transpose, conv_transpose_backward, "conv_transpose3d", varies=_ALL),
    Entry("by zeros", deconv_by_zeros, deconv_by_zeros_backward, "conv_transpose2d", varies=_SOME),
    Entry("col2im", deconv_col2im, deconv_col2im_backward, "conv_transpose2d", varies=_SOME),
    Entry(
        "scatter of scalars", conv_transpose1d_scalar, conv_transpose1d_scalar_backward, "conv_transpose1d",
        varies={**_SOME, "output_padding": (0, 1, 2)},
    ),
    Entry(
        "transposed, channels last", deconv_nhwc, deconv_nhwc_backward, "conv_transpose2d",
        check={"layout": "NHWC"}, varies={"stride": (1, 2, 3)},
    ),
]  # fmt: skip
