"""The settings that the kernel tests run on: one list for the loop oracle, for PyTorch and for every engine.

A Setting is a Window with channels and a batch. Most come from a seeded draw over 1 to 3 axes; the corners that a draw
would miss, the shrunken layers of `rot180.bench.shapes` and the forms with no spatial axes are written out.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from rot180.bench.shapes import LAYERS
from rot180.window import Window


class Setting(NamedTuple):
    """One convolution: x (images, groups * per_group, *x_size), w (groups * out_per_group, per_group, *kernel)."""

    name: str
    images: int
    per_group: int
    out_per_group: int
    window: Window

    @property
    def shapes(self):
        """The shapes of x, w and y."""
        window = self.window
        channels, out = window.groups * self.per_group, window.groups * self.out_per_group
        return (
            (self.images, channels, *window.x_size),
            (out, self.per_group, *window.kernel),
            (self.images, out, *window.y_size),
        )

    def integers(self, seed=0):
        """x, w and y of integers in [-4, 4] (int64: the loops add them without rounding)."""
        rng = np.random.default_rng(seed)
        return tuple(rng.integers(-4, 5, shape) for shape in self.shapes)

    def loops(self):
        """The geometry as the loop oracle takes it: stride, padding, dilation, groups."""
        window = self.window
        return window.stride, window.padding, window.dilation, window.groups


def floor_size(x, k, s, d, before, after):
    return (x + before + after - d * (k - 1) - 1) // s + 1


def _window(x, k, s, d, pads, groups, extra=0):
    """A window whose y is `extra` positions longer than the floor formula gives, as with ceil_mode."""
    axes = zip(x, k, s, d, pads, strict=True)
    y = tuple(floor_size(*axis[:4], *axis[4]) + extra for axis in axes)
    return Window(tuple(x), y, tuple(k), tuple(s), tuple(d), tuple(before for before, _ in pads), groups)


def _drawn(count):
    rng = np.random.default_rng(180)
    while count:
        ndim = int(rng.choice([1, 2, 2, 2, 3]))
        top = {1: 9, 2: 6, 3: 4}[ndim]
        k = rng.integers(1, {1: 5, 2: 4, 3: 3}[ndim], ndim).tolist()
        s, d = rng.integers(1, 4, ndim).tolist(), rng.integers(1, 3, ndim).tolist()
        x = rng.integers(1, top + 1, ndim).tolist()
        pads = [tuple(rng.integers(0, 3, 2).tolist()) for _ in range(ndim)]
        groups = int(rng.choice([1, 1, 2, 3]))
        per_group, out = (1, int(rng.integers(1, 3))) if rng.random() < 0.3 else rng.integers(1, 3, 2).tolist()
        images, extra = int(rng.choice([1, 2, 3])), int(rng.random() < 0.2)
        if any(floor_size(*axis, *pad) < 1 for *axis, pad in zip(x, k, s, d, pads, strict=True)):
            continue
        count -= 1
        yield Setting(f"drawn{count}", images, per_group, out, _window(x, k, s, d, pads, groups, extra))


def _corners():
    one, two = [(0, 0)], [(0, 0), (0, 0)]
    rows = {
        "padding beyond the kernel": (2, 2, 3, _window([3, 3], [2, 2], [1, 1], [1, 1], [(4, 5), (3, 0)], 1)),
        "padding beyond the kernel, strided": (2, 1, 2, _window([2, 3], [1, 2], [2, 3], [1, 1], [(5, 4), (4, 4)], 2)),
        "stride beyond the kernel": (2, 2, 2, _window([9, 8], [2, 2], [4, 3], [1, 1], two, 1)),
        "stride leaves a border": (3, 2, 2, _window([8, 7], [3, 2], [3, 4], [1, 1], two, 1)),
        "dilation beyond x": (2, 1, 1, _window([2], [2], [1], [5], [(3, 3)], 1)),
        "windows wholly outside": (2, 1, 2, Window((2, 2), (5, 6), (2, 2), (2, 2), (1, 1), (4, 3))),
        "y stops early": (2, 2, 2, Window((9, 9), (2, 3), (2, 3), (1, 1), (1, 1), (0, 1))),
        "one row": (3, 2, 2, _window([1, 20], [1, 3], [1, 1], [1, 1], [(0, 0), (1, 1)], 1)),
        "long rows": (2, 2, 1, _window([3, 24], [2, 3], [1, 2], [1, 1], [(1, 1), (2, 2)], 1)),
        "nine images": (9, 2, 2, _window([4, 4], [3, 3], [1, 1], [1, 1], [(1, 1), (1, 1)], 1)),
        "seventeen images, depthwise": (17, 1, 1, _window([5], [3], [2], [1], [(1, 1)], 5)),
        "many images, one cell": (70, 2, 3, _window([2], [1], [1], [1], one, 1)),
        "depthwise, blocks of channels": (2, 1, 2, _window([4, 5], [3, 3], [1, 2], [1, 1], [(1, 1), (1, 2)], 11)),
        "depthwise 3-d": (2, 1, 1, _window([3, 3, 4], [2, 2, 2], [1, 2, 1], [1, 1, 2], [(1, 0), (0, 1), (1, 1)], 3)),
        "depthwise times three": (2, 1, 3, _window([4, 4], [2, 2], [1, 1], [1, 1], two, 2)),
        "depthwise, halved": (3, 1, 1, _window([14, 14], [3, 3], [2, 2], [1, 1], [(1, 1), (1, 1)], 5)),
        "depthwise, halved, odd": (2, 1, 1, _window([7, 35], [3, 3], [2, 2], [1, 1], [(2, 0), (0, 3)], 3)),
        "depthwise, halved along lines": (2, 1, 2, _window([6, 19], [3, 3], [1, 2], [1, 1], [(1, 1), (1, 1)], 2)),
        "depthwise 5x5, halved": (2, 1, 1, _window([9, 18], [5, 5], [2, 2], [1, 1], [(2, 2), (2, 2)], 3)),
        "depthwise, long steps": (2, 1, 1, _window([19, 20], [2, 3], [9, 9], [1, 1], [(0, 0), (1, 1)], 3)),
        "one cell, strided, grouped": (3, 2, 2, _window([5, 4], [1, 1], [2, 3], [1, 1], two, 2)),
        "one cell, padded": (2, 2, 2, _window([3, 3], [1, 1], [1, 1], [1, 1], [(1, 1), (0, 1)], 1)),
        "one cell, y beyond x": (2, 2, 2, Window((3, 3), (4, 3), (1, 1), (1, 1), (1, 1), (0, 0))),
        "kernel covers x": (3, 3, 4, _window([3, 2], [3, 2], [1, 1], [1, 1], two, 1)),
        "kernel covers x, strided": (3, 2, 2, _window([3, 2], [3, 2], [2, 3], [1, 1], two, 1)),
        "kernel covers x, grouped": (2, 2, 2, _window([2, 2], [2, 2], [1, 1], [1, 1], two, 3)),
        "kernel covers x, with a border": (2, 2, 2, _window([4, 4], [3, 3], [2, 2], [1, 1], two, 1)),
    }
    for name, row in rows.items():
        yield Setting(name, *row)


def _grid():
    """Stride, dilation and padding, alone and together, grouped and depthwise, for one and three images."""
    for images, groups, stride, dilation, padding in product((1, 3), (1, 2), (1, 2), (1, 2), (0, 1)):
        for per_group, out in ((2, 2), (1, 1)):
            pads = [(padding, padding), (padding, 0)]
            window = _window([5, 6], [2, 3], [stride] * 2, [dilation] * 2, pads, groups)
            name = f"n{images} g{groups} s{stride} d{dilation} p{padding} c{per_group}"
            yield Setting(name, images, per_group, out, window)


def _linear():
    for images, inputs, out, groups in ((1, 3, 2, 1), (4, 5, 3, 1), (3, 2, 2, 2), (1, 1, 1, 1), (2, 1, 2, 4)):
        yield Setting(
            f"zero axes {images} {inputs} {out} g{groups}", images, inputs, out, Window((), (), (), (), (), (), groups)
        )


def _layers():
    """The layers of the benchmarks with fewer images, channels and cells."""
    for layer in LAYERS:
        groups = min(layer.groups, 4)
        narrow = [min(n, 4) if groups > 1 else min(n, 3) for n in (layer.channels, layer.out)]
        steps = (layer.kernel,) * 2, (layer.stride,) * 2, (layer.dilation,) * 2
        size = min(layer.size, 7)
        if layer.transposed:
            window = Window.transposed(
                layer.name, (min(size, 3),) * 2, *steps[:2], layer.padding, (0, 0), steps[2], groups
            )
            narrow.reverse()  # the input of a transposed layer is y
        else:
            window = Window.plain(layer.name, (size,) * 2, *steps[:2], layer.padding, steps[2], groups)
        yield Setting(layer.name, 2, narrow[0] // groups, narrow[1] // groups, window)


SETTINGS = [*_drawn(240), *_corners(), *_grid(), *_linear(), *_layers()]
