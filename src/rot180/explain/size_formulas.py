"""The formula of a layer's output size, in words and in numbers, for each axis."""

from __future__ import annotations

from typing import Any

from .operations import Layer


def size_formulas(layer: Layer) -> list[dict[str, Any]]:
    """One entry per spatial axis: {"axis", "formula", "numbers", "exact", "unused"}.

    The formula uses the names of PyTorch's arguments. `exact` is the size before rounding. `unused` is the number of
    cells at the end of the padded axis that no window covers.
    """
    return [_formula(layer, axis) for axis in range(layer.window.ndim)]


def _formula(layer: Layer, axis: int) -> dict[str, Any]:
    window = layer.window
    x, y, k = layer.x_size[axis], layer.y_size[axis], window.kernel[axis]
    s, d, (before, after) = window.stride[axis], window.dilation[axis], layer.pads[axis]
    sign = "-" if layer.operation.transposed else "+"
    pads, padded = "2*padding", f"2*{before}"
    if before != after:
        pads, padded = f"padding_before {sign} padding_after", f"{before} {sign} {after}"
    entry: dict[str, Any] = {"axis": layer.operation.letters["y"][2 + axis], "formula": "", "numbers": ""}
    if layer.operation.transposed:
        extra, wide = layer.output_padding[axis], y
        entry["formula"] = f"output = (input - 1)*stride - {pads} + dilation*(kernel - 1) + output_padding + 1"
        entry["numbers"] = f"({x} - 1)*{s} - {padded} + {d}*({k} - 1) + {extra} + 1 = {y}"
        entry["exact"] = y
    else:
        rounding, wide, room = "ceil" if layer.ceil_mode else "floor", x, x + before + after - d * (k - 1) - 1
        positions = -(-room // s) + 1 if layer.ceil_mode else y
        late = " - 1" if positions > y else ""  # with ceil_mode, a window that starts in the padding after x is dropped
        entry["formula"] = f"output = {rounding}((input + {pads} - dilation*(kernel - 1) - 1) / stride) + 1{late}"
        entry["numbers"] = f"{rounding}(({x} + {padded} - {d}*({k} - 1) - 1) / {s}) + 1{late} = {y}"
        entry["exact"] = room / s + 1
    entry["unused"] = max(wide + before + after - window.spans[axis], 0)
    return entry
