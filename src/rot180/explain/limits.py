"""How much fits into one picture: all of a layer, or one output channel of one sample with what feeds it.

What is left out still counts: `rest` is what the samples and channels that are not pictured add to the results, so that
every number in the picture is the layer's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..window import Sizes
from .errors import ExplainError
from .flat import count_triples
from .operations import Array, Arrays, Layer
from .request import MOST_SIDE

WHOLE_CELLS, WHOLE_TRIPLES = 5_000, 100_000  # a page shows so many at once
MOST_CELLS, MOST_TRIPLES = 25_000, 250_000  # and cannot show more than these
MOST_GRID = 100_000  # cells of a plane with what the steps of its view put around it
LAYER_CELLS, LAYER_TRIPLES = 20_000_000, 2_000_000_000  # of a layer of which only a part is pictured: seconds of work

Pictured = dict[str, list[int]]


def everything(shapes: Mapping[str, Sizes]) -> Pictured:
    """All samples and channels."""
    return {
        "n": list(range(shapes["x"][0])),
        "c": list(range(shapes["x"][1])),
        "o": list(range(shapes["dy"][1])),
    }


def count_cells(shapes: Mapping[str, Sizes]) -> int:
    """Of x, w, b and dy, and of their counterparts dx, dw, db and y."""
    return 2 * sum(int(np.prod(shape)) for shape in shapes.values())


def check_sides(layer: Layer) -> None:
    """ExplainError for a layer whose padded planes are too large for any picture, however few channels it has."""
    name, window = layer.operation.name, layer.window
    for what, sizes in (
        ("x", layer.x_size), ("y", layer.y_size), ("the padding", sum(layer.pads, ())), ("a window", window.spans),
        ("the stride", window.stride), ("the dilation", window.dilation),
    ):  # fmt: skip
        if any(size > MOST_SIDE for size in sizes):
            raise ExplainError(
                f"trace: {name}: {what} has {max(sizes):,} cells on an axis; at most {MOST_SIDE} are shown"
            )
    grid = math.prod(
        x + sum(pads) + span for x, pads, span in zip(window.x_size, layer.pads, window.spans, strict=True)
    )
    if grid > MOST_GRID:
        raise ExplainError(
            f"trace: {name}: a padded plane of {grid:,} cells is too large for a picture, which takes {MOST_GRID:,}; "
            "use a smaller input, padding, stride or dilation"
        )


def choose(layer: Layer, shapes: Mapping[str, Sizes], asked: Mapping[str, list[int]]) -> Pictured:
    """The samples and channels to picture: those asked for, else as many as fit. ExplainError if none does."""
    check_sides(layer)
    whole = everything(shapes)
    for name, numbers in asked.items():
        if not set(numbers) <= set(whole[name]):
            raise ExplainError(
                f"trace: pictured[{name!r}] is {numbers}; the layer has {len(whole[name])}, counted from 0"
            )
    if not asked and _fits(layer, shapes, WHOLE_CELLS, WHOLE_TRIPLES):
        return whole
    _refuse_hopeless(layer, shapes)
    if layer.operation.pools:
        alone, free = layer, {"c": asked.get("c", asked.get("o", whole["c"]))}
    else:
        alone, free = _alone(layer), _feeding(layer, shapes, asked)
    samples = asked.get("n", [0])
    for name in free:  # what nobody asked for gives way until the rest fits
        while not asked.get(name) and len(free[name]) > 1:
            small = _shapes(layer, shapes, samples, free["c"], free.get("o", free["c"]))
            if _fits(alone, small, WHOLE_CELLS, WHOLE_TRIPLES):
                break
            free[name] = free[name][:-1]
    channels, outputs = free["c"], free.get("o", free["c"])
    small = _shapes(layer, shapes, samples, channels, outputs)
    if not _fits(alone, small, MOST_CELLS, MOST_TRIPLES):
        raise ExplainError(
            f"trace: {layer.operation.name}: {count_triples(alone, small):,} products of {count_cells(small):,} cells "
            f"are too many for a picture, which takes {MOST_TRIPLES:,} and {MOST_CELLS:,}; use a smaller input"
            + (", or fewer channels" if len(channels) * len(outputs) * len(samples) > 1 else "")
        )
    return {"n": list(samples), "c": list(channels), "o": list(outputs)}


def cut(layer: Layer, arrays: Arrays, pictured: Pictured) -> tuple[Layer, Arrays, Arrays]:
    """The layer of the pictured samples and channels, its arrays, and what the others add to its results."""
    n, c, o = (np.array(pictured[name]) for name in "nco")
    small = {"x": arrays["x"][np.ix_(n, c)], "dy": arrays["dy"][np.ix_(n, o)]}
    if layer.operation.pools:
        return layer, small, {}
    ones = _alone(layer)
    at = _weights_at(layer, arrays, c, o)
    small |= {"w": arrays["w"][at]} | ({"b": arrays["b"][o]} if "b" in arrays else {})
    zero = {name: np.zeros_like(a) for name, a in arrays.items() if name == "b"}
    others = {
        "y": {**arrays, **zero, "x": _without(arrays["x"], (slice(None), c))},
        "dx": {**arrays, "dy": _without(arrays["dy"], (slice(None), o))},
        "dw": {**arrays, "dy": _without(arrays["dy"], (n,))},
    }
    results = {name: layer.results(given) for name, given in others.items()}
    rest = {
        "y": results["y"]["y"][np.ix_(n, o)],
        "dx": results["dx"]["dx"][np.ix_(n, c)],
        "dw": results["dw"]["dw"][at],
    }
    if "b" in arrays:
        rest["db"] = results["dw"]["db"][o]
    return ones, {name: small[name] for name in ("x", "w", "b", "dy") if name in small}, rest


def _refuse_hopeless(layer: Layer, shapes: Mapping[str, Sizes]) -> None:
    """ExplainError for a layer too large to be computed at all."""
    if count_cells(shapes) > LAYER_CELLS or count_triples(layer, shapes) > LAYER_TRIPLES:
        raise ExplainError(
            f"trace: {layer.operation.name}: {count_triples(layer, shapes):,} products of {count_cells(shapes):,} "
            f"cells are too many, even to show a part; at most {LAYER_TRIPLES:,} and {LAYER_CELLS:,} are taken"
        )


def _alone(layer: Layer) -> Layer:
    """One group of the layer by itself."""
    window = type(layer.window)(**{**layer.window.__getstate__(), "groups": 1})
    return Layer(
        layer.operation, window, layer.pads, layer.output_padding, layer.ceil_mode, layer.count_include_pad
    )  # fmt: skip


def _weights_at(layer: Layer, arrays: Arrays, c: Array, o: Array) -> Any:
    """Where in w the weights between these channels are."""
    share = arrays["w"].shape[1]
    return np.ix_(c, o % share) if layer.operation.transposed else np.ix_(o, c % share)


def _without(a: Array, where: Any) -> Array:
    left = a.copy()
    left[where] = 0
    return left


def _feeding(layer: Layer, shapes: Mapping[str, Sizes], asked: Mapping[str, list[int]]) -> Pictured:
    """Channels of one group: those asked for; else all that feed output 0, or that an asked channel meets."""
    sizes = {name: shapes[array][1] // layer.window.groups for name, array in (("c", "x"), ("o", "dy"))}
    groups = {number // sizes[name] for name in ("c", "o") for number in asked.get(name, [])} or {0}
    if len(groups) > 1:
        raise ExplainError(
            f"trace: pictured channels {dict(asked)} are of different groups; picture the channels of one group"
        )
    group = groups.pop()
    members = {name: list(range(group * size, (group + 1) * size)) for name, size in sizes.items()}
    if not asked.get("c") and not asked.get("o"):
        members["o"] = [0]
    return {name: asked.get(name, members[name]) for name in ("c", "o")}


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
