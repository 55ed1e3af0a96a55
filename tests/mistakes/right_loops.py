"""Right convolutions written as loops: over everything, over positions, over the taps of the kernel."""

from __future__ import annotations

from itertools import product

import numpy as np

from .entry import Entry

# ---- the loops of the CS231n assignment, with its dict and its cache ----


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out = 1 + (H + 2 * pad - HH) // stride
    W_out = 1 + (W + 2 * pad - WW) // stride
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = x_pad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, _, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx_pad = np.zeros_like(x_pad)
    dw = np.zeros_like(w)
    db = np.zeros(F)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    r, c = i * stride, j * stride
                    db[f] += dout[n, f, i, j]
                    dw[f] += x_pad[n, :, r : r + HH, c : c + WW] * dout[n, f, i, j]
                    dx_pad[n, :, r : r + HH, c : c + WW] += w[f] * dout[n, f, i, j]
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


# ---- settings as keywords; each position for the whole batch ----


def conv(input, weight, bias, stride=1, padding=0):
    n, _, h, w = input.shape
    o, _, kh, kw = weight.shape
    x = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    p, q = (h + 2 * padding - kh) // stride + 1, (w + 2 * padding - kw) // stride + 1
    y = np.empty((n, o, p, q))
    for i in range(p):
        for j in range(q):
            patch = x[:, None, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            y[:, :, i, j] = (patch * weight).sum(axis=(2, 3, 4)) + bias
    return y


def conv_backward(grad_output, input, weight, bias, stride=1, padding=0):
    _, _, h, w = input.shape
    _, _, kh, kw = weight.shape
    x = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx, dw = np.zeros_like(x), np.zeros_like(weight)
    for i, j in np.ndindex(*grad_output.shape[2:]):
        rows, cols = slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw)
        here = grad_output[:, :, i, j]
        dx[:, :, rows, cols] += np.einsum("no,ochw->nchw", here, weight)
        dw += np.einsum("no,nchw->ochw", here, x[:, :, rows, cols])
    return dx[:, :, padding : padding + h, padding : padding + w], dw, grad_output.sum((0, 2, 3))


# ---- loops over the taps, any number of axes, groups and dilation; gradients in a dict ----


def _tap(k, p, stride, dilation):
    """The cells of the padded input that a tap meets."""
    return tuple(slice(t * dilation, t * dilation + stride * (n - 1) + 1, stride) for t, n in zip(k, p, strict=True))


