"""What somebody asks to have traced, from keywords or from a page, in one plain form.

The form is JSON: it goes into the trace, so that a page can put it back into its controls and ask for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..window import Sizes, hashable, ints, per_axis, positive
from .errors import ExplainError
from .operations import Array, Arrays, Layer, Operation, find
from .values import KINDS

MOST_SIDE = 1024  # of an axis: more than any picture can show, and little enough to refuse at once
MOST_SIZE = 1e100  # of a number: the sums of their products stay finite, which JSON needs
ARRAYS = ("x", "w", "b", "dy")
SETTINGS = ("stride", "padding", "dilation", "output_padding", "groups", "ceil_mode", "count_include_pad")
FLAGS = ("bias", "ceil_mode", "count_include_pad")


@dataclass(frozen=True)
class Request:
    """A layer and where its numbers come from.

    Attributes:
        layer: with every complaint about its settings made.
        images, channels, outputs: N, C and O.  bias: whether there is one.
        values: "integers", "random" or "impulse", for the arrays that are not `given`.  seed: of these.
        pictured: {"n", "c", "o"}: the samples and channels asked for, if any.
        padding: as it was asked for ("same" stays "same").
    """

    layer: Layer
    images: int
    channels: int
    outputs: int
    bias: bool
    values: str
    seed: int
    given: Arrays
    padding: Any
    pictured: Mapping[str, list[int]] = field(default_factory=dict)

    def shapes(self) -> dict[str, Sizes]:
        """Of x, w, b and dy, as far as the operation has them."""
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
        """As JSON; `given` names the arrays that came with it, which are in the trace."""
        operation = self.layer.operation
        settings = self.layer.settings(self.bias)
        found: dict[str, Any] = {
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
            "given": sorted(self.given),
        }
        if self.padding == "same" and operation.transposed:
            found["output_padding"] = [0] * operation.axes
        if self.pictured:
            found["pictured"] = {name: list(numbers) for name, numbers in self.pictured.items()}
        return found


def weight_shape(operation: Operation, channels: int, outputs: int, groups: int, kernel: Sizes) -> Sizes:
    """(O, C/G, *kernel), or (C, O/G, *kernel) for a transposed layer."""
    first, second = (channels, outputs) if operation.transposed else (outputs, channels)
    return (first, max(second // groups, 1), *kernel)


def ask(op: Any, given: Mapping[str, Any]) -> Request:
    """A Request from keywords: those of `trace`. Raises ShapeError, DtypeError or ExplainError."""
    operation = find(op)
    name = operation.name
    _only_known(operation, given)
    arrays = {key: _array(operation, key, given[key]) for key in ARRAYS if given.get(key) is not None}
    settings = {key: ints(hashable(given[key])) for key in SETTINGS if given.get(key) is not None}
    settings |= {key: _flag(name, key, given[key]) for key in FLAGS if given.get(key) is not None}
    groups = _count(name, "groups", settings.get("groups", 1)) or 1
    counts = {key: _count(name, key, given.get(key)) for key in ("images", "channels", "outputs")}
    x_shape, kernel = _sizes(operation, arrays, given)
    images = _agree(name, "images", counts["images"], x_shape, 0)
    channels, outputs = _channels(operation, arrays, counts, groups)
    x_shape = (images, channels, *x_shape[2:])
    bias = bool(settings.get("bias", False)) or "b" in arrays
    if operation.pools:
        w_shape: Sizes = (1, 1, *kernel)
    elif "w" in arrays:
        w_shape = arrays["w"].shape
    elif (outputs if operation.transposed else channels) % groups:
        what, count = ("outputs", outputs) if operation.transposed else ("channels", channels)
        raise ExplainError(f"trace: {name}: {what} is {count}; groups={groups} must divide it")
    else:
        w_shape = weight_shape(operation, channels, outputs, groups, kernel)
    layer = Layer.made(operation, x_shape, w_shape, arrays["b"].shape if "b" in arrays else None, settings)
    asked = settings.get("padding", 0)
    padding = asked if isinstance(asked, str) else [list(pair) for pair in layer.pads]
    return Request(
        layer, images, channels, outputs, bias, _values(given.get("values", "integers")), _seed(given.get("seed", 0)),
        arrays, padding, _pictured(given.get("pictured")),
    )  # fmt: skip


def from_page(request: Any) -> Request:
    """A Request from what a page sent: JSON of any kind."""
    if not isinstance(request, Mapping):
        raise ExplainError(f"trace: a request must be an object; got {type(request).__name__}")
    asked = {key: value for key, value in request.items() if key not in ("op", "given", "file")}
    arrays = asked.pop("arrays", None) or {}
    if not isinstance(arrays, Mapping) or not set(arrays) <= set(ARRAYS):
        raise ExplainError(f"trace: arrays must be an object with {', '.join(ARRAYS)}; got {arrays!r:.80}")
    if "kernel" in asked:
        asked["kernel_size"] = asked.pop("kernel")
    operation = find(request.get("op"))
    for name in SETTINGS:  # the controls of other operations may be sent along
        if name not in operation.settings:
            asked.pop(name, None)
    if operation.pools:
        asked.pop("bias", None)
    return ask(operation.name, {**asked, **arrays})


KEYWORDS = (
    *("input", "kernel_size"), *SETTINGS, *("images", "channels", "outputs", "bias", "values", "seed", "pictured"),
    *ARRAYS,
)  # fmt: skip


def _only_known(operation: Operation, given: Mapping[str, Any]) -> None:
    foreign = {name for name in SETTINGS if name not in operation.settings}
    foreign |= {"w", "b", "bias"} if operation.pools else set()
    for name, value in given.items():
        if name not in KEYWORDS:
            raise ExplainError(f"trace: there is no setting {name!r:.80}; there are {', '.join(KEYWORDS)}")
        if name in foreign and value is not None and value is not False:
            raise ExplainError(f"trace: {operation.name} has no {name}; it takes {', '.join(operation.settings)}")


def _flag(op: str, name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ExplainError(f"trace: {op}: {name} must be True or False; got {value!r:.80}")
    return bool(value)


def _array(operation: Operation, name: str, value: Any) -> Array:
    """As float64 with all its axes: (H, W) is one sample of one channel, (R, S) one kernel, (C, H, W) one sample."""
    op, axes = operation.name, operation.axes
    wanted = 1 if name == "b" else axes + 2
    try:
        array = np.array(value.detach() if hasattr(value, "detach") else value, dtype=np.float64)
    except (TypeError, ValueError):
        raise ExplainError(f"trace: {op}: {name} must be numbers, in lists of equal length or an array") from None
    if array.ndim > wanted or (name != "b" and array.ndim < axes) or (name == "b" and array.ndim != 1):
        raise ExplainError(f"trace: {op}: {name} has shape {array.shape}; {wanted} dimensions are needed")
    array = array.reshape((1,) * (wanted - array.ndim) + array.shape)
    if not array.size or max(array.shape) > MOST_SIDE:
        raise ExplainError(f"trace: {op}: {name} has shape {array.shape}; 1 to {MOST_SIDE} cells per axis are needed")
    if not np.isfinite(array).all():
        raise ExplainError(f"trace: {op}: {name} holds NaN or infinite values, which no picture shows")
    if np.abs(array).max() > MOST_SIZE:
        raise ExplainError(
            f"trace: {op}: {name} holds {np.abs(array).max():.3g}; numbers up to {MOST_SIZE:g} "
            "are pictured: scale it down"
        )
    return array


def _sizes(operation: Operation, arrays: Arrays, given: Mapping[str, Any]) -> tuple[Sizes, Sizes]:
    """The shape of x, with 0 for unknown N and C, and the kernel's size; arrays tell, else what is asked for."""
    name, n = operation.name, operation.axes
    asked = None if given.get("input") is None else per_axis(name, "input", ints(hashable(given["input"])), n)
    taps = given.get("kernel_size")
    asked_kernel = None if taps is None else per_axis(name, "kernel_size", ints(hashable(taps)), n)
    if "x" in arrays:
        x_shape = arrays["x"].shape
        if asked is not None and asked != x_shape[2:]:
            raise ExplainError(f"trace: {name}: x has shape {x_shape}, but input={asked}; leave one of them out")
    else:
        x_shape = (0, 0, *(asked or (5,) * n))
    kernel = arrays["w"].shape[2:] if "w" in arrays else asked_kernel or (2 if operation.pools else 3,) * n
    if asked_kernel is not None and asked_kernel != kernel:
        raise ExplainError(f"trace: {name}: w has a kernel of {kernel}, but kernel_size={asked_kernel}; leave one out")
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


