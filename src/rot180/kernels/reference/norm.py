"""Normalisation: subtract a mean, divide by a standard deviation, then scale and shift; forward and backward.

x and y : (N, G, K, S), that is batch, groups, channels of a group, positions.   weight and bias : (1, G, K, 1) or None
mean and var : (1, G, 1, 1) if `axes` is BATCH, (N, G, 1, 1) if it is SAMPLE; `axes` () means that they are constants

    norm_y(x, weight, bias) -> y, mean, var      y = (x - mean) / sqrt(var + eps) * weight + bias
    norm_x(gy, x, weight, mean, var) -> gx, gweight, gbias
    affine_y(x, scale, shift) -> y               y = x * scale + shift, for given statistics

Results have the memory order of x. The mean is summed in float64 and the variance is computed in a second pass, so that
float32 data loses no digits even if its mean is 1000 standard deviations. For speed, parts that share no statistics
are processed one after the other, so that they stay in the cache. If the batch is outermost in memory, every factor is
expanded to the size of one image (`_expand`), so that NumPy's inner loops run over images instead of single channels.

Running statistics, and the mapping of a layer's axes to N, G, K and S, are in functional/norm.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, reduce

import numpy as np

from ...window import Sizes
from ..dispatch import Array, kernel

BATCH, SAMPLE = (0, 2, 3), (2, 3)  # `axes`: each mean is over the batch, or over one sample
BLOCK = 400 << 10  # bytes of x per block
SMALL = 4096  # for fewer elements `_expand` costs more than it saves
SUMMED = 1 << 16  # longest plain sum; longer sums are split in halves, which keeps rounding errors small
MANY, LONG = 8, 64  # MANY or more rows of LONG or more positions are summed row by row


@kernel
def norm_y(x: Array, weight: Array | None, bias: Array | None, axes: Sizes, eps: float) -> tuple[Array, Array, Array]:
    """Return (y, mean, var) of x, which must not be empty; the variance divides by n, not by n - 1."""
    y = np.empty_like(x)
    mean, var = (np.empty_like(x, shape=[1 if i in axes else n for i, n in enumerate(x.shape)]) for _ in range(2))
    count, shift = x.size // mean.size, None if bias is None else _expand(bias, x)
    for n, g in _parts(x, axes):
        part, out = x[n, g], y[n, g]
        mean[n, g] = _total(part, axes) / count
        blocks, centre, var[n, g] = _blocks(part), _expand(mean[n, g], part), 0
        for block in blocks:
            d = np.subtract(part[block], centre, out=out[block])
            var[n, g] += _dot(d, d, axes) / count
        r = inverse_std(var[n, g], eps)
        scale = _expand(r if weight is None else r * weight[:, g], part)
        for block in blocks:
            d = out[block]
            d *= scale
            if shift is not None:
                d += shift[:, g]
    return y, mean, var


@kernel
def norm_x(
    gy: Array, x: Array, weight: Array | None, mean: Array, var: Array, axes: Sizes, eps: float,
    needs: Sequence[bool], overwrite: bool = False,
) -> tuple[Array | None, Array | None, Array | None]:  # fmt: skip
    """Return (gx, gweight, gbias), with None where `needs` is false; an engine may write gx into gy if `overwrite`.

    With r = 1 / sqrt(var + eps), d = x - mean, gz = gy * weight and means over `axes`:

        gx = r * (gz - mean(gz) - d * r**2 * mean(gz * d)),  gweight = sum(gy * d * r),  gbias = sum(gy)

    or gx = r * gz if mean and var are constants. If a group has one channel, its weight is factored out of the bracket.
    """
    gx = np.empty_like(x) if needs[0] else None
    gweight, gbias = np.zeros((2, 1, *x.shape[1:3], 1), x.dtype)
    count = x.size // max(mean.size, 1)
    common = (3,) if axes == SAMPLE else (0, 3)  # summed in means and in gweight and gbias alike
    inside, outside = (weight, None) if x.shape[2] > 1 else (None, weight)
    wide = None if inside is None else _expand(inside, x)
    for n, g in _parts(x, axes or BATCH):
        g_part, part, r = gy[n, g], x[n, g], inverse_std(var[n, g], eps)
        d = np.empty_like(part) if gx is None else gx[n, g]
        if axes or needs[1] or needs[2]:
            sums, products = _centre(part, mean[n, g], g_part, common, out=d)
            gweight[:, g] += _dot(products, r, (0,))
            gbias[:, g] += _dot(sums, None, (0,))
        if gx is None:
            continue
        scale = _expand(r if outside is None else r * outside[:, g], part)
        if not axes:
            np.multiply(g_part, scale, out=d)
            continue
        w = None if inside is None else inside[:, g]
        slope = _expand(_dot(products, w, (2,)) * (r * r / -count), part)
        shift = _expand(_dot(sums, w, (2,)) / count, part)
        for block in _blocks(part):
            cells = d[block]
            cells *= slope
            cells -= shift
            cells += g_part[block] if wide is None else g_part[block] * wide[:, g]
            cells *= scale
    return gx, gweight if needs[1] else None, gbias if needs[2] else None


def _centre(x: Array, mean: Array, gy: Array, axes: Sizes, out: Array) -> tuple[Array, Array]:
    """Write d = x - mean into `out`, and return the sums of gy and of gy * d over `axes`."""
    centre, parts = _expand(mean, x), []
    for block in _blocks(x):
        d = np.subtract(x[block], centre, out=out[block])
        parts.append((_dot(gy[block], None, axes), _dot(gy[block], d, axes)))
    sums, products = zip(*parts, strict=True)
    return reduce(np.add, sums), reduce(np.add, products)


@kernel
def affine_y(x: Array, scale: Array, shift: Array) -> Array:
    """Return x * scale + shift, where scale and shift are (1, G, K, 1)."""
    y, scale, shift = np.empty_like(x), _expand(scale, x), _expand(shift, x)
    for n, g in _parts(x, ()):
        out = np.multiply(x[n, g], scale[:, g], out=y[n, g])
        out += shift[:, g]
    return y


def inverse_std(var: Array, eps: float) -> Array:
    """Return 1 / sqrt(var + eps)."""
    r: Array = 1 / np.sqrt(var + eps)
    return r


def _batch_outermost(x: Array) -> bool:
    return len(x) > 1 and abs(x.strides[0]) >= abs(x.strides[1])


def _parts(x: Array, axes: Sizes) -> list[tuple[slice, slice]]:
    """Cut the outermost of the first two axes so that no mean spans two parts; return slices of both axes."""
    axis = 0 if _batch_outermost(x) else 1
    if axis in axes:
        return [(slice(None), slice(None))]
    return [(slice(None), cut) if axis else (cut, slice(None)) for cut in _cuts(x, axis)]


def _blocks(part: Array) -> list[slice]:
    """Cut the batch of a part into blocks if it is outermost in memory."""
    return _cuts(part, 0) if _batch_outermost(part) else [slice(None)]


def _cuts(x: Array, axis: int) -> list[slice]:
    size = x.shape[axis]
    step = max(1, BLOCK * size // max(x.nbytes, 1))
    return [slice(start, start + step) for start in range(0, size, step)]


def _expand(factor: Array, x: Array) -> Array:
    """Expand a factor that all images share to the size of one image, if the batch is outermost in memory."""
    if len(factor) > 1 or x.shape[3] == 1 or x.size < SMALL or not _batch_outermost(x):
        return factor
    return np.broadcast_to(factor, (1, *x.shape[1:])).copy()


def _total(x: Array, axes: Sizes) -> Array:
    """Sum over `axes` in float64. Many long rows are first summed in x's dtype: their errors average out."""
    if 0 in axes and len(x) >= MANY and x.shape[3] >= LONG and x.strides[3] == x.itemsize:
        x = np.add.reduce(x, 3, keepdims=True)
    elif 0 in axes and _batch_outermost(x):
        x = np.add.reduce(x, 0, np.float64, keepdims=True)
    total: Array = np.add.reduce(x, axes, np.float64, keepdims=True)
    return total


