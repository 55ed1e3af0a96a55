"""Wrong steps: a stride that the backward forgets or confuses with the dilation, and overwritten cells."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .entry import Entry
from .right_loops import conv, conv_backward, conv_forward_naive, tap_conv, tap_conv_backward
from .right_matrices import conv_einsum, conv_einsum_backward, conv_forward_im2col, im2col_indices
from .right_transposed import conv_transpose, conv_transpose1d_scalar, conv_transpose_backward

# ---- stride-ignored ----


def conv_backward_not_spread(dy, x, w, b, stride=1, padding=0, dilation=1):
    """dw is computed as a convolution of x with dy, which is right only if the stride is 1."""
    dx, _, db = conv_einsum_backward(dy, x, w, b, stride, padding, dilation)
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dw = np.zeros_like(w)
    for i, j in np.ndindex(*w.shape[2:]):
        seen = xp[:, :, i * dilation :, j * dilation :][:, :, : dy.shape[2], : dy.shape[3]]
        dw[:, :, i, j] = np.einsum("nopq,ncpq->oc", dy, seen)
    return dx, dw, db


def conv1d_strided(x, w, b, stride=1):
    windows = sliding_window_view(x, w.shape[2], 2)[:, :, ::stride]
    return np.einsum("nclk,ock->nol", windows, w) + b[:, None]


def conv1d_dx_at_stride_1(dy, x, w, b, stride=1):
    windows = sliding_window_view(x, w.shape[2], 2)[:, :, ::stride]
    dx = np.zeros_like(x)
    for p in range(dy.shape[2]):
        dx[:, :, p : p + w.shape[2]] += np.tensordot(dy[:, :, p], w, 1)
    return dx, np.einsum("nol,nclk->ock", dy, windows), dy.sum((0, 2))


def conv_at_stride_1(x, w, b, stride=1, padding=0):
    return conv(x, w, b, 1, padding)


def conv_at_stride_1_backward(dout, x, w, b, stride=1, padding=0):
    return conv_backward(dout, x, w, b, 1, padding)


# ---- stride-dilation-swapped ----


def conv_backward_steps_swapped(dy, x, w, b, stride=1, padding=0, dilation=1):
    """The helper's signature has (dilation, stride), the call passes (stride, dilation)."""
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp = np.zeros_like(xp)
    for p, q, i, j in product(*map(range, (*dy.shape[2:], *w.shape[2:]))):
        r, c = p * dilation + i * stride, q * dilation + j * stride
        if r < dxp.shape[2] and c < dxp.shape[3]:
            dxp[:, :, r, c] += dy[:, :, p, q] @ w[:, :, i, j]
    _, dw, db = conv_einsum_backward(dy, x, w, b, stride, padding, dilation)
    return dxp[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, db


def deconv_steps_swapped(x, w, b, stride=1, padding=0, dilation=1):
    return conv_transpose(x, w, b, stride=dilation, padding=padding, dilation=stride)


def deconv_steps_swapped_backward(dy, x, w, b, stride=1, padding=0, dilation=1):
    return conv_transpose_backward(dy, x, w, b, stride=dilation, padding=padding, dilation=stride)


def conv_steps_swapped(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """In the arguments of a helper; if the kernel is then longer than x, the result is empty."""
    return tap_conv(x, w, b, stride=dilation, padding=padding, dilation=stride, groups=groups)


def conv_steps_swapped_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    return tap_conv_backward(dy, x, w, stride=dilation, padding=padding, dilation=stride, groups=groups)


def conv_steps_swapped_and_turned(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    found = conv_steps_swapped_backward(dy, x, w, **settings)
    return {**found, "dw": found["dw"][..., ::-1, ::-1]}


# ---- overlap-overwritten ----


def conv_backward_assigns(grad_output, input, weight, bias, stride=1, padding=0):
    padded = np.pad(input, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dx = np.zeros_like(padded)
    kh, kw = weight.shape[2:]
    for i, j in np.ndindex(*grad_output.shape[2:]):
        rows, cols = slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw)
        dx[:, :, rows, cols] = np.tensordot(grad_output[:, :, i, j], weight, 1)
    _, dw, db = conv_backward(grad_output, input, weight, bias, stride, padding)
    return dx[:, :, padding : padding + input.shape[2], padding : padding + input.shape[3]], dw, db


def conv_backward_fancy_index(dout, cache):
    """a[index] += b adds only once if an index repeats; np.add.at adds every time."""
    x, w, conv_param, cols = cache
    pad, s = conv_param["pad"], conv_param["stride"]
    N, C, H, W = x.shape
    F, _, kh, kw = w.shape
    flat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dcols = (w.reshape(F, -1).T @ flat).reshape(C * kh * kw, -1, N).transpose(2, 0, 1)
    padded = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    padded[(slice(None), *im2col_indices(x.shape, kh, kw, pad, s))] += dcols
    return padded[:, :, pad : pad + H, pad : pad + W], (flat @ cols.T).reshape(w.shape), dout.sum((0, 2, 3))


def conv_backward_naive_assigns(dout, cache):
    """The loops of CS231n with = for dx."""
    x, w, _, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    _, _, H, W = x.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for n, f, i, j in np.ndindex(*dout.shape):
        r, c = slice(i * s, i * s + w.shape[2]), slice(j * s, j * s + w.shape[3])
        dxp[n, :, r, c] = w[f] * dout[n, f, i, j]
        dw[f] += xp[n, :, r, c] * dout[n, f, i, j]
    return dxp[:, :, pad : pad + H, pad : pad + W], dw, dout.sum((0, 2, 3))


def deconv_stamps_replace(x, w, b, stride=1):
    n, _, h, wd = x.shape
    kh, kw = w.shape[2:]
    y = np.zeros((n, w.shape[1], (h - 1) * stride + kh, (wd - 1) * stride + kw))
    for i in range(h):
        for j in range(wd):
            y[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] = np.tensordot(x[:, :, i, j], w, 1)
    return y + b.reshape(-1, 1, 1)


def deconv_backward(dy, x, w, b, stride=1):
    return conv_transpose_backward(dy, x, w, b, stride)


def conv_dw_of_last_tap(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """dw of one group and position after the other, each overwriting the one before."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    found = tap_conv_backward(dy, x, w, **settings)
    for p in range(dy.shape[2]):
        only = np.zeros_like(dy)
        only[:, :, p] = dy[:, :, p]
        found["dw"] = tap_conv_backward(only, x, w, **settings)["dw"]
    return found


def conv_dx_of_last_filter(dy, x, w, b):
    """dx[n, c] = the full convolution of one channel of dy, in the loop over the filters."""
    dx, (_, _, kh, kw) = np.zeros_like(x), w.shape
    for n, f, c in np.ndindex(len(x), *w.shape[:2]):
        full = np.pad(dy[n, f], ((kh - 1, kh - 1), (kw - 1, kw - 1)))
        dx[n, c] = np.tensordot(sliding_window_view(full, (kh, kw)), w[f, c, ::-1, ::-1], 2)
    return (dx, *conv_backward(dy, x, w, b)[1:])


def conv_unpadded(x, w, b):
    return conv(x, w, b)


def deconv_dx_of_last_tap(dy, x, w, b, stride=1):
    """dx gathers from the taps, and each tap overwrites the one before."""
    (h, wd), dx = x.shape[2:], np.zeros_like(x)
    for i, j in np.ndindex(*w.shape[2:]):
        seen = dy[:, :, i : i + h * stride : stride, j : j + wd * stride : stride][:, :, :h, :wd]
        dx[...] = np.einsum("nohw,co->nchw", seen, w[:, :, i, j])
    return (dx, *conv_transpose_backward(dy, x, w, b, stride)[1:])


def deconv_stamps(x, w, b, stride=1):
    return conv_transpose(x, w, b, stride)


def conv_of_last_channel(x, w):
    """y = in the loop over the channels of x, with its own backward."""
    for c in range(x.shape[1]):
        y = conv(x[:, c : c + 1], w[:, c : c + 1], np.zeros(len(w)))
    return y


def conv_of_last_channel_backward(dy, x, w):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    dx[:, -1:], dw[:, -1:], _ = conv_backward(dy, x[:, -1:], w[:, -1:], None)
    return dx, dw


def conv_transpose1d_not_spread(dy, x, w, b, stride=1, padding=0, output_padding=0):
    """dx and dw read dy as if the stride were 1."""
    N, C, L = x.shape
    _, O, K = w.shape
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, c, o, i, k in product(range(N), range(C), range(O), range(L), range(K)):
        source = i + k - padding
        if 0 <= source < dy.shape[2]:
            dx[n, c, i] += dy[n, o, source] * w[c, o, k]
            dw[c, o, k] += dy[n, o, source] * x[n, c, i]
    return dx, dw, dy.sum((0, 2))


ENTRIES = [
    Entry("dw by a dy that is not spread", conv_einsum, conv_backward_not_spread, slugs=("stride-ignored",)),
    Entry("dx at stride 1", conv1d_strided, conv1d_dx_at_stride_1, "conv1d", ("stride-ignored",)),
    Entry(
        "transposed, all at stride 1", conv_transpose1d_scalar, conv_transpose1d_not_spread, "conv_transpose1d",
        ("stride-ignored",),
    ),
    Entry("forward at stride 1", conv_at_stride_1, conv_at_stride_1_backward, slugs=("stride-ignored",)),
    Entry("dx with steps swapped", conv_einsum, conv_backward_steps_swapped, slugs=("stride-dilation-swapped",)),
    Entry(
        "forward with steps swapped", deconv_steps_swapped, deconv_steps_swapped_backward, "conv_transpose2d",
        ("stride-dilation-swapped",),
    ),
    Entry(
        "forward with steps swapped, 3 axes", conv_steps_swapped, conv_steps_swapped_backward, "conv3d",
        ("stride-dilation-swapped",),
    ),
    Entry(
        "steps swapped in the forward, and dw turned", conv_steps_swapped, conv_steps_swapped_and_turned, "conv2d",
        ("stride-dilation-swapped", "dw-rotated"),
    ),
    Entry("dx = in the loop over positions", conv, conv_backward_assigns, slugs=("overlap-overwritten",)),
    Entry("+= by fancy index", conv_forward_im2col, conv_backward_fancy_index, slugs=("overlap-overwritten",)),
    Entry("dx = in all loops", conv_forward_naive, conv_backward_naive_assigns, slugs=("overlap-overwritten",)),
    Entry(
        "stamps replace one another", deconv_stamps_replace, deconv_backward, "conv_transpose2d",
        ("overlap-overwritten", "overlap-overwritten"),
    ),
    Entry("dx = in the loop over filters", conv_unpadded, conv_dx_of_last_filter, slugs=("overlap-overwritten",)),
    Entry(
        "transposed, dx = in the loop over taps", deconv_stamps, deconv_dx_of_last_tap, "conv_transpose2d",
        ("overlap-overwritten",),
    ),
    Entry(
        "y = in the loop over channels", conv_of_last_channel, conv_of_last_channel_backward,
        slugs=("overlap-overwritten",),
    ),
    Entry("dw = in the loop over positions", tap_conv, conv_dw_of_last_tap, "conv1d", ("overlap-overwritten",)),
]  # fmt: skip
