"""The operations that can be traced: their settings, their windows, and their results by `rot180.functional`.

A `Layer` is one operation with its settings and the window that they give: in the layer's vocabulary, x in, y out. On
a transposed layer x is the narrow side of the window and y the wide one. Nothing is computed here: the values come from
the layer functions that users call, and the triples (`trace.py`) must sum to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import functional as F
from ..functional.conv_arguments import plain_window, transposed_window
from ..functional.pool import pool_divisor, pool_window
from ..kernels.engines import block
from ..spelling import unknown_name
from ..tape import Tensor
from ..tape.modes import enable_grad
from ..window import Sizes, Window, pads_per_axis
from .errors import ExplainError

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]
Pads = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Operation:
    """One kind of layer.

    Attributes:
        name: as in rot180.functional.  axes: spatial ones.  family: "conv", "transposed", "max" or "average".
    """

    name: str
    axes: int
    family: str

    @property
    def transposed(self) -> bool:
        """Whether x is the narrow side."""
        return self.family == "transposed"

    @property
    def pools(self) -> bool:
        """Whether it has no weights."""
        return self.family in ("max", "average")

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of its settings, besides the kernel's size, as PyTorch calls them."""
        return {
            "conv": ("stride", "padding", "dilation", "groups"),
            "transposed": ("stride", "padding", "output_padding", "groups", "dilation"),
            "max": ("stride", "padding", "dilation", "ceil_mode"),
            "average": ("stride", "padding", "ceil_mode", "count_include_pad"),
        }[self.family]

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        """The names of the axes of each array."""
        space, steps, result = (letters[-self.axes :] for letters in ("hw", "rs", "pq"))
        channels = ("c", "o") if self.transposed else ("o", "c")
        letters = {"x": ("n", "c", *space), "y": ("n", "c" if self.pools else "o", *result)}
        if not self.pools:
            letters |= {"w": (*channels, *steps), "b": ("o",), "dw": (*channels, *steps), "db": ("o",)}
        return letters | {"dx": letters["x"], "dy": letters["y"]}


OPERATIONS = {
    operation.name: operation
    for axes in (1, 2)
    for operation in (
        Operation(f"conv{axes}d", axes, "conv"),
        Operation(f"conv_transpose{axes}d", axes, "transposed"),
        Operation(f"max_pool{axes}d", axes, "max"),
        Operation(f"avg_pool{axes}d", axes, "average"),
    )
}


def find(op: Any) -> Operation:
    """The operation of this name, with dashes or underscores; ExplainError if there is none."""
    found = OPERATIONS.get(op.replace("-", "_")) if isinstance(op, str) else None
    if found is None:
        raise ExplainError(f"trace: {unknown_name('operation', op, OPERATIONS)}")
    return found