def _agree(op: str, name: str, asked: int | None, shape: Sizes, axis: int) -> int:
    """What is asked for, or what the array has; both must be one."""
    has = shape[axis]
    if has and asked not in (None, has):
        raise ExplainError(f"trace: {op}: x has shape {shape}, but {name}={asked}; leave {name} out")
    return has or asked or 1


def _channels(operation: Operation, arrays: Arrays, counts: Mapping[str, int | None], groups: int) -> tuple[int, int]:
    """C and O, from x and w as far as they are given; what does not fit is the layer's to complain about."""
    name, x, w = operation.name, arrays.get("x"), arrays.get("w")
    asked, outputs = counts["channels"], counts["outputs"]
    from_w: tuple[int, int] | None = None
    if w is not None:
        first, second = w.shape[0], w.shape[1] * groups
        from_w = (first, second) if operation.transposed else (second, first)
    shape = x.shape if x is not None else (0, from_w[0] if from_w else 0)
    default = groups if asked is None and not shape[1] else None
    channels = _agree(name, "channels", asked if default is None else default, shape, 1)
    if operation.pools:
        if outputs not in (None, channels, 1):
            raise ExplainError(f"trace: {name}: outputs={outputs}, but a pool has as many as channels, {channels}")
        return channels, channels
    if from_w and outputs not in (None, from_w[1]):
        raise ExplainError(f"trace: {name}: w has shape {w.shape if w is not None else ()}, but outputs={outputs}")
    return channels, from_w[1] if from_w else outputs or groups


def _values(value: Any) -> str:
    if value not in KINDS:
        raise ExplainError(f"trace: values must be {', '.join(KINDS)}; got {value!r:.80}")
    return str(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= value.__index__() < 1 << 53:
        raise ExplainError(f"trace: seed must be an int of at least 0, below 2**53; got {value!r:.80}")
    return int(value)


def _pictured(value: Any) -> Mapping[str, list[int]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not set(value) <= {"n", "c", "o"}:
        raise ExplainError(f"trace: pictured must be an object with n, c and o; got {value!r:.80}")
    found = {}
    for name, numbers in value.items():
        numbers = [numbers] if hasattr(numbers, "__index__") else numbers
        if not isinstance(numbers, Sequence) or not numbers or not all(type(number) is int for number in numbers):
            raise ExplainError(f"trace: pictured[{name!r}] must be a list of ints; got {numbers!r:.80}")
        found[name] = sorted(set(numbers))
    return found
