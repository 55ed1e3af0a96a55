"""How the NumPy engine walks a window over x: one padded copy of x, and one slice of it per tap of the kernel.

NumPy is fast on long contiguous runs, so arrays are laid out for them. Channels go first, then the positions, in one of
two orders:

    batch last     (C, *spatial, N)     the runs are rows of Q * N cells: for small images, and for a batch of one
    batch second   (C, N, *spatial)     the runs are rows of Q cells, and a plain (N, C, *spatial) array gets there in
                                        long strides: for large images

Where the last spatial axis has a stride, the cells of x are sorted by remainder ("phase"), which makes the cells that
one tap meets neighbours again:  `wide` is (C, H', stride, W'/stride, N), H' and W' being what the window spans with its
padding, and tap (r, s) meets wide[:, dilation*r + stride*p, phase, start + q, :].

What was tried: slicing x itself per tap (short runs: 2 to 4 times slower for stride 2 and small images); batch last
alone (reordering a large (N, C, H, W) costs up to 2 ns a cell, a quarter of the time of a first layer's backward).

Deliberately absent: arithmetic. Only the kernels of this folder import this file.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from ..window import Sizes, Window

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

WORKSPACE = 32 << 20  # bytes: about what the engine holds beyond its inputs and outputs
BLOCK = 8 << 20  # bytes of columns per matrix product: they stay in the cache between the copy and the product
RUN = 9  # starting a run costs about as much as reordering this many cells


def lies_batch_last(a: Array) -> bool:
    """Whether (N, C, *spatial) has its batch innermost in memory."""
    return a.shape[0] > 1 and a.strides[0] == a.itemsize


def batch_last(a: Array) -> Array:
    """(N, C, *spatial) as a contiguous (C, *spatial, N); no copy if it lies so already."""
    return np.ascontiguousarray(a.transpose(*range(1, a.ndim), 0))


def batch_first(a: Array) -> Array:
    """(C, *spatial, N) seen as (N, C, *spatial); never a copy."""
    return a.transpose(a.ndim - 1, *range(a.ndim - 1))


@dataclass(frozen=True)
class Walk:
    """A window together with the order in which its positions lie; every array of the walk is (C, *positions)."""

    window: Window
    last: bool  # batch last, else batch second
    _indices: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def over(window: Window, channels: int, *given: Array) -> Walk:
        """The better order for a batch; `given` are the arrays that were handed in, in whatever order they lie.

        Batch last costs the reordering of what does not lie so, batch second a shorter run for every row of columns.
        """
        images, itemsize = given[0].shape[0], given[0].itemsize
        one_image = math.prod(window.y_size) * channels * window.taps
        loose = sum(a.size for a in given if images > 1 and not lies_batch_last(a))
        last = loose * window.y_size[-1] <= RUN * one_image * images or one_image * itemsize > 2 * BLOCK
        return walk(window, last)

    def flat(self, a: Array, slot: str) -> Array:
        """(N, C, *spatial) as a contiguous (C, *positions): itself if it lies so already, else in the workspace."""
        seen = a.transpose(*range(1, a.ndim), 0) if self.last else a.swapaxes(0, 1)
        if seen.flags.c_contiguous:
            return seen
        flat = workspace(seen.shape, a.dtype, slot)
        flat[...] = seen
        return flat

    def images(self, a: Array) -> Array:
        """(C, *positions) seen as (N, C, *spatial); never a copy."""
        return batch_first(a) if self.last else a.swapaxes(0, 1)

    def shape(self, channels: int, images: int, sizes: Sizes) -> Sizes:
        """(C, *positions) for these spatial sizes."""
        return (channels, *sizes, images) if self.last else (channels, images, *sizes)

    def wide_shape(self, channels: int, images: int) -> Sizes:
        """The shape of `wide`: x with what the window spans of it, the last axis cut into phases."""
        *lead, last = self.window.spans
        step = self.window.stride[-1]
        return self.shape(channels, images, (*lead, step, -(-last // step)))

    def spread(self, x: Array) -> Array:
        """x (N, C, *x_size) as `wide`, padded with zeros; x itself where nothing but the order of its axes changes.

        The result lies in the thread's workspace: it is good until the next call.
        """
        window = self.window
        if window.stride[-1] == 1 and not any(window.padding) and window.spans == window.x_size:
            return self.flat(x, "wide").reshape(self.wide_shape(x.shape[1], x.shape[0]))
        wide = workspace(self.wide_shape(x.shape[1], x.shape[0]), x.dtype, "wide")
        if any(pad or size < span for pad, size, span in self._axes()):
            wide[...] = 0
        seen = self.images(wide)
        for in_wide, in_x in self._phases():
            seen[in_wide] = x[in_x]
        return wide

    def collect(self, wide: Array) -> Array:
        """The adjoint of `spread`: a new x (N, C, *x_size) of the cells of `wide` inside x, 0 out of reach."""
        images = wide.shape[-1 if self.last else 1]
        x = self.images(np.empty(self.shape(wide.shape[0], images, self.window.x_size), wide.dtype))
        if any(pad + size > span for pad, size, span in self._axes()):
            x[...] = 0
        seen = self.images(wide)
        for in_wide, in_x in self._phases():
            x[in_x] = seen[in_wide]
        return x

    def tap(self, wide: Array, offset: Sizes, block: slice) -> Array:
        """What one kernel cell meets of `wide` while y runs over a block of the first position axis."""
        key = (offset, block.start, block.stop)
        index = self._indices.get(key)
        if index is None:  # worked out once per window: a small network meets the same taps at every step
            index = self._indices[key] = self._tap_index(offset, block)
        return wide[index]

    def _tap_index(self, offset: Sizes, block: slice) -> tuple[Any, ...]:
        window = self.window
        index: list[Any] = [slice(None)] if self.last else [slice(None), block]
        last = window.ndim - 1
        for axis, k in enumerate(offset):
            step, start = window.stride[axis], window.dilation[axis] * k
            first, stop = (block.start, block.stop) if self.last and axis == 0 else (0, window.y_size[axis])
            if axis == last:
                column, phase = divmod(start, step)
                index += [phase, slice(column + first, column + stop)]
            else:
                index.append(slice(start + step * first, start + step * (stop - 1) + 1, step))
        return tuple(index)

    def blocks(self, images: int, bytes_per_position: int) -> Iterator[slice]:
        """Cuts the first position axis (rows of y, or images) into even blocks of at most BLOCK bytes of columns."""
        total, *rest = self.shape(1, images, self.window.y_size)[1:]
        most = max(1, BLOCK // max(1, bytes_per_position * math.prod(rest)))
        count = max(1, -(-total // most))
        size = max(1, -(-total // count))
        for start in range(0, total, size):
            yield slice(start, min(start + size, total))

    def _axes(self) -> Iterator[tuple[int, int, int]]:
        return zip(self.window.padding, self.window.x_size, self.window.spans, strict=True)

    def _phases(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of indices (into wide seen batch first, into x) that belong together, one pair per phase."""
        in_wide: list[Any] = [slice(None)] * 2
        in_x: list[Any] = [slice(None)] * 2
        axes = list(self._axes())
        for pad, size, span in axes[:-1]:
            count = max(0, min(size, span - pad))
            in_wide.append(slice(pad, pad + count))
            in_x.append(slice(0, count))
        pad, size, span = axes[-1]
        step = self.window.stride[-1]
        for phase in range(step):
            first = -(-max(pad - phase, 0) // step)  # the first column of this phase that lies inside x
            start = first * step + phase - pad
            count = max(0, -(-(min(size, span - pad) - start) // step))
            columns = slice(first, first + count)
            yield (*in_wide, phase, columns), (*in_x, slice(start, start + step * count, step))


@lru_cache(maxsize=1024)
def walk(window: Window, last: bool) -> Walk:
    """The one Walk of its kind, with what it has worked out."""
    return Walk(window, last)


def image_blocks(images: int, channels: int, out: int, itemsize: int, window: Window) -> list[slice]:
    """Cuts the batch so that `wide` and y of a block fit the workspace: all at once, eights or more, or singly."""
    one = math.prod(walk(window, True).wide_shape(channels, 1)) + out * math.prod(window.y_size)
    size = max(1, WORKSPACE // max(one * itemsize, 1))
    if size >= images:
        return [slice(0, images)]
    if size < 8:
        size = 1
    return [slice(start, min(start + size, images)) for start in range(0, images, size)]


_local = threading.local()


def workspace(shape: Sizes, dtype: np.dtype[Any], slot: str) -> Array:
    """An uninitialised array in this thread's reused memory, one piece per slot.

    Fresh multi-megabyte arrays are given back to the system and faulted in again at each call, which costs more than
    the arithmetic of a LeNet; what is larger than the workspace is not kept.
    """
    size = math.prod(shape) * dtype.itemsize
    if size > WORKSPACE:
        return np.empty(shape, dtype)
    kept = _local.__dict__.get(slot)
    if kept is None or kept.nbytes < size:
        kept = _local.__dict__[slot] = np.empty(size, np.uint8)
    return np.ndarray(shape, dtype, kept)
