"""Write a traced layer as source code for rot180 and for PyTorch.

The code has the placeholders {x}, {w}, {b} and {dy} instead of numbers. `fill` replaces them with numbers; the page
does the same with numbers that the user may have edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Array, Layer

_ARRAY, _TENSOR = "np.array({{{}}}, dtype=np.float64)", "torch.tensor({{{}}}, dtype=torch.float64)"


def code(layer: Layer, arrays: Mapping[str, Array]) -> dict[str, str]:
    """Code that computes y and the gradients from {x}, {w}, {b} and {dy}, as {"rot180": ..., "pytorch": ...}."""
    return {"rot180": _rot180(layer, arrays), "pytorch": _pytorch(layer, arrays)}


def _rot180(layer: Layer, arrays: Mapping[str, Array]) -> str:
    op, settings = layer.operation.name, _settings(layer, pairs=True)
    lines = ["import numpy as np", "", "import rot180", "import rot180.functional as F", ""]
    if layer.operation.pools:
        lines += [f"{name} = {_ARRAY.format(name)}" for name in ("x", "dy")]
        lines += ["", "x = rot180.tensor(x, requires_grad=True)"]
        lines += [f"y = F.{op}(x, {_tuple(layer.window.kernel)}{settings})", "y.backward(rot180.tensor(dy))"]
        return "\n".join([*lines, "dx = x.grad", ""])
    del lines[2]
    lines += [f"{name} = {_ARRAY.format(name)}" for name in ("x", "w", "b", "dy") if name in arrays]
    bias = ", b" if "b" in arrays else ""
    lines += ["", f"y = F.{op}(x, w{bias}{settings})", f"dx, dw, db = F.{op}_backward(dy, x, w{settings})"]
    return "\n".join([*lines, ""])


def _pytorch(layer: Layer, arrays: Mapping[str, Array]) -> str:
    operation = layer.operation
    uneven = any(before != after for before, after in layer.pads)
    lines = ["import torch", "import torch.nn.functional as F", ""]
    leaves = [name for name in ("x", "w", "b") if name in arrays]
    for name in (*leaves, "dy"):
        tensor = _TENSOR.format(name)
        lines.append(f"{name} = {tensor}" + (".requires_grad_()" if name in leaves else ""))
    lines.append("")
    image = "x"
    if uneven and not operation.transposed:  # PyTorch pads both ends equally; its F.pad starts with the last axis
        around = [size for pair in reversed(layer.pads) for size in pair]
        lines.append(f"padded = F.pad(x, {tuple(around)})")
        image = "padded"
    settings = _settings(layer, pairs=False)
    if operation.pools:
        lines.append(f"y = F.{operation.name}(x, {_tuple(layer.window.kernel)}{settings})")
    else:
        bias = ", b" if "b" in arrays and not (uneven and operation.transposed) else ""
        lines.append(f"y = F.{operation.name}({image}, w{bias}{settings})")
    if uneven and operation.transposed:  # compute without padding, then crop
        crops = zip(layer.pads, layer.y_size, strict=True)
        lines.append(f"y = y[..., {', '.join(f'{before}:{before + size}' for (before, _), size in crops)}]")
        if "b" in arrays:
            lines.append(f"y = y + b.reshape(-1{', 1' * operation.axes})")
    lines += [
        "y.backward(dy)",
        f"{', '.join('d' + name for name in leaves)} = {', '.join(f'{n}.grad' for n in leaves)}",
    ]
    return "\n".join([*lines, ""])


def _settings(layer: Layer, *, pairs: bool) -> str:
    """The settings that differ from their defaults, as keyword arguments."""
    window, pads = layer.window, layer.pads
    even = all(before == after for before, after in pads)
    settings: dict[str, Any] = {"stride": window.stride}
    if even:
        settings["padding"] = tuple(before for before, _ in pads)
    elif pairs:
        settings["padding"] = pads
    settings["output_padding"] = layer.output_padding
    settings |= {"dilation": window.dilation, "groups": window.groups}
    settings |= {"ceil_mode": layer.ceil_mode, "count_include_pad": layer.count_include_pad}
    if layer.operation.pools and window.stride == window.kernel:
        del settings["stride"]
    defaults: dict[str, Any] = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "output_padding": 0}
    defaults |= {"ceil_mode": False, "count_include_pad": True}
    keywords = []
    for name, value in settings.items():
        value = (
            value[0] if isinstance(value, tuple) and len(set(value)) == 1 and not isinstance(value[0], tuple) else value
        )
        if value != defaults[name] or (name == "stride" and layer.operation.pools):
            keywords.append(f", {name}={value}")
    return "".join(keywords)


def _tuple(sizes: tuple[int, ...]) -> str:
    return str(sizes[0] if len(set(sizes)) == 1 else sizes)


def fill(lines: str, arrays: Mapping[str, Array]) -> str:
    """The code with the numbers of these arrays in place of the placeholders."""
    for name in ("x", "w", "b", "dy"):
        if name in arrays:
            lines = lines.replace(f"{{{name}}}", _nested(arrays[name]))
    return lines


def _nested(a: Array) -> str:
    if a.ndim:
        return f"[{', '.join(_nested(part) for part in a)}]"
    value = float(a)
    return f"{value:.0f}" if value.is_integer() else repr(value)