def tap_conv(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    axes = x.ndim - 2
    xp = np.pad(x, ((0, 0), (0, 0), *((padding, padding),) * axes))
    size = [(n - dilation * (k - 1) - 1) // stride + 1 for n, k in zip(xp.shape[2:], w.shape[2:], strict=True)]
    y = np.zeros((len(x), len(w), *size), x.dtype)
    ins, outs = x.shape[1] // groups, len(w) // groups
    for k in product(*map(range, w.shape[2:])):
        seen = xp[(slice(None), slice(None), *_tap(k, size, stride, dilation))]
        for g in range(groups):
            part = w[(slice(g * outs, (g + 1) * outs), slice(None), *k)]
            y[:, g * outs : (g + 1) * outs] += np.einsum("nc...,oc->no...", seen[:, g * ins : (g + 1) * ins], part)
    return y + b.reshape(-1, *[1] * axes)


def tap_conv_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    axes = x.ndim - 2
    xp = np.pad(x, ((0, 0), (0, 0), *((padding, padding),) * axes))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    ins, outs = x.shape[1] // groups, len(w) // groups
    for k in product(*map(range, w.shape[2:])):
        place = _tap(k, dy.shape[2:], stride, dilation)
        for g in range(groups):
            o, c = slice(g * outs, (g + 1) * outs), slice(g * ins, (g + 1) * ins)
            dxp[(slice(None), c, *place)] += np.einsum("no...,oc->nc...", dy[:, o], w[(o, slice(None), *k)])
            seen = np.moveaxis(xp[(slice(None), c, *place)], 1, 0).reshape(ins, -1)
            dw[(o, slice(None), *k)] = np.moveaxis(dy[:, o], 1, 0).reshape(outs, -1) @ seen.T
    dx = dxp[(slice(None), slice(None), *[slice(padding, padding + n) for n in x.shape[2:]])]
    return {"dx": dx, "dw": dw, "db": dy.sum((0, *range(2, dy.ndim)))}


# ---- one axis, plain Python numbers, without a bias ----


def conv1d_scalar(x, w, stride=1):
    N, C, L = x.shape
    O, _, K = w.shape
    out_len = (L - K) // stride + 1
    y = [
        [
            [sum(x[n][c][p * stride + k] * w[o][c][k] for c in range(C) for k in range(K)) for p in range(out_len)]
            for o in range(O)
        ]
        for n in range(N)
    ]
    return np.array(y)


def conv1d_scalar_backward(dy, x, w, stride=1):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, o, p in np.ndindex(*dy.shape):
        for c in range(x.shape[1]):
            for k in range(w.shape[2]):
                dx[n, c, p * stride + k] += dy[n, o, p] * w[o, c, k]
                dw[o, c, k] += dy[n, o, p] * x[n, c, p * stride + k]
    return dx, dw


# ---- a layer that is an object and keeps what its backward needs ----


class ConvLayer:
    """Weights are arguments; stride and padding are fixed in the constructor."""

    def __init__(self, stride, pad):
        self.stride, self.pad = stride, pad
        self.x = self.w = None

    def forward(self, x, w, b):
        self.x, self.w = x, w
        return conv(x, w, b, self.stride, self.pad)

    def backward(self, dout):
        return conv_backward(dout, self.x, self.w, None, self.stride, self.pad)


# ---- square kernels only, as in many tutorials, with the gradients in another order ----


def conv_square(image, filters, biases, s=1, p=0):
    n, _, size, width = image.shape
    o, _, f, g = filters.shape
    assert size == width and f == g, "square images and filters"
    out = (size + 2 * p - f) // s + 1
    x = np.pad(image, ((0, 0), (0, 0), (p, p), (p, p)))
    y = np.zeros((n, o, out, out))
    for i, j in np.ndindex(out, out):
        y[:, :, i, j] = np.tensordot(x[:, :, i * s : i * s + f, j * s : j * s + f], filters, ((1, 2, 3), (1, 2, 3)))
    return y + biases.reshape(1, -1, 1, 1)


def conv_square_backward(delta, image, filters, biases, s=1, p=0):
    dx, dw, db = conv_backward(delta, image, filters, biases, s, p)
    return dw, db, dx


# ---- one stride and one padding for each axis ----


def conv_per_axis(x, w, b, stride=(2, 1), padding=(0, 2)):
    xp = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    kh, kw = w.shape[2:]
    p, q = (xp.shape[2] - kh) // stride[0] + 1, (xp.shape[3] - kw) // stride[1] + 1
    y = np.zeros((len(x), len(w), p, q)) + b[:, None, None]
    for i, j in np.ndindex(kh, kw):
        seen = xp[:, :, i : i + stride[0] * p : stride[0], j : j + stride[1] * q : stride[1]][:, :, :p, :q]
        y += np.einsum("ncpq,oc->nopq", seen, w[:, :, i, j])
    return y


def conv_per_axis_backward(dy, x, w, b, stride=(2, 1), padding=(0, 2)):
    xp = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for p, q in np.ndindex(*dy.shape[2:]):
        r, c = p * stride[0], q * stride[1]
        window = (..., slice(r, r + w.shape[2]), slice(c, c + w.shape[3]))
        dxp[window] += np.tensordot(dy[:, :, p, q], w, 1)
        dw += np.tensordot(dy[:, :, p, q], xp[window], ((0,), (0,)))
    top, left = padding
    return dxp[:, :, top : top + x.shape[2], left : left + x.shape[3]], dw, dy.sum((0, 2, 3))


_layer = ConvLayer(stride=2, pad=1)
_DICT = {"stride": (1, 2, 3), "padding": (0, 1, 2)}
_TAPS = {"stride": (1, 2, 3), "padding": (0, 1, 2), "dilation": (1, 2, 3), "groups": (1, 2, 3)}

ENTRIES = [
    Entry("cs231n loops", conv_forward_naive, conv_backward_naive, varies=_DICT),
    Entry("loops over positions", conv, conv_backward, varies=_DICT),
    Entry("taps, 1 axis", tap_conv, tap_conv_backward, "conv1d", varies=_TAPS),
    Entry("taps, 2 axes", tap_conv, tap_conv_backward, "conv2d", varies=_TAPS),
    Entry("taps, 3 axes", tap_conv, tap_conv_backward, "conv3d", varies=_TAPS),
    Entry(
        "scalars, no bias", conv1d_scalar, conv1d_scalar_backward, "conv1d", varies={"stride": (1, 2, 3)},
    ),
    Entry("square ones, (dw, db, dx)", conv_square, conv_square_backward, check={"returns": ("w", "b", "x")}),
    Entry("per axis", conv_per_axis, conv_per_axis_backward, check={"stride": (2, 1), "padding": (0, 2)}),
    Entry("an object that remembers", _layer.forward, _layer.backward, check={"stride": 2, "padding": 1}),
]  # fmt: skip
