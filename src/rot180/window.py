"""The geometry of a sliding window, with every size formula of the library in one place.

A `Window` is a frozen record of *both* spatial sizes (x, the wide side, and y, the narrow side) with kernel, stride,
dilation, groups and the padding before x. On every axis, the indices of x, y and the kernel are related by

    x index = stride * p + dilation * k - padding          0 <= p < y size, 0 <= k < kernel size

An engine's kernel receives a Window and never computes a size. The cells after x (asymmetric padding, ceil_mode, output
padding, a border that the stride does not reach) follow from the size of y, so they need no field.

Every module may import this one; it imports only `errors`. A Window describes neither arrays nor channels (except
`groups`). A Window has an x and a y, not an input and an output, because a transposed layer swaps input and output.

Source of the size formulas: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016),
relationships 5, 13 and 14.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, TypeAlias

from .errors import ShapeError

Sizes: TypeAlias = tuple[int, ...]
PerAxis: TypeAlias = int | Sequence[int]
Padding: TypeAlias = int | str | Sequence[int] | Sequence[Sequence[int]]


@dataclass(frozen=True)
class Window:
    """Both sizes of a sliding window and the steps of its kernel; one tuple entry per spatial axis (0 to 3 axes).

    Attributes:
        x_size: the spatial size of x, the wide side (H, W), without padding.
        y_size: the spatial size of y, the narrow side (P, Q), which is the number of window positions.
        kernel: (R, S).
        stride, dilation: the steps between positions and between the taps of one window, at least 1.
        padding: the number of zeros before x on each axis.
        groups: the number of blocks of channels.
    """

    x_size: Sizes
    y_size: Sizes
    kernel: Sizes
    stride: Sizes
    dilation: Sizes
    padding: Sizes
    groups: int = 1

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # every kernel call looks up caches by Window, so the seven fields are hashed only once
        return hash((self.x_size, self.y_size, self.kernel, self.stride, self.dilation, self.padding, self.groups))

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # leaves out cached properties

    @property
    def ndim(self) -> int:
        """The number of spatial axes; 0 for a linear layer."""
        return len(self.kernel)

    @cached_property
    def taps(self) -> int:
        """The number of kernel cells: R * S."""
        return math.prod(self.kernel)

    def offsets(self) -> Iterator[Sizes]:
        """All kernel cells (r, s), in row-major order."""
        return product(*map(range, self.kernel))

    def reach(self, axis: int, k: int) -> tuple[slice, slice]:
        """The positions of y whose tap `k` lies inside x on one axis, and the cells of x that it reads: two slices."""
        step, size, shift = self.stride[axis], self.x_size[axis], self.dilation[axis] * k - self.padding[axis]
        first = max(0, -(shift // step))  # the first p with step * p + shift >= 0
        last = min(self.y_size[axis] - 1, (size - 1 - shift) // step)
        if last < first:
            return slice(0, 0), slice(0, 0)
        return slice(first, last + 1), slice(step * first + shift, step * last + shift + 1, step)

    @cached_property
    def spans(self) -> Sizes:
        """The number of cells that all positions of y cover on each axis, from `-padding` on; may end beyond x."""
        return tuple(
            s * (p - 1) + d * (k - 1) + 1 if p else 0
            for p, s, d, k in zip(self.y_size, self.stride, self.dilation, self.kernel, strict=True)
        )

    def coverage(self, axis: int, after: int | None = None) -> list[int]:
        """For each position of y on one axis, the number of taps inside x, or inside the padded x if `after` is given.

        The padded x has `padding` cells before x and `after` cells after it.
        """
        size, pad, step = self.x_size[axis], self.padding[axis], self.dilation[axis]
        low, high = (0, size) if after is None else (-pad, size + after)
        starts = (self.stride[axis] * p - pad for p in range(self.y_size[axis]))
        return [sum(low <= start + step * k < high for k in range(self.kernel[axis])) for start in starts]

    @cached_property
    def overlaps(self) -> bool:
        """True if a cell of x can lie in more than one window."""
        extents = (d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True))
        return any(s < extent for s, extent in zip(self.stride, extents, strict=True))

    @cached_property
    def is_pointwise(self) -> bool:
        """True if the kernel is one cell that never leaves x; the convolution is then a matrix product per position."""
        inside = all(span <= size for span, size in zip(self.spans, self.x_size, strict=True))
        return self.taps == 1 and not any(self.padding) and inside

    @cached_property
    def is_dense(self) -> bool:
        """True if the kernel covers x exactly; the convolution is then a linear layer on the flattened x."""
        covers_x = self.kernel == self.x_size == self.spans and not any(self.padding)
        return covers_x and self.groups == 1 and set(self.y_size) <= {1}

    @classmethod
    def plain(
        cls, op: str, x_size: Sizes, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes, groups: int = 1,
        *, ceil_mode: bool = False,
    ) -> Window:  # fmt: skip
        """The window of a plain layer or a pool, from the size of x.

        y = floor((x + pads - dilation * (k - 1) - 1) / stride) + 1. With `ceil_mode` the division rounds up if the last
        window still starts inside x or the padding before it; a kernel that is larger than the padded x by less than
        the stride then has one position. Raises ShapeError if a stride, dilation or kernel size is below 1, or if the
        kernel does not fit.
        """
        _check_steps(op, kernel, stride, dilation)
        pads = pads_per_axis(op, padding, x_size, kernel, stride, dilation)
        y_size = []
        for axis, (x, k, s, d, (before, after)) in enumerate(zip(x_size, kernel, stride, dilation, pads, strict=True)):
            padded, extent = x + before + after, d * (k - 1) + 1
            y = (padded - extent) // s + 1
            if ceil_mode and (padded - extent) % s and y * s < x + before:
                y += 1
            if y < 1:
                size = f"spans {extent} cells" if d > 1 else f"is {k}"
                raise ShapeError(
                    f"{op}: the kernel {size} on spatial axis {axis}, but the input has only {padded} there "
                    f"(size {x}, padding {before} + {after}); use a smaller kernel or more padding"
                )
            y_size.append(y)
        return cls(x_size, tuple(y_size), kernel, stride, dilation, tuple(before for before, _ in pads), groups)

    @classmethod
    def transposed(
        cls, op: str, y_size: Sizes, kernel: Sizes, stride: Sizes, padding: Padding, output_padding: Sizes,
        dilation: Sizes, groups: int = 1,
    ) -> Window:  # fmt: skip
        """The window of a transposed layer, from the size of y.

        x = (y - 1) * stride - pads + dilation * (k - 1) + output_padding + 1. `padding="same"` is the adjoint of the
        plain layer's "same": x = y * stride. Raises ShapeError if a stride, dilation or kernel size is below 1, if
        output_padding is not smaller than the stride or the dilation, or if x would be empty.
        """
        _check_steps(op, kernel, stride, dilation)
        for axis, (extra, s, d) in enumerate(zip(output_padding, stride, dilation, strict=True)):
            if extra < 0 or extra >= max(s, d):
                raise ShapeError(
                    f"{op}: output_padding is {extra} on spatial axis {axis}; it must be at least 0 and smaller than "
                    f"stride ({s}) or dilation ({d})"
                )
        wide = tuple(y * s for y, s in zip(y_size, stride, strict=True))
        pads = pads_per_axis(op, padding, wide, kernel, stride, dilation)
        if padding == "same":
            if any(output_padding):
                raise ShapeError(f"{op}: padding='same' fixes the output size; output_padding must be 0")
            return cls(wide, y_size, kernel, stride, dilation, tuple(before for before, _ in pads), groups)
        x_size = []
        for axis, (y, k, s, d, extra, (before, after)) in enumerate(
            zip(y_size, kernel, stride, dilation, output_padding, pads, strict=True)
        ):
            x = (y - 1) * s - before - after + d * (k - 1) + extra + 1
            if x < 1:
                raise ShapeError(
                    f"{op}: the output would have size {x} on spatial axis {axis} (input {y}, kernel {k}, stride {s}, "
                    f"padding {before} + {after}); use less padding or a larger kernel"
                )
            x_size.append(x)
        return cls(tuple(x_size), y_size, kernel, stride, dilation, tuple(before for before, _ in pads), groups)


DENSE = Window((), (), (), (), (), ())  # the window of a linear layer: the trilinear form with no spatial axes


@lru_cache(maxsize=4096, typed=True)
def per_axis(op: str, name: str, value: Any, ndim: int) -> Sizes:
    """Return an int, or one int per spatial axis, as a tuple of `ndim` ints. Raises ShapeError for anything else.

    `value` must be hashable. Pass user input through `ints` first: as cache keys, 1.0 and True equal 1.
    """
    items = tuple(value) if isinstance(value, tuple) else (value,) * ndim
    try:
        if any(isinstance(item, bool) for item in items):
            raise TypeError
        sizes = tuple(operator.index(item) for item in items)
    except TypeError:
        sizes = ()
    if len(sizes) != ndim or (ndim and not sizes):
        raise ShapeError(f"{op}: {name} must be an int or {ndim} ints, one per spatial axis; got {value!r}")
    return sizes


def positive(op: str, name: str, value: Any) -> int:
    """Return `value` if it is an int of at least 1. Raises ShapeError otherwise."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 1:
        raise ShapeError(f"{op}: {name} must be an int of at least 1; got {value!r}")
    return int(value)


