"""The operations that can be traced, and `Layer`: an operation with its settings and window.

In this file, x is the layer's input and y its output. In a transposed layer the window slides over y, and x has one
cell per window position. The public functions of `rot180.functional` compute the results, which equal the sums over the
triples (`trilinear.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import functional as F
from ..functional.conv_arguments import plain_window, transposed_window
from ..functional.pool import pool_divisor, pool_window
from ..kernels.dispatch import engine
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
    """A kind of layer.

    Attributes:
        name: the function's name in rot180.functional.
        axes: the number of spatial axes.
        family: "conv", "transposed", "max" or "average".
    """

    name: str
    axes: int
    family: str

    @property
    def transposed(self) -> bool:
        """True for a transposed convolution, whose window slides over y."""
        return self.family == "transposed"

    @property
    def pools(self) -> bool:
        """True for pooling, which has no weights."""
        return self.family in ("max", "average")

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of the operation's settings, as in PyTorch, without the kernel size."""
        return {
            "conv": ("stride", "padding", "dilation", "groups"),
            "transposed": ("stride", "padding", "output_padding", "groups", "dilation"),
            "max": ("stride", "padding", "dilation", "ceil_mode"),
            "average": ("stride", "padding", "ceil_mode", "count_include_pad"),
        }[self.family]

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        """The letter of each axis of each array. The letters s and w are not used, because they mean the stride and the
        kernel.
        """
        space, steps, result = (letters[-self.axes :] for letters in ("ij", "uv", "pq"))
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


def find_operation(op: Any) -> Operation:
    """The operation with this name, written with dashes or underscores. Raises ExplainError for an unknown name."""
    operation = OPERATIONS.get(op.replace("-", "_")) if isinstance(op, str) else None
    if operation is None:
        raise ExplainError(f"trace: {unknown_name('operation', op, OPERATIONS)}")
    return operation


@dataclass(frozen=True)
class Layer:
    """An operation with valid settings, each given per axis.

    Attributes:
        operation: the kind of layer.
        window: the geometry; the window slides over x, or over y in a transposed layer.
        pads: (before, after) per axis; the window stores only the padding before.
        output_padding: one int per axis; zeros unless the layer is transposed.
        ceil_mode, count_include_pad: settings of pooling.
    """

    operation: Operation
    window: Window
    pads: Pads
    output_padding: Sizes
    ceil_mode: bool = False
    count_include_pad: bool = True

    @classmethod
    def from_settings(
        cls, operation: Operation, x_shape: Sizes, w_shape: Sizes, b_shape: Sizes | None, settings: Mapping[str, Any]
    ) -> Layer:
        """Build a layer from hashable settings, in any form that the layer function accepts. If that function would
        reject the settings, the same error is raised.

        For pooling, `w_shape` is (1, 1, *kernel).
        """
        op, n, kernel = operation.name, operation.axes, w_shape[2:]
        stride, padding = settings.get("stride", 1), settings.get("padding", 0)
        dilation, groups = settings.get("dilation", 1), settings.get("groups", 1)
        extra: Sizes = (0,) * n
        if operation.pools:
            padding = _pool_padding(padding)
            ceil_mode, include = settings.get("ceil_mode", False), settings.get("count_include_pad", True)
            window = pool_window(op, n, x_shape, kernel, settings.get("stride"), padding, dilation, ceil_mode)
            pads = pads_per_axis(op, padding, window.x_size, kernel, window.stride, window.dilation)
            return cls(operation, window, pads, extra, ceil_mode, include)
        if operation.transposed:
            output_padding = settings.get("output_padding", 0)
            window = transposed_window(
                op, n, x_shape, w_shape, b_shape, stride, padding, output_padding, dilation, groups
            )  # fmt: skip
        else:
            window = plain_window(op, n, x_shape, w_shape, b_shape, stride, padding, dilation, groups)
        pads = pads_per_axis(op, padding, window.x_size, kernel, window.stride, window.dilation)
        if operation.transposed:  # output cells that padding and spans do not explain are output padding
            extra = tuple(
                x + before + after - span
                for x, (before, after), span in zip(window.x_size, pads, window.spans, strict=True)
            )
        return cls(operation, window, pads, extra)

    @property
    def x_size(self) -> Sizes:
        """The spatial size of the layer's input."""
        return self.window.y_size if self.operation.transposed else self.window.x_size

    @property
    def y_size(self) -> Sizes:
        """The spatial size of the layer's output."""
        return self.window.x_size if self.operation.transposed else self.window.y_size

    def settings(self, bias: bool) -> dict[str, Any]:
        """The settings as plain data, with one entry per axis."""
        w = self.window
        settings: dict[str, Any] = {
            "kernel": list(w.kernel),
            "stride": list(w.stride),
            "padding": [list(pair) for pair in self.pads],
            "dilation": list(w.dilation),
            "groups": w.groups,
            "bias": bias,
        }
        if self.operation.transposed:
            settings["output_padding"] = list(self.output_padding)
        if self.operation.pools:
            settings |= {"ceil_mode": self.ceil_mode, "count_include_pad": self.count_include_pad}
        return settings

    def divisor(self) -> Array:
        """The divisor of an average pool at each position of y."""
        pads = tuple(before for before, _ in self.pads)
        return np.asarray(pool_divisor(self.window, pads, self.count_include_pad, None))

    def results(self, arrays: Mapping[str, Array]) -> Arrays:
        """Compute y, dx and, if there are weights, dw and db from float64 arrays x, w, b and dy."""
        operation, w = self.operation, self.window
        function = getattr(F, operation.name)
        with engine("numpy"), enable_grad():
            if operation.pools:
                return self._pool_results(function, arrays)
            settings: dict[str, Any] = {"stride": w.stride, "padding": self.pads, "dilation": w.dilation}
            settings["groups"] = w.groups
            if operation.transposed:
                settings["output_padding"] = self.output_padding
            x, weight, b, dy = (arrays.get(name) for name in ("x", "w", "b", "dy"))
            y = function(x, weight, b, **settings)
            dx, dw, db = getattr(F, f"{operation.name}_backward")(dy, x, weight, **settings)
        return {"y": y, "dx": dx, "dw": dw} | ({} if b is None else {"db": db})

    def _pool_results(self, function: Any, arrays: Mapping[str, Array]) -> Arrays:
        w, pads = self.window, tuple(before for before, _ in self.pads)
        settings: dict[str, Any] = {"stride": w.stride, "padding": pads, "ceil_mode": self.ceil_mode}
        if self.operation.family == "max":
            settings["dilation"] = w.dilation
        else:
            settings["count_include_pad"] = self.count_include_pad
        x = Tensor(arrays["x"], requires_grad=True)
        y = function(x, w.kernel, **settings)
        y.backward(Tensor(arrays["dy"]))
        assert x.grad is not None
        return {"y": y.data, "dx": x.grad.data}


def _pool_padding(padding: Any) -> Any:
    """Convert pairs of equal numbers to single numbers, which pooling accepts. Pooling rejects other pairs."""
    if isinstance(padding, tuple) and all(isinstance(p, tuple) and len(p) == 2 and p[0] == p[1] for p in padding):
        return tuple(before for before, _ in padding)
    return padding
