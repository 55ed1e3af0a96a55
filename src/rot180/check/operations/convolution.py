"""Plain and transposed convolutions with 0 (linear) to 3 spatial axes. docs/decisions/0001 describes the algorithm.

A plain layer reads its windows from x. A transposed layer has one window for each cell of x and adds the windows to y.
The forward and both gradients are computed by rot180.kernels. Many wrong layers equal a correct layer with another
window (kernel size, stride, padding and dilation), so `dx` and `dw` take a window: diagnosis/mistakes/ passes wrong
windows.

With convention="convolution", the plain layer rotates its kernel, and the transposed layer scatters the rotated kernel.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ... import kernels
from ...errors import ShapeError
from ...kernels.dispatch import engine
from ...window import DENSE, Sizes, Window, per_axis
from .case import Array, Arrays, Case, in_float64
from .definition import Definition, existing, possible
from .names_of_settings import convolution_dictionary, kernel_of_weight
from .sizes_to_try import Attempt, edges_of_convolutions, ordinary_convolutions

# By number of axes, the largest size of an axis of x. Only large kernels need it.
_MOST_ROOM = {0: 0, 1: 64, 2: 16, 3: 8}

MOST_CELLS = 8  # per axis, of the input of a transposed convolution with a large padding; a larger one is an error


@dataclass(frozen=True)
class Convolution(Definition):
    """conv1d to conv3d, conv_transpose1d to conv_transpose3d, linear."""

    name: str
    axes: int
    transposed: bool = False

    arguments: ClassVar[tuple[str, ...]] = ("x", "w", "b")
    optional: ClassVar[tuple[str, ...]] = ("b",)
    gradients_of: ClassVar[tuple[str, ...]] = ("x", "w", "b")
    exact = True

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of its settings, as in PyTorch."""
        if not self.axes:
            return ()
        names = ("stride", "padding", "dilation", "groups")
        return (*names, "output_padding") if self.transposed else names

    @property
    def in_dict(self) -> tuple[str, ...]:
        """The settings in CS231n's conv_param."""
        return ("stride", "padding")

    def default(self, setting: str) -> Any:
        """The defaults of PyTorch; kernel_size has none, because the weight determines it."""
        return {"padding": 0, "output_padding": 0, "kernel_size": None}.get(setting, 1)

    def setting(self, case: Case, name: str) -> Any:
        """The value of a setting. kernel_size is read from the shape of the weight."""
        if name == "kernel_size" and name not in case.settings and "w" in case.shapes:
            return kernel_of_weight(case.shapes["w"])
        return super().setting(case, name)

    def dictionary(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with "pad", as in conv_param."""
        return convolution_dictionary(settings)

    # ---- the correct results ----

    def window(self, case: Case) -> Window:
        """The sizes and positions of the windows. Raises ShapeError if the sizes do not fit."""
        if not self.axes:
            return DENSE
        n, given = self.axes, case.settings
        stride, dilation = (per_axis(self.name, s, given.get(s, 1), n) for s in ("stride", "dilation"))
        padding, groups = given.get("padding", 0), int(given.get("groups", 1))
        x_size, kernel = case.shapes["x"][2:], case.shapes["w"][2:]
        if not self.transposed:
            return Window.plain(self.name, x_size, kernel, stride, padding, dilation, groups)
        extra = per_axis(self.name, "output_padding", given.get("output_padding", 0), n)
        return Window.transposed(self.name, x_size, kernel, stride, padding, extra, dilation, groups)

    def y_shape(self, case: Case) -> tuple[int, ...]:
        """The shape of the result."""
        window, w = self.window(case), case.shapes["w"]
        if self.transposed:
            return (case.shapes["x"][0], w[1] * window.groups, *window.x_size)
        return (case.shapes["x"][0], w[0], *window.y_size)

    def forward(self, arrays: Arrays, case: Case, window: Window | None = None) -> Array:
        """The result, with b added at every position."""
        window, arrays = window or self.window(case), in_float64(arrays)
        contract = kernels.conv_x if self.transposed else kernels.conv_y
        with engine("numpy"):
            y = contract(arrays["x"], self.kernel(arrays["w"], case), window)
        return plus_bias(y, arrays.get("b"))

    def gradients(self, dy: Array, arrays: Arrays, case: Case) -> dict[str, Array]:
        """The gradients by argument."""
        window, arrays, dy = self.window(case), in_float64(arrays), dy.astype(float)
        return {
            "x": self.dx(dy, arrays["w"], case, window),
            "w": self.dw(dy, arrays["x"], case, window),
            "b": dy.sum((0, *range(2, dy.ndim))),
        }

    def dx(self, dy: Array, w: Array, case: Case, window: Window) -> Array:
        """The gradient of x for a window, which need not be this layer's window."""
        contract = kernels.conv_y if self.transposed else kernels.conv_x
        with engine("numpy"):
            return contract(dy, self.kernel(w, case), window)

    def dw(self, dy: Array, x: Array, case: Case, window: Window) -> Array:
        """The gradient of w for a window, which need not be this layer's window."""
        with engine("numpy"):
            dw = kernels.conv_w(dy, x, window) if self.transposed else kernels.conv_w(x, dy, window)
        return self.kernel(dw, case)

    def kernel(self, w: Array, case: Case) -> Array:
        """The kernel for rot180.kernels, rotated if the convention is "convolution". Applying this twice gives w
        again.
        """
        return rotated(w) if case.convention == "convolution" else w

    def counts(self, case: Case) -> dict[str, int]:
        """The numbers of cells and channels of the input and the kernel."""
        x, w = case.shapes["x"], case.shapes["w"]
        return {
            "input cells": int(np.prod(x)),
            "input channels": x[1],
            "kernel cells": int(np.prod(w[2:])),
        }

    # ---- the cases to try ----

    def cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield cases, simple ones first. `fixed` settings keep their values; `open_settings` vary."""
        attempts = ordinary_convolutions(self.axes)
        yield from possible(partial(self._case, a, fixed, open_settings, convention) for a in attempts)

    def edge_cases(self, fixed: Mapping[str, Any], open_settings: tuple[str, ...], convention: str) -> Iterator[Case]:
        """Yield edge cases: sizes and settings that code often treats separately."""
        attempts = edges_of_convolutions((*open_settings, *fixed))
        yield from existing(partial(self._case, a, fixed, open_settings, convention) for a in attempts)

    def _case(self, attempt: Attempt, fixed: Mapping[str, Any], open_settings: tuple[str, ...], kind: str) -> Case:
        settings = {**attempt.open(open_settings, self.axes), **fixed}
        x, k = attempt.x[: self.axes], attempt.kernel[: self.axes]
        kernel = settings.pop("kernel_size", None)
        if kernel is not None:
            k = per_axis(self.name, "kernel_size", kernel, self.axes)
        groups = int(settings.get("groups", 1))
        if self.transposed:  # y is larger than x, so x is made smaller
            square = self.axes > 1 and len(set(x)) == 1
            x = tuple((n + 1) // 2 if square else max(2, n // 2 + 1 - axis) for axis, n in enumerate(x))
            x = tuple(map(max, x, self._smallest_x(k, settings)))
        else:
            x = with_room(self.name, x, k, settings)
        channels, outputs = attempt.channels, attempt.outputs
        w = (channels * groups, outputs, *k) if self.transposed else (outputs * groups, channels, *k)
        shapes = {"x": (attempt.images, channels * groups, *x), "w": w, "b": (outputs * groups,)}
        case = Case(settings, shapes, kind, attempt.dtype, attempt.factor)
        self.window(case)
        return case

    def _smallest_x(self, kernel: Sizes, settings: Mapping[str, Any]) -> Sizes:
        """The smallest input of a transposed convolution for which its padding leaves a result, at most MOST_CELLS."""
        names, defaults = ("stride", "padding", "output_padding", "dilation"), (1, 0, 0, 1)
        values = [
            per_axis(self.name, n, settings.get(n, default), self.axes)
            for n, default in zip(names, defaults, strict=True)
        ]
        return tuple(
            min(MOST_CELLS, 1 + max(0, -(-(2 * p - d * (k - 1) - o) // s)))
            for k, s, p, o, d in zip(kernel, *values, strict=True)
        )

    def square(self, case: Case, *, images: bool) -> Case | None:
        """The case with square kernels, and with square images if `images`, for code that supports only these."""
        if not self.axes or "w" not in case.shapes:
            return None
        x, w = case.shapes["x"], case.shapes["w"]
        w = (*w[:2], *(max(w[2:]),) * self.axes)
        settings = case.settings
        if images:
            x = (*x[:2], *(max(x[2:]),) * self.axes)
        elif not self.transposed:
            x = (*x[:2], *with_room(self.name, x[2:], w[2:], settings))
        return self._if_possible(replace(case, shapes={**case.shapes, "x": x, "w": w}))

    def equal_channels(self, case: Case) -> Case | None:
        """The case with as many input as output channels, which hides a swapped weight."""
        if "w" not in case.shapes:
            return None
        x, w, groups = case.shapes["x"], case.shapes["w"], int(case.settings.get("groups", 1))
        share = max(min(x[1] // groups, w[1]), 2)
        shapes = {"x": (x[0], share * groups, *x[2:]), "w": (share * groups, share, *w[2:])}
        outputs = share * groups if self.transposed else shapes["w"][0]
        return replace(case, shapes={**shapes, "b": (outputs,)})

    def ones(self, case: Case, axes: Collection[str]) -> Case | None:
        """The case with one image ("N"), one channel of x ("C") or one channel of y ("F")."""
        if "w" not in case.shapes or not self.axes:
            return super().ones(case, axes)
        if {"C", "F"} & set(axes) and int(case.settings.get("groups", 1)) > 1:
            return None
        x, w = case.shapes["x"], case.shapes["w"]
        letters = "CF" if self.transposed else "FC"
        w = (*(1 if letter in axes else n for letter, n in zip(letters, w[:2], strict=True)), *w[2:])
        images, channels = (1 if letter in axes else n for letter, n in zip("NC", x[:2], strict=True))
        outputs = w[1] * int(case.settings.get("groups", 1)) if self.transposed else w[0]
        return replace(case, shapes={"x": (images, channels, *x[2:]), "w": w, "b": (outputs,)})

    def _if_possible(self, case: Case) -> Case | None:
        try:
            self.window(case)
        except ShapeError:
            return None
        return case

    def depthwise(self, case: Case) -> Case | None:
        """The case with one channel per group. If the case has a fixed number of groups, the number of channels
        changes.
        """
        groups = int(case.settings.get("groups", 0))
        if not self.axes or "w" not in case.shapes or groups == 1:
            return None
        x, w = case.shapes["x"], case.shapes["w"]
        channels = groups or x[1]
        shapes = {"x": (x[0], channels, *x[2:]), "w": (channels, 1, *w[2:]), "b": (channels,)}
        return replace(case, settings={**case.settings, "groups": channels}, shapes=shapes)

    def smaller(self, case: Case) -> Iterator[Case]:
        """Yield the case with one size less, for every size that can be reduced."""
        groups = int(case.settings.get("groups", 1))
        x, w = case.shapes["x"], case.shapes["w"]
        spatial = [(name, 2 + a) for name in ("x", "w") for a in range(self.axes)]
        for argument, axis in [("x", 0), ("w", 1), ("w", 0), *spatial]:
            step = int(argument == "x" or axis > 1)
            shapes = {"x": list(x), "w": list(w)}
            if not step and not self._fewer_channels(shapes, axis, groups):
                continue
            if step:
                shapes[argument][axis] -= step
            if min(*shapes["x"], *shapes["w"]) < 1:
                continue
            outputs = shapes["w"][1] * groups if self.transposed else shapes["w"][0]
            made = {"x": tuple(shapes["x"]), "w": tuple(shapes["w"]), "b": (outputs,)}
            less = replace(case, shapes=made)
            try:
                self.window(less)
            except ShapeError:
                continue
            yield less

    def _fewer_channels(self, shapes: dict[str, list[int]], axis: int, groups: int) -> bool:
        """Remove one channel of each group on `axis` of w, and on x if this axis holds the channels of x."""
        all_groups = axis == 0  # the first axis of w has the channels of all groups, the second those of one group
        shapes["w"][axis] -= groups if all_groups else 1
        if (axis == 0) == self.transposed:
            shapes["x"][1] -= groups
        return shapes["w"][axis] > 0


def with_room(op: str, x: Sizes, kernel: Sizes, settings: Mapping[str, Any]) -> Sizes:
    """The sizes of x, enlarged if the kernel would not fit.

    Raises ShapeError if x would have too many cells, because the checker may need a finite difference for each cell.
    """
    axes, padding = len(x), settings.get("padding", 0)
    if is_uneven(padding):
        return x
    steps, spread = (per_axis(op, s, settings.get(s, 1), axes) for s in ("stride", "dilation"))
    sizes: list[int] = []
    for n, k, p, s, d in zip(x, kernel, per_axis(op, "padding", padding, axes), steps, spread, strict=True):
        need = d * (k - 1) + 1 - 2 * p
        if need > max(n, _MOST_ROOM[axes]):
            raise ShapeError(
                f"{op}: a kernel of size {k} with dilation {d} and padding {p} needs {need} cells of x per axis, but "
                f"the checker uses at most {_MOST_ROOM[axes]}; use a smaller kernel or dilation"
            )
        sizes.append(n if n >= need else need + s * (1 + len(sizes)))
    return tuple(sizes)


def is_uneven(padding: Any) -> bool:
    """True if padding is 'same' or (before, after) per axis. The operation itself validates such values."""
    return isinstance(padding, str) or (isinstance(padding, tuple) and any(isinstance(p, tuple) for p in padding))


def rotated(w: Array) -> Array:
    """Rotate by 180 degrees: reverse every spatial axis."""
    return np.ascontiguousarray(np.flip(w, tuple(range(2, w.ndim))))


def plus_bias(y: Array, b: Array | None) -> Array:
    """Add b at every position. If b is None, return y."""
    return y if b is None else y + b.reshape(-1, *[1] * (y.ndim - 2))


def without_bias(arrays: Arrays) -> dict[str, Array]:
    """The arguments of the layer without b."""
    return {name: a for name, a in arrays.items() if name != "b"}


CONVOLUTIONS = {
    "conv1d": Convolution("conv1d", 1),
    "conv2d": Convolution("conv2d", 2),
    "conv3d": Convolution("conv3d", 3),
    "conv_transpose1d": Convolution("conv_transpose1d", 1, True),
    "conv_transpose2d": Convolution("conv_transpose2d", 2, True),
    "conv_transpose3d": Convolution("conv_transpose3d", 3, True),
    "linear": Convolution("linear", 0),
}
