"""Right convolutions with SciPy, imported where it is used, because only comparisons with other libraries use it."""

from __future__ import annotations

import numpy as np

from .entry import Entry


def conv_scipy(x, w, b, padding=0):
    from scipy.signal import correlate2d

    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return np.array(
        [[sum(correlate2d(i, k, "valid") for i, k in zip(xs, ws)) + bias for ws, bias in zip(w, b)] for xs in xp]  # noqa: B905
    )


def conv_scipy_backward(dy, x, w, b, padding=0):
    from scipy.signal import convolve2d, correlate2d

    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for n, o in np.ndindex(*dy.shape[:2]):
        for c in range(x.shape[1]):
            dxp[n, c] += convolve2d(dy[n, o], w[o, c], "full")
            dw[o, c] += correlate2d(xp[n, c], dy[n, o], "valid")
    H, W = x.shape[2:]
    return dxp[:, :, padding : padding + H, padding : padding + W], dw, dy.sum((0, 2, 3))


def conv_fft(x, w, b):
    """A convolution by FFT, whose results have rounding errors in every cell."""
    from scipy.signal import fftconvolve

    turned = w[None, :, :, ::-1, ::-1]
    return fftconvolve(x[:, None], turned, "valid", axes=(3, 4)).sum(2) + b[:, None, None]


def conv_fft_backward(dy, x, w, b):
    from scipy.signal import fftconvolve

    dx = fftconvolve(dy[:, :, None], w[None], "full", axes=(3, 4)).sum(1)
    dw = fftconvolve(x[:, None], dy[:, :, None, ::-1, ::-1], "valid", axes=(3, 4)).sum(0)
    return dx, dw, dy.sum((0, 2, 3))


def conv_fft_single(x, w, b):
    """Inexact in float32."""
    return conv_fft(*(a.astype(np.float32) for a in (x, w, b)))


def conv_fft_single_backward(dy, x, w, b):
    return conv_fft_backward(*(a.astype(np.float32) for a in (dy, x, w, b)))


ENTRIES = [
    Entry("scipy.signal", conv_scipy, conv_scipy_backward, varies={"padding": (0, 1, 2)}, peers=True),
    Entry("fftconvolve", conv_fft, conv_fft_backward, peers=True),
    Entry("fftconvolve in float32", conv_fft_single, conv_fft_single_backward, peers=True),
]
