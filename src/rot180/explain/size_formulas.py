"""The formula of a layer's output size, in symbols and in numbers, for each axis."""

from __future__ import annotations

from typing import Any

from .operations import Layer


def size_formulas(layer: Layer) -> list[dict[str, Any]]:
    """One entry per spatial axis: {"axis", "formula", "numbers", "exact", "unused"}.

    `exact` is the size before rounding. `unused` is the number of cells at the end of the padded wide side that no
    window covers. x has the sizes H and W, y the sizes P and Q, and the kernel R and S. Padding is written
    "pad", because p is the row of a cell of y.
    """
    return [_formula(layer, axis) for axis in range(layer.window.ndim)]


def _formula(layer: Layer, axis: int) -> dict[str, Any]:
    window = layer.window
    row = axis + 2 - window.ndim
    size, step, result = "HW"[row], "RS"[row], "PQ"[row]
    x, y, k = layer.x_size[axis], layer.y_size[axis], window.kernel[axis]
    s, d, (before, after) = window.stride[axis], window.dilation[axis], layer.pads[axis]
    pads, padded = (" 2*pad", f" 2*{before}")
    if before != after:
        pads, padded = " pad1 {} pad2", f" {before} {{}} {after}"
    need = d * (k - 1) + 1
    wide = layer.y_size[axis] if layer.operation.transposed else x
    entry: dict[str, Any] = {"axis": layer.operation.letters["y"][2 + axis], "formula": "", "numbers": ""}
    if layer.operation.transposed:
        extra = layer.output_padding[axis]
        pads, padded = pads.format("-"), padded.format("-")
        entry["formula"] = f"{result} = ({size} - 1)*s -{pads} + d*({step} - 1) + output_padding + 1"
        entry["numbers"] = f"({x} - 1)*{s} -{padded} + {d}*({k} - 1) + {extra} + 1 = {y}"
        entry["exact"] = y
    else:
        pads, padded = pads.format("+"), padded.format("+")
        rounding = "ceil" if layer.ceil_mode else "floor"
        over = f"{x} +{padded} - {d}*({k} - 1) - 1"
        exact = (x + before + after - need) / s + 1
        positions = -(-(x + before + after - need) // s) + 1 if layer.ceil_mode else y
        late = " - 1" if positions > y else ""  # ceil_mode: a window in the padding after x is dropped
        entry["formula"] = f"{result} = {rounding}(({size} +{pads} - d*({step} - 1) - 1) / s) + 1{late}"
        entry["numbers"] = f"{rounding}(({over}) / {s}) + 1{late} = {y}"
        entry["exact"] = exact
    entry["unused"] = max(wide + before + after - window.spans[axis], 0)
    return entry
