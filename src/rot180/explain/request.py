"""A request for a trace: the checked settings of a layer, from keyword arguments or from the JSON of a page.

A request is part of the trace and can be written as JSON. The page fills its controls from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..spelling import unknown_name
from ..window import Sizes, hashable, ints, per_axis, positive
from .errors import ExplainError
from .operations import Array, Arrays, Layer, Operation, find_operation
from .values import KINDS

MOST_SIDE = 1024  # an axis may have at most this many cells
MOST_SIZE = 1e100  # limit of absolute values, so that sums of products are finite: JSON has no infinity
ARRAYS = ("x", "w", "b", "dy")
SETTINGS = ("stride", "padding", "dilation", "output_padding", "groups", "ceil_mode", "count_include_pad")
FLAGS = ("bias", "ceil_mode", "count_include_pad")


@dataclass(frozen=True)
class Request:
    """The settings of a layer, and the values to fill its arrays with.

    Attributes:
        layer: the layer, with valid settings.
        images, channels, outputs: N, C and O.
        bias: True if the layer has a bias.
        values: "integers", "random" or "impulse", for the arrays that the user did not pass.
        seed: the seed of these values.
        user_arrays: the arrays that the user passed.
        padding: the padding as the user wrote it, so that "same" stays "same".
        selection: the requested samples "n" and channels "c" and "o", if any.
    """

    layer: Layer
    images: int
    channels: int
    outputs: int
    bias: bool
    values: str
    seed: int
    user_arrays: Arrays
    padding: Any
    selection: Mapping[str, list[int]] = field(default_factory=dict)

    def shapes(self) -> dict[str, Sizes]:
        """The shapes of the arrays x, w, b and dy; arrays that the operation does not have are left out."""
        layer = self.layer
        shapes: dict[str, Sizes] = {"x": (self.images, self.channels, *layer.x_size)}
        if not layer.operation.pools:
            shapes["w"] = weight_shape(
                layer.operation, self.channels, self.outputs, layer.window.groups, layer.window.kernel
            )
            if self.bias:
                shapes["b"] = (self.outputs,)
        return shapes | {"dy": (self.images, self.outputs, *layer.y_size)}

    def as_dict(self) -> dict[str, Any]:
        """The request as plain data. `user_arrays` holds names only; the arrays are in the trace."""
        operation = self.layer.operation
        settings = self.layer.settings(self.bias)
        data: dict[str, Any] = {
            "op": operation.name,
            "input": list(self.layer.x_size),
            **{name: settings[name] for name in ("kernel", *operation.settings)},
            "padding": self.padding,
            "channels": self.channels,
            "outputs": self.outputs,
            "images": self.images,
            "bias": self.bias,
            "values": self.values,
            "seed": self.seed,
            "user_arrays": sorted(self.user_arrays),
        }
        if self.padding == "same" and operation.transposed:
            data["output_padding"] = [0] * operation.axes
        if self.selection:
            data["selection"] = {name: list(indices) for name, indices in self.selection.items()}
        return data


def weight_shape(operation: Operation, channels: int, outputs: int, groups: int, kernel: Sizes) -> Sizes:
    """The shape of w: (O, C/G, *kernel), or (C, O/G, *kernel) for a transposed layer."""
    first, second = (channels, outputs) if operation.transposed else (outputs, channels)
    return (first, max(second // groups, 1), *kernel)


def request_from_keywords(op: Any, keywords: Mapping[str, Any]) -> Request:
    """Make a Request from the keyword arguments of `trace`. Raises ShapeError, DtypeError or ExplainError."""
    operation = find_operation(op)
    name = operation.name
    _check_names(operation, keywords)
    arrays = {key: _array(operation, key, keywords[key]) for key in ARRAYS if keywords.get(key) is not None}
    settings = {key: ints(hashable(keywords[key])) for key in SETTINGS if keywords.get(key) is not None}
    settings |= {key: _flag(name, key, keywords[key]) for key in FLAGS if keywords.get(key) is not None}
    groups = _count(name, "groups", settings.get("groups", 1)) or 1
    counts = {key: _count(name, key, keywords.get(key)) for key in ("images", "channels", "outputs")}
    x_shape, kernel = _sizes(operation, arrays, keywords)
    images = _size_on_axis(name, "images", counts["images"], x_shape, 0)
    channels, outputs = _channels(operation, arrays, counts, groups)
    x_shape = (images, channels, *x_shape[2:])
    bias = bool(settings.get("bias", False)) or "b" in arrays
    if operation.pools:
        w_shape: Sizes = (1, 1, *kernel)
    elif "w" in arrays:
        w_shape = arrays["w"].shape
    elif (outputs if operation.transposed else channels) % groups:
        what, count = ("outputs", outputs) if operation.transposed else ("channels", channels)
        raise ExplainError(f"trace: {name}: {what}={count} is not a multiple of groups={groups}")
    else:
        w_shape = weight_shape(operation, channels, outputs, groups, kernel)
    layer = Layer.from_settings(operation, x_shape, w_shape, arrays["b"].shape if "b" in arrays else None, settings)
    padding = settings.get("padding", 0)
    if not isinstance(padding, str):
        padding = [list(pair) for pair in layer.pads]
    return Request(
        layer, images, channels, outputs, bias, _values(keywords.get("values", "integers")),
        _seed(keywords.get("seed", 0)),
        arrays, padding, _selection(keywords.get("selection")),
    )  # fmt: skip


def request_from_page(request: Any) -> Request:
    """Make a Request from untrusted JSON, for example of a saved file. Raises the errors of `request_from_keywords`."""
    if not isinstance(request, Mapping):
        raise ExplainError(f"trace: a request must be a JSON object; got {type(request).__name__}")
    keywords = {key: value for key, value in request.items() if key not in ("op", "user_arrays", "file")}
    arrays = keywords.pop("arrays", None) or {}
    if not isinstance(arrays, Mapping) or not set(arrays) <= set(ARRAYS):
        raise ExplainError(f"trace: arrays must be a JSON object with {', '.join(ARRAYS)}; got {arrays!r:.80}")
    if "kernel" in keywords:
        keywords["kernel_size"] = keywords.pop("kernel")
    operation = find_operation(request.get("op"))
    for name in SETTINGS:  # a page may also send the settings of other operations
        if name not in operation.settings:
            keywords.pop(name, None)
    if operation.pools:
        keywords.pop("bias", None)
    return request_from_keywords(operation.name, {**keywords, **arrays})


KEYWORDS = (
    *("input", "kernel_size"), *SETTINGS, *("images", "channels", "outputs", "bias", "values", "seed", "selection"),
    *ARRAYS,
)  # fmt: skip


def _check_names(operation: Operation, keywords: Mapping[str, Any]) -> None:
    foreign = {name for name in SETTINGS if name not in operation.settings}
    foreign |= {"w", "b", "bias"} if operation.pools else set()
    for name, value in keywords.items():
        if name not in KEYWORDS:
            raise ExplainError(f"trace: {unknown_name('setting', name, KEYWORDS)}")
        if name in foreign and value is not None and value is not False:
            raise ExplainError(
                f"trace: {operation.name} has no setting {name}; its settings are {', '.join(operation.settings)}"
            )


def _flag(op: str, name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ExplainError(f"trace: {op}: {name} must be True or False; got {value!r:.80}")
    return bool(value)


def _array(operation: Operation, name: str, value: Any) -> Array:
    """The value as a float64 array with all axes: (H, W) is one sample of one channel, (C, H, W) one sample."""
    op, axes = operation.name, operation.axes
    ndim = 1 if name == "b" else axes + 2
    try:
        array = np.array(value.detach() if hasattr(value, "detach") else value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ExplainError(
            f"trace: {op}: {name} must be an array, or nested lists of equal length, of numbers"
        ) from None
    if array.ndim > ndim or (name != "b" and array.ndim < axes) or (name == "b" and array.ndim != 1):
        raise ExplainError(f"trace: {op}: {name} has shape {array.shape}; {ndim} dimensions are needed")
    array = array.reshape((1,) * (ndim - array.ndim) + array.shape)
    if not array.size or max(array.shape) > MOST_SIDE:
        raise ExplainError(f"trace: {op}: {name} has shape {array.shape}; 1 to {MOST_SIDE} cells per axis are needed")
    if not np.isfinite(array).all():
        raise ExplainError(f"trace: {op}: {name} has NaN or infinite values, which cannot be shown")
    if np.abs(array).max() > MOST_SIZE:
        raise ExplainError(
            f"trace: {op}: {name} has values up to {np.abs(array).max():.3g}; at most {MOST_SIZE:g} can be shown; "
            "scale it down"
        )
    return array


def _sizes(operation: Operation, arrays: Arrays, keywords: Mapping[str, Any]) -> tuple[Sizes, Sizes]:
    """The shape of x, with 0 for unknown N and C, and the kernel size. Arrays take precedence over keywords."""
    name, n = operation.name, operation.axes
    size, taps = keywords.get("input"), keywords.get("kernel_size")
    input_size = None if size is None else per_axis(name, "input", ints(hashable(size)), n)
    kernel_size = None if taps is None else per_axis(name, "kernel_size", ints(hashable(taps)), n)
    if "x" in arrays:
        x_shape = arrays["x"].shape
        if input_size is not None and input_size != x_shape[2:]:
            raise ExplainError(f"trace: {name}: x has shape {x_shape}, but input={input_size}; leave one of them out")
    else:
        x_shape = (0, 0, *(input_size or (5,) * n))
    kernel = arrays["w"].shape[2:] if "w" in arrays else kernel_size or (2 if operation.pools else 3,) * n
    if kernel_size is not None and kernel_size != kernel:
        raise ExplainError(
            f"trace: {name}: w has kernel size {kernel}, but kernel_size={kernel_size}; leave one of them out"
        )
    for what, sizes in (("input", x_shape[2:]), ("kernel_size", kernel)):
        if not all(1 <= size <= MOST_SIDE for size in sizes):
            raise ExplainError(f"trace: {name}: {what} must be 1 to {MOST_SIDE} per axis; got {sizes}")
    return x_shape, kernel


def _count(op: str, name: str, value: Any) -> int | None:
    if value is None:
        return None
    number = positive(f"trace: {op}", name, value)
    if number > MOST_SIDE:
        raise ExplainError(f"trace: {op}: {name} must be at most {MOST_SIDE}; got {number}")
    return number


def _size_on_axis(op: str, name: str, requested: int | None, shape: Sizes, axis: int) -> int:
    """The size of x on an axis, or the requested size. Raises ExplainError if they differ."""
    size = shape[axis]
    if size and requested not in (None, size):
        raise ExplainError(f"trace: {op}: x has shape {shape}, but {name}={requested}; leave {name} out")
    return size or requested or 1


def _channels(operation: Operation, arrays: Arrays, counts: Mapping[str, int | None], groups: int) -> tuple[int, int]:
    """C and O, from x and w if they were passed. Whether x and w fit together is checked later, by the layer."""
    name, x, w = operation.name, arrays.get("x"), arrays.get("w")
    requested, outputs = counts["channels"], counts["outputs"]
    from_w: tuple[int, int] | None = None
    if w is not None:
        first, second = w.shape[0], w.shape[1] * groups
        from_w = (first, second) if operation.transposed else (second, first)
    shape = x.shape if x is not None else (0, from_w[0] if from_w else 0)
    default = groups if requested is None and not shape[1] else None
    channels = _size_on_axis(name, "channels", requested if default is None else default, shape, 1)
    if operation.pools:
        if outputs not in (None, channels, 1):
            raise ExplainError(
                f"trace: {name}: outputs={outputs}, but pooling keeps the number of channels, {channels}"
            )
        return channels, channels
    if from_w and outputs not in (None, from_w[1]):
        raise ExplainError(f"trace: {name}: w has shape {w.shape if w is not None else ()}, but outputs={outputs}")
    return channels, from_w[1] if from_w else outputs or groups


def _values(value: Any) -> str:
    if value not in KINDS:
        raise ExplainError(f"trace: values must be one of {', '.join(KINDS)}; got {value!r:.80}")
    return str(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= value.__index__() < 1 << 53:
        raise ExplainError(f"trace: seed must be an int from 0 to 2**53 - 1; got {value!r:.80}")
    return int(value)


def _selection(value: Any) -> Mapping[str, list[int]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not set(value) <= {"n", "c", "o"}:
        raise ExplainError(f"trace: selection must be a dict with the keys n, c or o; got {value!r:.80}")
    selection = {}
    for name, numbers in value.items():
        numbers = [numbers] if hasattr(numbers, "__index__") else numbers
        if not isinstance(numbers, Sequence) or not numbers or not all(type(number) is int for number in numbers):
            raise ExplainError(f"trace: selection[{name!r}] must be a list of ints; got {numbers!r:.80}")
        selection[name] = sorted(set(numbers))
    return selection
