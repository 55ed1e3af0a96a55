"""The baseline for the numpy engine: im2col on the whole batch, written carefully in NumPy, without blocks or caches.

Forward: pad, one strided view of all patches, one copy into columns, one matrix product per group. Backward: the
columns again for dw; one product and a loop over the taps (col2im) for dx.
"""

import numpy as np


def columns(x, kernel, stride, padding, dilation, groups):
    """The columns (G, C/G * R * S, N * P * Q), and P, Q."""
    n, c, h, w = x.shape
    (r, s), (ph, pw) = kernel, padding
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    p = (h + 2 * ph - dilation[0] * (r - 1) - 1) // stride[0] + 1
    q = (w + 2 * pw - dilation[1] * (s - 1) - 1) // stride[1] + 1
    a, b, i, j = xp.strides
    view = np.lib.stride_tricks.as_strided(
        xp, (c, r, s, n, p, q), (b, i * dilation[0], j * dilation[1], a, i * stride[0], j * stride[1])
    )
    return view.reshape(groups, c // groups * r * s, n * p * q), p, q


def forward(x, w, stride, padding, dilation, groups):
    """y (N, O, P, Q)."""
    n, o = x.shape[0], w.shape[0]
    cols, p, q = columns(x, w.shape[2:], stride, padding, dilation, groups)
    y = np.matmul(w.reshape(groups, o // groups, -1), cols)
    return y.reshape(o, n, p, q).transpose(1, 0, 2, 3)


def weight_gradient(dy, x, kernel, stride, padding, dilation, groups):
    """dw (O, C/G, R, S)."""
    o = dy.shape[1]
    cols, _, _ = columns(x, kernel, stride, padding, dilation, groups)
    dy = dy.transpose(1, 0, 2, 3).reshape(groups, o // groups, -1)
    return np.matmul(dy, cols.swapaxes(1, 2)).reshape(o, x.shape[1] // groups, *kernel)


def input_gradient(dy, w, x_size, stride, padding, dilation, groups):
    """dx (N, C, H, W)."""
    n, o, p, q = dy.shape
    c, (r, s), (ph, pw), (h, wd) = w.shape[1] * groups, w.shape[2:], padding, x_size
    dy = dy.transpose(1, 0, 2, 3).reshape(groups, o // groups, -1)
    cols = np.matmul(w.reshape(groups, o // groups, -1).swapaxes(1, 2), dy).reshape(c, r, s, n, p, q)
    xp = np.zeros((c, n, h + 2 * ph, wd + 2 * pw), dy.dtype)
    for i in range(r):
        for j in range(s):
            top, left = i * dilation[0], j * dilation[1]
            xp[:, :, top : top + stride[0] * p : stride[0], left : left + stride[1] * q : stride[1]] += cols[:, i, j]
    return xp[:, :, ph : ph + h, pw : pw + wd].transpose(1, 0, 2, 3)