@dataclass(frozen=True)
class Layer:
    """An operation with settings that fit together, every one in its longest form.

    Attributes:
        window: with x's size as the wide side.  pads: (before, after) per axis; the window knows the first only.
        output_padding: of a transposed layer; zeros elsewhere.
    """

    operation: Operation
    window: Window
    pads: Pads
    output_padding: Sizes
    ceil_mode: bool = False
    count_include_pad: bool = True

    @classmethod
    def made(
        cls, operation: Operation, x_shape: Sizes, w_shape: Sizes, b_shape: Sizes | None, settings: Mapping[str, Any]
    ) -> Layer:
        """Of hashable settings in any form that the layer function takes, with all its complaints.

        For a pool, `w_shape` is (1, 1, *kernel).
        """
        op, n, kernel = operation.name, operation.axes, w_shape[2:]
        stride, padding = settings.get("stride", 1), settings.get("padding", 0)
        dilation, groups = settings.get("dilation", 1), settings.get("groups", 1)
        extra: Sizes = (0,) * n
        if operation.pools:
            padding = _of_pool(padding)
            ceil_mode, include = settings.get("ceil_mode", False), settings.get("count_include_pad", True)
            window = pool_window(op, n, x_shape, kernel, settings.get("stride"), padding, dilation, ceil_mode)
            pads = pads_per_axis(op, padding, window.x_size, kernel, window.stride, window.dilation)
            return cls(operation, window, pads, extra, ceil_mode, include)
        if operation.transposed:
            asked = settings.get("output_padding", 0)
            window = transposed_window(
                op, n, x_shape, w_shape, b_shape, stride, padding, asked, dilation, groups
            )  # fmt: skip
        else:
            window = plain_window(op, n, x_shape, w_shape, b_shape, stride, padding, dilation, groups)
        pads = pads_per_axis(op, padding, window.x_size, kernel, window.stride, window.dilation)
        if operation.transposed:  # what is left of the wide side is the output padding; "same" has one of its own
            extra = tuple(
                x + before + after - span
                for x, (before, after), span in zip(window.x_size, pads, window.spans, strict=True)
            )
        return cls(operation, window, pads, extra)

    @property
    def x_size(self) -> Sizes:
        """Of the layer's input."""
        return self.window.y_size if self.operation.transposed else self.window.x_size

    @property
    def y_size(self) -> Sizes:
        """Of the layer's output."""
        return self.window.x_size if self.operation.transposed else self.window.y_size

    def settings(self, bias: bool) -> dict[str, Any]:
        """As plain data: lists, one entry per axis."""
        w = self.window
        found: dict[str, Any] = {
            "kernel": list(w.kernel),
            "stride": list(w.stride),
            "padding": [list(pair) for pair in self.pads],
            "dilation": list(w.dilation),
            "groups": w.groups,
            "bias": bias,
        }
        if self.operation.transposed:
            found["output_padding"] = list(self.output_padding)
        if self.operation.pools:
            found |= {"ceil_mode": self.ceil_mode, "count_include_pad": self.count_include_pad}
        return found

    def divisor(self) -> Array:
        """What each position of an average pool divides by."""
        pads = tuple(before for before, _ in self.pads)
        return np.asarray(pool_divisor(self.window, pads, self.count_include_pad, None))

    def results(self, arrays: Mapping[str, Array]) -> Arrays:
        """y, dx and, where there are weights, dw and db, from x, w, b and dy (float64)."""
        operation, w = self.operation, self.window
        function = getattr(F, operation.name)
        with block("numpy"), enable_grad():
            if operation.pools:
                return self._pooled(function, arrays)
            given: dict[str, Any] = {"stride": w.stride, "padding": self.pads, "dilation": w.dilation}
            given["groups"] = w.groups
            if operation.transposed:
                given["output_padding"] = self.output_padding
            x, weight, b, dy = (arrays.get(name) for name in ("x", "w", "b", "dy"))
            y = function(x, weight, b, **given)
            dx, dw, db = getattr(F, f"{operation.name}_backward")(dy, x, weight, **given)
        return {"y": y, "dx": dx, "dw": dw} | ({} if b is None else {"db": db})

    def _pooled(self, function: Any, arrays: Mapping[str, Array]) -> Arrays:
        w, pads = self.window, tuple(before for before, _ in self.pads)
        given: dict[str, Any] = {"stride": w.stride, "padding": pads, "ceil_mode": self.ceil_mode}
        if self.operation.family == "max":
            given["dilation"] = w.dilation
        else:
            given["count_include_pad"] = self.count_include_pad
        x = Tensor(arrays["x"], requires_grad=True)
        y = function(x, w.kernel, **given)
        y.backward(Tensor(arrays["dy"]))
        assert x.grad is not None
        return {"y": y.data, "dx": x.grad.data}


def _of_pool(padding: Any) -> Any:
    """A pool's padding is the same on both ends; pairs that say so are taken, others are the pool's to refuse."""
    if isinstance(padding, tuple) and all(isinstance(p, tuple) and len(p) == 2 and p[0] == p[1] for p in padding):
        return tuple(before for before, _ in padding)
    return padding
