"""A trace: the values of one layer and of its gradients, and the cells whose products add up to each value.

    y[o] += x[i] * w[k]      dx[i] += dy[o] * w[k]      dw[k] += dy[o] * x[i]          for every triple (o, i, k)

The triples are flat indices into the arrays. x is the layer's input and y its output. In a transposed layer, the window
slides over y. An average pool has no k: its terms are x[i] / divisor[o]. The pairs (o, i) of a max pool are candidates:
y[o] is the first maximum among the candidates with the same o.

A trace holds the layer and its input arrays. Everything else is computed from them, so a file that was edited and
loaded again (`files.py`) cannot contradict itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..window import Window
from . import files
from .code import code
from .flat_triples import flat_triples
from .operations import Array, Arrays, Layer
from .overlap import overlap
from .request import Request
from .size_formulas import size_formulas
from .views import views


@dataclass(frozen=True, eq=False)
class Trace:
    """The result of `trace`.

    Attributes:
        layer: the part of the layer that is shown.
        request: the settings of the whole layer, and the values to fill its arrays with.
        inputs: those of the arrays x, w, b and dy that the layer has.
        selection: the indices of the samples "n" and channels "c" and "o" that are shown, counted in the whole layer.
        rest: the contributions of the other samples and channels to y, dx, dw and db, or None if all are shown.
        source: the origin of the arrays if they come from a trained model, e.g. {"run": ..., "layer": ..., "image":
            ...}, otherwise None.
    """

    layer: Layer
    request: Request
    inputs: Arrays
    selection: Mapping[str, list[int]]
    rest: Arrays | None = None
    source: Mapping[str, Any] | None = None

    _repr_html_: ClassVar[Callable[[Trace], str]]  # for notebooks; set in __init__.py, because the page needs traces

    @property
    def op(self) -> str:
        """The name of the operation."""
        return self.layer.operation.name

    @property
    def window(self) -> Window:
        """The geometry. Its x is the array that the window slides over; in a transposed layer this is the output y."""
        return self.layer.window

    @property
    def kind(self) -> str:
        """The kind of terms: "maximum" for a max pool, whose terms are candidates; otherwise "products"."""
        return "maximum" if self.layer.operation.family == "max" else "products"

    @cached_property
    def arrays(self) -> Arrays:
        """The arrays x, w, b, dy, y, dx, dw and db that the layer has, and the divisor of an average pool."""
        results = self.layer.results(self.inputs)
        for name, rest in (self.rest or {}).items():
            results[name] = results[name] + rest
        arrays = {**self.inputs, **results}
        if self.layer.operation.family == "average":
            y = results["y"]
            arrays["divisor"] = np.broadcast_to(self.layer.divisor(), y.shape).copy()
        return {name: arrays[name] for name in _ORDER if name in arrays}

    @cached_property
    def triples(self) -> dict[str, Array]:
        """The flat indices {"y", "x", "w"} of each triple, sorted by y, then by w. Pooling has no w."""
        return flat_triples(self.layer, {name: a.shape for name, a in self.inputs.items()})

    @cached_property
    def views(self) -> dict[str, Any]:
        """The step-by-step view of each pass (`views.py`); {} for pooling."""
        images, channels = self.inputs["x"].shape[:2]
        outputs, groups = self.inputs["dy"].shape[1], self.window.groups
        terms = {"n": images, "c": channels // groups, "o": outputs // groups}
        with_rest = [name for name, values in (self.rest or {}).items() if values.any()]
        return views(self.layer, terms, bias="b" in self.inputs, with_rest=with_rest)

    def inputs_as_dict(self) -> dict[str, Any]:
        """The part of `as_dict` that is stored in the page, which computes all other values from it."""
        return {
            "format": files.FORMAT,
            "version": files.VERSION,
            "op": self.op,
            "settings": self.layer.settings("b" in self.inputs),
            "request": self.request.as_dict(),
            "arrays": _plain(self.inputs),
            "selection": {name: list(indices) for name, indices in self.selection.items()},
            "rest": None if self.rest is None else {name: numbers(a) for name, a in self.rest.items()},
            "source": None if self.source is None else dict(self.source),
        }

    def as_dict(self) -> dict[str, Any]:
        """The trace as lists, numbers and strings: the data of a JSON file."""
        layer, window = self.layer, self.window
        return {
            **self.inputs_as_dict(),
            "window": {
                **{name: list(getattr(window, name)) for name in ("x_size", "y_size", "kernel", "stride", "dilation")},
                "padding": list(window.padding),
                "groups": window.groups,
            },
            "axes": {name: list(letters) for name, letters in layer.operation.letters.items() if name in self.arrays},
            "arrays": _plain(self.arrays),
            "kind": self.kind,
            "triples": {name: indices.tolist() for name, indices in self.triples.items()},
            "shape": size_formulas(layer),
            "views": self.views,
            "overlap": overlap(layer),
            "code": code(layer, self.inputs),
        }

    def to_json(self) -> str:
        """The trace as JSON, which `from_json` reads."""
        return files.to_json(self.as_dict())

    def to_npz(self) -> bytes:
        """The trace as the bytes of an NPZ file, which `from_npz` reads and from which NumPy loads the arrays."""
        return files.to_npz(self.as_dict(), self.arrays, self.triples)

    def save(self, path: Any) -> None:
        """Write the trace to a .json or .npz file."""
        files.save(path, self.as_dict(), self.arrays, self.triples)

    @classmethod
    def from_dict(cls, data: Any) -> Trace:
        """Read a trace from the plain data of `as_dict`. Raises FormatError for anything else."""
        return cls(*files.from_dict(data))

    @classmethod
    def from_json(cls, text: str | bytes) -> Trace:
        """Read a trace from the JSON of `to_json`. Raises FormatError for anything else."""
        return cls(*files.from_json(text))

    @classmethod
    def from_npz(cls, data: bytes) -> Trace:
        """Read a trace from the bytes of `to_npz`. Raises FormatError for anything else."""
        return cls(*files.from_npz(data))

    @classmethod
    def load(cls, path: Any) -> Trace:
        """Read a trace that `save` wrote. Raises FileNotFoundError or FormatError."""
        return cls(*files.load(path))


_ORDER = ("x", "w", "b", "dy", "y", "dx", "dw", "db", "divisor")


def _plain(arrays: Arrays) -> dict[str, Any]:
    return {name: {"shape": list(a.shape), "values": numbers(a)} for name, a in arrays.items()}


def numbers(a: Array) -> list[float | int]:
    """The values of an array in order, as ints if they are integers."""
    return [int(value) if value.is_integer() and abs(value) < 1 << 53 else value for value in a.ravel().tolist()]
