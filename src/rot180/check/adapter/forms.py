"""The class `Form`: the shapes and types in which the user's code takes its arrays and settings.

    Form()                                              as in PyTorch: x (N, C, H, W), w (out, in, kh, kw), b (out,)
    Form(weight="last")                                 w (kh, kw, in, out)
    Form(absent=frozenset("N"), vectors="column")       one image x (C, H, W), and b (out, 1)
    Form(per_axis=frozenset({"stride"}))                stride (1, 1), but padding 0

running/form_search.py finds the form that the user's code expects. The checker itself uses (N, C, *spatial), and
PyTorch's layout for weights. `to_user` converts the checker's arrays to the form, and `from_user` converts them back.

Internal to check/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..operations import Definition
from ..operations.case import Array
from .code import Refused
from .foreign_arrays import to_numpy

VECTORS = ("b", "gamma", "beta")
SPATIAL = "XYZ"


@dataclass(frozen=True)
class Form:
    """How arrays and settings are passed.

    Attributes:
        layout: "channels_first", "channels_last", "bare" (one matrix each, b a number), or "columns" (samples in
            columns, for linear layers).
        weight: the order of the axes of w. "" is PyTorch's order, or (*kernel, in, out) if the layout is channels_last.
            "swapped" exchanges the two channel axes. "last" is (*kernel, in, out) with channels_first. With
            channels_last, "first" is PyTorch's order and "outputs_first" is (out, *kernel, in).
        absent: the axes that the arrays do not have, because their size is 1: "N" images, "C" channels of x, "F"
            channels of y.
        vectors: the shape of b, gamma and beta: "flat" (C,), "row" (1, C), "column" (C, 1), "planes" (C, 1, 1),
            "broadcast" (1, C, 1, 1) or (1, 1, 1, C), or "number".
        one_hot: True if labels are passed as one-hot rows (N, C).
        per_axis: the settings that are passed as one number per axis.
    """

    layout: str = "channels_first"
    weight: str = ""
    absent: frozenset[str] = frozenset()
    vectors: str = "flat"
    one_hot: bool = False
    per_axis: frozenset[str] = frozenset()

    def to_user(self, definition: Definition, argument: str, a: Array, x_ndim: int) -> Any:
        """Convert an array of the checker to this form. Returns a copy.

        Args:
            x_ndim: the number of axes of x in the checker, which determines the shapes of b, gamma and beta.

        Raises:
            Refused: if the array does not fit the form, as a dy in the shape of a wrong y may not.
        """
        if argument in VECTORS:
            if self.vectors == "number":
                return float(a[0])
            return a.copy() if self.vectors == "flat" else a.copy().reshape(self.vector_shape(x_ndim))
        if a.ndim < 2:
            return a[()] if a.ndim == 0 else a.copy()
        axes = self._axes(definition, argument, a.ndim)
        present, user_axes = self._present(axes), self._order(definition, argument, axes)
        sizes = [n for n, axis in zip(a.shape, axes, strict=False) if axis in present]
        if len(axes) != a.ndim or len(user_axes) != len(present) or np.prod(sizes, dtype=int) != a.size:
            raise Refused(f"an array of shape {a.shape} cannot be passed as {argument}")
        squeezed = a.reshape(sizes)
        order = [present.index(axis) for axis in user_axes]
        return np.transpose(squeezed, order).copy() if order else squeezed[()]

    def from_user(self, definition: Definition, argument: str, value: Any, ndim: int, x_ndim: int) -> Array:
        """Convert an array that the code returned to the checker's layout, if it has the expected number of axes.

        Args:
            ndim, x_ndim: the numbers of axes of this array and of x in the checker.
        """
        array = np.array(to_numpy(value))  # a copy, because it may be a buffer that the next call changes
        if ndim == 0:
            return array.reshape(()) if array.size == 1 else array
        if argument in VECTORS:
            return array.reshape(-1) if self.vectors != "flat" and self.is_vector(array, x_ndim) else array
        if ndim < 2:
            return array
        axes = self._axes(definition, argument, ndim)
        order = self._order(definition, argument, axes)
        if array.ndim != len(order):
            return array
        restored = np.transpose(array, [order.index(axis) for axis in self._present(axes)])
        sizes = iter(restored.shape)
        return restored.reshape([1 if axis in self.absent else next(sizes) for axis in axes])

    # ---- the axes of an array, by letters ----

    def _axes(self, definition: Definition, argument: str, ndim: int) -> str:
        """The axes of an array in the checker's order, one letter for each."""
        spatial = SPATIAL[: ndim - 2]
        if argument == "w":
            return ("CF" if definition.transposed else "FC") + spatial
        return ("NF" if argument == "y" and "w" in definition.arguments else "NC") + spatial

    def _order(self, definition: Definition, argument: str, axes: str) -> str:
        """The axes of an array in the order of the code, without the absent ones."""
        first, second, spatial = axes[0], axes[1], axes[2:]
        last = self.layout == "channels_last"
        if argument == "w":
            order = {
                "": spatial + second + first if last else axes,
                "swapped": spatial + first + second if last else second + first + spatial,
                "last": spatial + second + first,
                "first": axes,
                "outputs_first": first + spatial + second,
            }[self.weight]
        elif self.layout == "columns":
            order = second + first
        else:
            order = first + spatial + second if last else axes
        return "".join(axis for axis in order if axis not in self.absent)

    def _present(self, axes: str) -> str:
        return "".join(axis for axis in axes if axis not in self.absent)

    # ---- vectors ----

    def vector_shape(self, ndim: int) -> tuple[int, ...]:
        """The shape of a vector for an x of this many axes, as an argument of reshape."""
        ones = (1,) * (ndim - 2)
        return {
            "row": (1, -1),
            "column": (-1, 1),
            "planes": (-1, *ones),
            "broadcast": (1, *ones, -1) if self.layout == "channels_last" else (1, -1, *ones),
        }.get(self.vectors, (-1,))

    def is_vector(self, array: Array, x_ndim: int) -> bool:
        """True if a gradient has the shape in which b, gamma or beta is passed."""
        if self.vectors == "number":
            return array.size == 1
        form = self.vector_shape(x_ndim)
        return array.ndim == len(form) and all(n == 1 for n, axis in zip(array.shape, form, strict=True) if axis == 1)
