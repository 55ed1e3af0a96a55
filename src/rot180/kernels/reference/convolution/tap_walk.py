"""The taps of a window: one padded copy of x, and one slice of it per cell of the kernel.

NumPy is fast on long contiguous runs, so arrays are copied into an order with long runs: channels first, then the
positions, in one of two orders:

    batch last     (C, *spatial, N)     runs of Q * N cells: for small images, and for a batch of one
    batch second   (C, N, *spatial)     runs of Q cells; a C-contiguous (N, C, *spatial) array is copied into it in long
                                        pieces: for large images

If the last axis has a stride, its cells are sorted by their index modulo the stride ("phase"), so that the cells that
one tap reads are neighbours. `padded` is (C, H', stride, W'/stride, N), where H' and W' are the sizes that the window
spans including its padding, and tap (r, s) reads padded[:, dilation*r + stride*p, phase, start + q, :].

Two alternatives were slower: slicing x itself per tap (short runs: 2 to 4 times slower for stride 2 and small images),
and batch last in all cases (reordering a large (N, C, H, W) costs up to 2 ns per cell, a quarter of the time of a first
layer's backward).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from ....window import Sizes, Window
from ...dispatch import Array
from .memory_order import batch_first, is_batch_last
from .workspace import WORKSPACE, workspace

BLOCK = 8 << 20  # bytes of columns per matrix product: they stay in the cache between the copy and the product
RUN = 9  # starting a run costs about as much as reordering this many cells


@dataclass(frozen=True)
class TapWalk:
    """A window and a memory order for its positions; arrays in this order are (C, *positions)."""

    window: Window
    batch_last: bool  # otherwise batch second
    _indices: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def fastest(window: Window, channels: int, *inputs: Array) -> TapWalk:
        """Choose the faster order for these inputs (N, C, *spatial), from their sizes and memory orders.

        Batch last requires reordering every input that is not batch last; batch second makes the runs shorter.
        """
        images, itemsize = inputs[0].shape[0], inputs[0].itemsize
        one_image = math.prod(window.y_size) * channels * window.taps
        to_reorder = sum(a.size for a in inputs if images > 1 and not is_batch_last(a))
        last = to_reorder * window.y_size[-1] <= RUN * one_image * images or one_image * itemsize > 2 * BLOCK
        return tap_walk(window, last)

    def contiguous(self, a: Array, slot: str) -> Array:
        """Return (N, C, *spatial) as a contiguous (C, *positions): a view if possible, otherwise in the workspace."""
        view = a.transpose(*range(1, a.ndim), 0) if self.batch_last else a.swapaxes(0, 1)
        if view.flags.c_contiguous:
            return view
        copy = workspace(view.shape, a.dtype, slot)
        copy[...] = view
        return copy

    def images(self, a: Array) -> Array:
        """Return (C, *positions) as a view (N, C, *spatial)."""
        return batch_first(a) if self.batch_last else a.swapaxes(0, 1)

    def shape(self, channels: int, images: int, sizes: Sizes) -> Sizes:
        """The shape (C, *positions) for these spatial sizes."""
        return (channels, *sizes, images) if self.batch_last else (channels, images, *sizes)

    def padded_shape(self, channels: int, images: int) -> Sizes:
        """The shape of `padded`: the sizes that the window spans, with the last axis split into phases."""
        *lead, last = self.window.spans
        step = self.window.stride[-1]
        return self.shape(channels, images, (*lead, step, -(-last // step)))

    def pad(self, x: Array) -> Array:
        """Copy x (N, C, *x_size) into `padded`, with zeros around it; return a view of x if no cell has to move.

        The result may be in this thread's workspace: it is valid until the next call.
        """
        window = self.window
        if window.stride[-1] == 1 and not any(window.padding) and window.spans == window.x_size:
            return self.contiguous(x, "padded").reshape(self.padded_shape(x.shape[1], x.shape[0]))
        padded = workspace(self.padded_shape(x.shape[1], x.shape[0]), x.dtype, "padded")
        if any(pad or size < span for pad, size, span in self._axes()):
            padded[...] = 0
        view = self.images(padded)
        for in_padded, in_x in self._phases():
            view[in_padded] = x[in_x]
        return padded

    def unpad(self, padded: Array) -> Array:
        """The adjoint of `pad`: a new x (N, C, *x_size), with 0 in cells that the window does not span."""
        images = padded.shape[-1 if self.batch_last else 1]
        x = self.images(np.empty(self.shape(padded.shape[0], images, self.window.x_size), padded.dtype))
        if any(pad + size > span for pad, size, span in self._axes()):
            x[...] = 0
        view = self.images(padded)
        for in_padded, in_x in self._phases():
            x[in_x] = view[in_padded]
        return x

    def tap(self, padded: Array, offset: Sizes, block: slice) -> Array:
        """Return the cells of `padded` that one kernel cell reads for a block of positions on the first axis of y."""
        key = (offset, block.start, block.stop)
        index = self._indices.get(key)
        if index is None:  # computed once per window, because a network uses the same taps at every step
            index = self._indices[key] = self._tap_index(offset, block)
        return padded[index]

    def _tap_index(self, offset: Sizes, block: slice) -> tuple[Any, ...]:
        window = self.window
        index: list[Any] = [slice(None)] if self.batch_last else [slice(None), block]
        last = window.ndim - 1
        for axis, k in enumerate(offset):
            step, start = window.stride[axis], window.dilation[axis] * k
            first, stop = (block.start, block.stop) if self.batch_last and axis == 0 else (0, window.y_size[axis])
            if axis == last:
                column, phase = divmod(start, step)
                index += [phase, slice(column + first, column + stop)]
            else:
                index.append(slice(start + step * first, start + step * (stop - 1) + 1, step))
        return tuple(index)

    def blocks(self, images: int, bytes_per_position: int) -> Iterator[slice]:
        """Cut the first position axis (rows of y, or images) into even blocks of at most BLOCK bytes of columns."""
        total, *rest = self.shape(1, images, self.window.y_size)[1:]
        most = max(1, BLOCK // max(1, bytes_per_position * math.prod(rest)))
        count = max(1, -(-total // most))
        size = max(1, -(-total // count))
        for start in range(0, total, size):
            yield slice(start, min(start + size, total))

    def _axes(self) -> Iterator[tuple[int, int, int]]:
        return zip(self.window.padding, self.window.x_size, self.window.spans, strict=True)

    def _phases(self) -> Iterator[tuple[Any, Any]]:
        """Yield corresponding indices (into `padded` as images, into x), one pair per phase."""
        in_padded: list[Any] = [slice(None)] * 2
        in_x: list[Any] = [slice(None)] * 2
        axes = list(self._axes())
        for pad, size, span in axes[:-1]:
            count = max(0, min(size, span - pad))
            in_padded.append(slice(pad, pad + count))
            in_x.append(slice(0, count))
        pad, size, span = axes[-1]
        step = self.window.stride[-1]
        for phase in range(step):
            first = -(-max(pad - phase, 0) // step)  # the first column of this phase that lies inside x
            start = first * step + phase - pad
            count = max(0, -(-(min(size, span - pad) - start) // step))
            columns = slice(first, first + count)
            yield (*in_padded, phase, columns), (*in_x, slice(start, start + step * count, step))


@lru_cache(maxsize=1024)
def tap_walk(window: Window, batch_last: bool) -> TapWalk:
    """Return the cached TapWalk of a window and order."""
    return TapWalk(window, batch_last)


def image_blocks(images: int, channels: int, out: int, itemsize: int, window: Window) -> list[slice]:
    """Cut the batch so that a block fits the workspace: the whole batch, eight or more images, or single images."""
    one = math.prod(tap_walk(window, True).padded_shape(channels, 1)) + out * math.prod(window.y_size)
    size = max(1, WORKSPACE // max(one * itemsize, 1))
    if size >= images:
        return [slice(0, images)]
    if size < 8:
        size = 1
    return [slice(start, min(start + size, images)) for start in range(0, images, size)]
