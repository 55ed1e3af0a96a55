"""The oracle: the definitions of the layers as plain loops, independent of the library and its trilinear form.

Nothing here imports rot180 or uses a Window. A forward is the textbook sum. A gradient follows the definition for a
function that is linear in each argument: dL/dx[i] is the loss of the forward with x replaced by the i-th unit array.
That is slow, but it needs no index arithmetic, which could be wrong in the same way as the library's.
"""

from itertools import product

import numpy as np


def conv(x, w, stride, padding, dilation, groups, y_size):
    """y[n,o,p] = sum over c, k of x[n, c, stride*p + dilation*k - padding] * w[o, c, k]; padding is before x."""
    images, channels = x.shape[:2]
    out, per_group = w.shape[:2]
    y = np.zeros((images, out, *y_size), x.dtype)
    for n, o, c in product(range(images), range(out), range(per_group)):
        source = (o // (out // groups)) * (channels // groups) + c
        for p in product(*map(range, y_size)):
            for k in product(*map(range, w.shape[2:])):
                i = tuple(s * a + d * b - q for s, a, d, b, q in zip(stride, p, dilation, k, padding, strict=True))
                if all(0 <= a < size for a, size in zip(i, x.shape[2:], strict=True)):
                    y[(n, o, *p)] += x[(n, source, *i)] * w[(o, c, *k)]
    return y


def conv_transpose(y, w, stride, padding, dilation, groups, x_size):
    """Each input cell adds a scaled kernel to the output, from which the padding is cut; w is (in, out/G, *kernel)."""
    images, into = y.shape[:2]
    per_group = w.shape[1]
    x = np.zeros((images, per_group * groups, *x_size), y.dtype)
    for n, o, c in product(range(images), range(into), range(per_group)):
        target = (o // (into // groups)) * per_group + c
        for p in product(*map(range, y.shape[2:])):
            for k in product(*map(range, w.shape[2:])):
                i = tuple(s * a + d * b - q for s, a, d, b, q in zip(stride, p, dilation, k, padding, strict=True))
                if all(0 <= a < size for a, size in zip(i, x_size, strict=True)):
                    x[(n, target, *i)] += y[(n, o, *p)] * w[(o, c, *k)]
    return x


def gradient(linear, argument, cotangent):
    """d <linear(a), cotangent> / d a at every cell of `argument`, for a function linear in it: one unit at a time."""
    result = np.zeros_like(argument)
    for i in product(*map(range, argument.shape)):
        unit = np.zeros_like(argument)
        unit[i] = 1
        result[i] = np.sum(linear(unit) * cotangent)
    return result


def max_pool(x, kernel, stride, padding, dilation, y_size):
    """The maximum over the cells of each window that lie inside x; NaN if one of them is NaN."""
    return _windows(x, kernel, stride, padding, dilation, y_size, lambda cells: np.max(cells))


def sum_pool(x, kernel, stride, padding, dilation, y_size):
    """The sum over the cells of each window that lie inside x."""
    return _windows(x, kernel, stride, padding, dilation, y_size, lambda cells: np.sum(cells))


def _windows(x, kernel, stride, padding, dilation, y_size, reduce):
    y = np.zeros((*x.shape[:2], *y_size), x.dtype)
    for n, c in product(range(x.shape[0]), range(x.shape[1])):
        for p in product(*map(range, y_size)):
            cells = []
            for k in product(*map(range, kernel)):
                i = tuple(s * a + d * b - q for s, a, d, b, q in zip(stride, p, dilation, k, padding, strict=True))
                if all(0 <= a < size for a, size in zip(i, x.shape[2:], strict=True)):
                    cells.append(x[(n, c, *i)])
            y[(n, c, *p)] = reduce(np.array(cells, x.dtype)) if cells else 0
    return y
