"""The size of a layer's output, as a formula in symbols and in numbers, axis by axis."""

from __future__ import annotations

from typing import Any

from .operations import Layer


def size_formulas(layer: Layer) -> list[dict[str, Any]]:
    """One entry per spatial axis: {axis, formula, numbers, exact, unused}.

    exact: the quotient before it is rounded, plus one. unused: the cells of the padded wide side, at its end, that no
    position of the window reaches. P and Q are sizes of y, H and W of x, R and S of the kernel; padding is
    "pad", since p is a row of y.
    """
    return [_of_axis(layer, axis) for axis in range(layer.window.ndim)]


def _of_axis(layer: Layer, axis: int) -> dict[str, Any]:
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
    found: dict[str, Any] = {"axis": layer.operation.letters["y"][2 + axis], "formula": "", "numbers": ""}
    if layer.operation.transposed:
        extra = layer.output_padding[axis]
        pads, padded = pads.format("-"), padded.format("-")
        found["formula"] = f"{result} = ({size} - 1)*s -{pads} + d*({step} - 1) + output_padding + 1"
        found["numbers"] = f"({x} - 1)*{s} -{padded} + {d}*({k} - 1) + {extra} + 1 = {y}"
        found["exact"] = y
    else:
        pads, padded = pads.format("+"), padded.format("+")
        rounding = "ceil" if layer.ceil_mode else "floor"
        over = f"{x} +{padded} - {d}*({k} - 1) - 1"
        exact = (x + before + after - need) / s + 1
        positions = -(-(x + before + after - need) // s) + 1 if layer.ceil_mode else y
        late = " - 1" if positions > y else ""  # ceil_mode: the last window would start in the padding after x
        found["formula"] = f"{result} = {rounding}(({size} +{pads} - d*({step} - 1) - 1) / s) + 1{late}"
        found["numbers"] = f"{rounding}(({over}) / {s}) + 1{late} = {y}"
        found["exact"] = exact
    found["unused"] = max(wide + before + after - window.spans[axis], 0)
    return found
