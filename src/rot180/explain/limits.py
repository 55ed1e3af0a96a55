"""Decide how much of a layer is shown: all, or one output channel of one sample with the input channels that it reads.

`rest` holds the contributions of the other samples and channels, so the numbers shown are those of the whole layer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..window import Sizes
from .errors import ExplainError
from .flat_triples import count_triples
from .operations import Array, Arrays, Layer
from .request import MOST_SIDE

WHOLE_CELLS, WHOLE_TRIPLES = 5_000, 100_000  # a layer up to this size is shown completely
MOST_CELLS, MOST_TRIPLES = 25_000, 250_000  # more than this cannot be shown
MOST_GRID = 100_000  # one plane may have at most this many cells, with its padding and inserted zeros
LAYER_CELLS, LAYER_TRIPLES = (
    20_000_000,
    2_000_000_000,
)  # a layer up to this size is computed in seconds and shown in part

Selection = dict[str, list[int]]  # sample indices "n", input channels "c" and output channels "o"


def everything(shapes: Mapping[str, Sizes]) -> Selection:
    """All samples and channels."""
    return {
        "n": list(range(shapes["x"][0])),
        "c": list(range(shapes["x"][1])),
        "o": list(range(shapes["dy"][1])),
    }


def count_cells(shapes: Mapping[str, Sizes]) -> int:
    """The number of cells of x, w, b and dy and of their counterparts dx, dw, db and y."""
    return 2 * sum(int(np.prod(shape)) for shape in shapes.values())


def check_sides(layer: Layer) -> None:
    """Raise ExplainError if one padded plane of the layer is too large to show, whatever the number of channels."""
    name, window = layer.operation.name, layer.window
    for what, sizes in (
        ("x", layer.x_size), ("y", layer.y_size), ("the padding", sum(layer.pads, ())), ("a window", window.spans),
        ("the stride", window.stride), ("the dilation", window.dilation),
    ):  # fmt: skip
        if any(size > MOST_SIDE for size in sizes):
            raise ExplainError(
                f"trace: {name}: {what} has {max(sizes):,} cells on an axis; at most {MOST_SIDE} can be shown"
            )
    grid = math.prod(
        x + sum(pads) + span for x, pads, span in zip(window.x_size, layer.pads, window.spans, strict=True)
    )
    if grid > MOST_GRID:
        raise ExplainError(
            f"trace: {name}: a padded plane has {grid:,} cells; at most {MOST_GRID:,} can be shown; "
            "use a smaller input, padding, stride or dilation"
        )


def choose_selection(layer: Layer, shapes: Mapping[str, Sizes], requested: Mapping[str, list[int]]) -> Selection:
    """The samples and channels to show: the requested ones, otherwise as many as fit. Raises ExplainError if not even
    these fit.
    """
    check_sides(layer)
    complete = everything(shapes)
    for name, numbers in requested.items():
        if not set(numbers) <= set(complete[name]):
            raise ExplainError(
                f"trace: selection[{name!r}] is {numbers}; the layer has indices 0 to {len(complete[name]) - 1}"
            )
    if not requested and _fits(layer, shapes, WHOLE_CELLS, WHOLE_TRIPLES):
        return complete
    _check_layer(layer, shapes)
    if layer.operation.pools:
        group, free = layer, {"c": requested.get("c", requested.get("o", complete["c"]))}
    else:
        group, free = _one_group(layer), _channels(layer, shapes, requested)
    samples = requested.get("n", [0])
    for name in free:  # drop channels that were not requested until the others fit
        while not requested.get(name) and len(free[name]) > 1:
            small = _shapes(layer, shapes, samples, free["c"], free.get("o", free["c"]))
            if _fits(group, small, WHOLE_CELLS, WHOLE_TRIPLES):
                break
            free[name] = free[name][:-1]
    channels, outputs = free["c"], free.get("o", free["c"])
    small = _shapes(layer, shapes, samples, channels, outputs)
    if not _fits(group, small, MOST_CELLS, MOST_TRIPLES):
        raise ExplainError(
            f"trace: {layer.operation.name}: {count_triples(group, small):,} products of {count_cells(small):,} cells "
            f"are too many to show; the limits are {MOST_TRIPLES:,} and {MOST_CELLS:,}; use a smaller input"
            + (", or fewer channels" if len(channels) * len(outputs) * len(samples) > 1 else "")
        )
    return {"n": list(samples), "c": list(channels), "o": list(outputs)}


def take_selection(layer: Layer, arrays: Arrays, selection: Selection) -> tuple[Layer, Arrays, Arrays]:
    """Restrict a layer to the selected samples and channels.

    Returns the restricted layer, its arrays, and the contributions of the other samples and channels to its results.
    """
    n, c, o = (np.array(selection[name]) for name in "nco")
    small = {"x": arrays["x"][np.ix_(n, c)], "dy": arrays["dy"][np.ix_(n, o)]}
    if layer.operation.pools:
        return layer, small, {}
    group = _one_group(layer)
    at = _weights_at(layer, arrays, c, o)
    small |= {"w": arrays["w"][at]} | ({"b": arrays["b"][o]} if "b" in arrays else {})
    zero = {name: np.zeros_like(a) for name, a in arrays.items() if name == "b"}
    others = {
        "y": {**arrays, **zero, "x": _without(arrays["x"], (slice(None), c))},
        "dx": {**arrays, "dy": _without(arrays["dy"], (slice(None), o))},
        "dw": {**arrays, "dy": _without(arrays["dy"], (n,))},
    }
    results = {name: layer.results(inputs) for name, inputs in others.items()}
    rest = {
        "y": results["y"]["y"][np.ix_(n, o)],
        "dx": results["dx"]["dx"][np.ix_(n, c)],
        "dw": results["dw"]["dw"][at],
    }
    if "b" in arrays:
        rest["db"] = results["dw"]["db"][o]
    return group, {name: small[name] for name in ("x", "w", "b", "dy") if name in small}, rest


def _check_layer(layer: Layer, shapes: Mapping[str, Sizes]) -> None:
    """Raise ExplainError if the layer is too large to compute; even to show a part, the whole layer is computed."""
    if count_cells(shapes) > LAYER_CELLS or count_triples(layer, shapes) > LAYER_TRIPLES:
        raise ExplainError(
            f"trace: {layer.operation.name}: {count_triples(layer, shapes):,} products of {count_cells(shapes):,} "
            f"cells are too many, even to show a part; the limits are {LAYER_TRIPLES:,} and {LAYER_CELLS:,}"
        )


def _one_group(layer: Layer) -> Layer:
    """A layer that consists of one group of this layer."""
    window = type(layer.window)(**{**layer.window.__getstate__(), "groups": 1})
    return Layer(
        layer.operation, window, layer.pads, layer.output_padding, layer.ceil_mode, layer.count_include_pad
    )  # fmt: skip


def _weights_at(layer: Layer, arrays: Arrays, c: Array, o: Array) -> Any:
    """The indices into w of the weights between these channels."""
    share = arrays["w"].shape[1]
    return np.ix_(c, o % share) if layer.operation.transposed else np.ix_(o, c % share)


def _without(a: Array, where: Any) -> Array:
    rest = a.copy()
    rest[where] = 0
    return rest


def _channels(layer: Layer, shapes: Mapping[str, Sizes], requested: Mapping[str, list[int]]) -> Selection:
    """The channels to show, all in one group. By default they are output channel 0 and its input channels; if channels
    are requested on one side only, all channels of the group on the other side are added.
    """
    sizes = {name: shapes[array][1] // layer.window.groups for name, array in (("c", "x"), ("o", "dy"))}
    groups = {number // sizes[name] for name in ("c", "o") for number in requested.get(name, [])} or {0}
    if len(groups) > 1:
        raise ExplainError(
            f"trace: selection {dict(requested)} has channels of different groups; select channels of one group"
        )
    group = groups.pop()
    members = {name: list(range(group * size, (group + 1) * size)) for name, size in sizes.items()}
    if not requested.get("c") and not requested.get("o"):
        members["o"] = [0]
    return {name: requested.get(name, members[name]) for name in ("c", "o")}


def _shapes(
    layer: Layer, shapes: Mapping[str, Sizes], n: list[int], c: list[int], o: list[int]
) -> dict[str, Sizes]:  # fmt: skip
    small = {"x": (len(n), len(c), *shapes["x"][2:])}
    if layer.operation.pools:
        return small | {"dy": (len(n), len(c), *shapes["dy"][2:])}
    first, second = (c, o) if layer.operation.transposed else (o, c)
    small |= {"w": (len(first), len(second), *shapes["w"][2:]), "dy": (len(n), len(o), *shapes["dy"][2:])}
    return small | ({"b": (len(o),)} if "b" in shapes else {})


def _fits(layer: Layer, shapes: Mapping[str, Sizes], cells: int, products: int) -> bool:
    return count_cells(shapes) <= cells and count_triples(layer, shapes) <= products
