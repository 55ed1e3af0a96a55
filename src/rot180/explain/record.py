"""A trace: the numbers of one layer, its gradients, and which cells meet to make them, as plain data.

    y[o] += x[i] * w[k]      dx[i] += dy[o] * w[k]      dw[k] += dy[o] * x[i]          for every triple (o, i, k)

The triples are flat indices into the arrays, in the vocabulary of the layer: y is its output, x its input, whichever of
them is the wide side of the window. An average pool has no k: its products are x[i] / divisor[o]. A max pool's pairs
(o, i) are candidates: y[o] is the first maximum of its own.

A trace holds the layer and its numbers; all else is worked out from them, so a file that was edited and read again
(`files.py`) cannot contradict itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..window import Window
from .code import code
from .flat import flat_triples
from .operations import Array, Arrays, Layer
from .overlap import overlap
from .request import Request
from .sizes import size_formulas
from .views import views

FORMAT, VERSION = "rot180.trace", 1


@dataclass(frozen=True, eq=False)
class Trace:
    """What `trace` returns; `as_dict()` is plain data, `to_json()` its text.

    Attributes:
        layer: of what is pictured.  request: what was asked for.
        given: x, w, b and dy, as far as the layer has them.
        pictured: {"n", "c", "o"}: the samples and channels, by their numbers in the whole layer.
        rest: where not all are pictured, what those that are not add to y, dx, dw and db; else None.
        source: where the numbers come from, if not from the request: {"run", "layer", "image"}, say.
    """

    layer: Layer
    request: Request
    given: Arrays
    pictured: Mapping[str, list[int]]
    rest: Arrays | None = None
    source: Mapping[str, Any] | None = None

    @property
    def op(self) -> str:
        """The operation's name."""
        return self.layer.operation.name

    @property
    def window(self) -> Window:
        """The geometry; its wide side is called x, also on a transposed layer, where that is the output."""
        return self.layer.window

    @property
    def kind(self) -> str:
        """ "products", or "maximum": of candidates."""
        return "maximum" if self.layer.operation.family == "max" else "products"

    @cached_property
    def arrays(self) -> Arrays:
        """x, w, b, dy and the results y, dx, dw, db, each if the layer has it; and an average pool's divisor."""
        results = self.layer.results(self.given)
        for name, rest in (self.rest or {}).items():
            results[name] = results[name] + rest
        found = {**self.given, **results}
        if self.layer.operation.family == "average":
            y = results["y"]
            found["divisor"] = np.broadcast_to(self.layer.divisor(), y.shape).copy()
        return {name: found[name] for name in _SHOWN if name in found}

    @cached_property
    def triples(self) -> dict[str, Array]:
        """{"y", "x", "w"}: flat indices, equally long, sorted by y, then by w. Pools have no w."""
        return flat_triples(self.layer, {name: a.shape for name, a in self.given.items()})

    @cached_property
    def views(self) -> dict[str, Any]:
        """The equivalent view of each pass (`views.py`); {} for a pool."""
        images, channels = self.given["x"].shape[:2]
        outputs, groups = self.given["dy"].shape[1], self.window.groups
        terms = {"n": images, "c": channels // groups, "o": outputs // groups}
        with_rest = [name for name, values in (self.rest or {}).items() if values.any()]
        return views(self.layer, terms, bias="b" in self.given, with_rest=with_rest)

    def as_dict(self) -> dict[str, Any]:
        """Lists, numbers and strings only: what the page shows."""
        layer, window = self.layer, self.window
        return {
            "format": FORMAT,
            "version": VERSION,
            "op": self.op,
            "settings": layer.settings("b" in self.given),
            "request": self.request.as_dict(),
            "window": {
                **{name: list(getattr(window, name)) for name in ("x_size", "y_size", "kernel", "stride", "dilation")},
                "padding": list(window.padding),
                "groups": window.groups,
            },
            "axes": {name: list(letters) for name, letters in layer.operation.letters.items() if name in self.arrays},
            "arrays": {name: {"shape": list(a.shape), "values": numbers(a)} for name, a in self.arrays.items()},
            "kind": self.kind,
            "triples": {name: indices.tolist() for name, indices in self.triples.items()},
            "pictured": {name: list(chosen) for name, chosen in self.pictured.items()},
            "rest": None if self.rest is None else {name: numbers(a) for name, a in self.rest.items()},
            "shape": size_formulas(layer),
            "views": self.views,
            "overlap": overlap(layer),
            "code": code(layer, self.given),
            "source": None if self.source is None else dict(self.source),
        }

    def to_json(self) -> str:
        """As text; `from_json` (`files.py`) makes the trace of it again."""
        return json.dumps(self.as_dict(), separators=(",", ":"), allow_nan=False)

    def save(self, path: Any) -> None:
        """Write it to a file, .json or .npz."""
        from .files import save

        save(self, path)

    @classmethod
    def load(cls, path: Any) -> Trace:
        """Read what `save` wrote; FileNotFoundError, or FormatError that says what is wrong with the file."""
        from .files import load

        return load(path)

    def _repr_html_(self) -> str:
        """The page, in a notebook, without anything installed."""
        from .notebook import frame

        return frame(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Trace:
        """The trace that `to_json` wrote; FormatError that says what is wrong with it."""
        from .files import from_json

        return from_json(text)


_SHOWN = ("x", "w", "b", "dy", "y", "dx", "dw", "db", "divisor")


def numbers(a: Array) -> list[float | int]:
    """The values of an array in order; whole ones as integers."""
    return [int(value) if value.is_integer() and abs(value) < 1 << 53 else value for value in a.ravel().tolist()]