def _dot(a: Array, b: Array | None, axes: Sizes) -> Array:
    """Sum a * b (or a if b is None) over `axes`, which keep the size 1."""
    if all(a.shape[axis] == 1 for axis in axes):
        return a if b is None else a * b
    if not a.size:  # np.einsum reads past the end of an empty array (NumPy 2.4), where there may be a NaN
        return np.zeros([1 if i in axes else n for i, n in enumerate(a.shape)], a.dtype)
    axis = max(axes, key=lambda i: a.shape[i])
    half = a.shape[axis] // 2
    if half and math.prod([a.shape[i] for i in axes]) > SUMMED:  # b has the sizes of a on these axes
        cuts = [(*(slice(None),) * axis, cut) for cut in (slice(None, half), slice(half, None))]
        total: Array = reduce(np.add, [_dot(a[cut], None if b is None else b[cut], axes) for cut in cuts])
        return total
    subscripts = _subscripts(axes, b is not None)
    sums: Array = np.einsum(subscripts, a) if b is None else np.einsum(subscripts, a, b)
    return sums.reshape([1 if i in axes else n for i, n in enumerate(a.shape)])


@lru_cache
def _subscripts(axes: Sizes, pair: bool) -> str:
    remaining = "".join(letter for i, letter in enumerate("ngks") if i not in axes)
    return ("ngks,ngks->" if pair else "ngks->") + remaining