def hashable(value: Any) -> Any:
    """Convert lists and arrays, also nested ones, to tuples, so that settings can be cache keys."""
    if hasattr(value, "tolist"):  # a NumPy array; this file does not import NumPy
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(hashable(item) for item in value)
    return repr(value) if value.__hash__ is None else value  # e.g. a dict, which a later check rejects


@dataclass(frozen=True)
class _NotAnInt:
    """A value that is not an int, in a cache key. Unlike 1.0 and True, it does not equal 1."""

    text: str

    def __repr__(self) -> str:
        return self.text


def ints(value: Any) -> Any:
    """Convert a setting that consists of ints to a cache key: lists and arrays, also nested ones, become tuples.

    Integers of any type become ints; strings and None are unchanged. Any other value, including 1.0 and True, becomes
    an object that equals no int and has the value's repr, so that `per_axis` rejects it with a clear message.
    """
    if type(value) is int:
        return value
    if type(value) is tuple:
        for item in value:
            if type(item) is not int:
                break
        else:
            return value
    if value is None or isinstance(value, str):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(map(ints, value))
    return (
        _NotAnInt(repr(value)) if isinstance(value, bool) or not hasattr(value, "__index__") else operator.index(value)
    )


def pads_per_axis(
    op: str, padding: Padding, x_size: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes
) -> tuple[tuple[int, int], ...]:
    """The padding (before, after) of each axis.

    `padding` is an int, one int per axis, ((before, after), ...) per axis, "valid" (none) or "same". The total of
    "same" is max((ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0); half of this total,
    rounded down, is added before the axis.
    """
    ndim = len(kernel)
    if padding == "valid":
        return ((0, 0),) * ndim
    if padding == "same":
        return tuple(_same(*axis) for axis in zip(x_size, kernel, stride, dilation, strict=True))
    if isinstance(padding, str):
        raise ShapeError(f"{op}: padding must be 'same', 'valid', an int or a sequence of ints; got {padding!r}")
    if isinstance(padding, Sequence) and padding and all(isinstance(pair, Sequence) for pair in padding):
        pads = tuple(per_axis(op, "padding", tuple(pair), 2) for pair in padding)  # type: ignore[arg-type]
        if len(pads) != ndim:
            raise ShapeError(f"{op}: padding has {len(pads)} (before, after) pairs; {ndim} are needed, one per axis")
    else:
        pads = tuple((p, p) for p in per_axis(op, "padding", padding, ndim))
    if any(p < 0 for pair in pads for p in pair):
        raise ShapeError(f"{op}: padding must not be negative; got {padding!r}")
    return pads  # type: ignore[return-value]


def _same(x: int, k: int, s: int, d: int) -> tuple[int, int]:
    total = max((-(-x // s) - 1) * s + d * (k - 1) + 1 - x, 0)
    return total // 2, total - total // 2


def _check_steps(op: str, kernel: Sizes, stride: Sizes, dilation: Sizes) -> None:
    for name, sizes in (("kernel size", kernel), ("stride", stride), ("dilation", dilation)):
        if any(size < 1 for size in sizes):
            raise ShapeError(f"{op}: {name} must be at least 1 on every axis; got {sizes}")
