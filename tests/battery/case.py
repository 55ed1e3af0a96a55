"""A row of the battery, and how one is run: inputs from a seed, outputs and gradients as arrays."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

import rot180
from rot180 import Tensor

Make = Callable[[np.random.Generator], list[np.ndarray]]


@dataclass(frozen=True)
class Case:
    """One op with one group of inputs and settings.

    Attributes:
        op: the op's public name.  label: what is special about this row.
        ours: the function (a `Layer` for a Module): takes the inputs by position and `settings` by name.
        inputs: makes the arrays from a generator; floats are differentiated, integers passed on.
        peer: where the counterpart lives, as a dotted path; None if there is none.  peer_settings: where it has others.
        order: the highest order of derivative that differences can show.
        batch: the inputs whose axis 0 is a batch, so that an empty one must work; () if that is not defined.
        unbatched: input 0 may come without its batch axis.
        arrays: given arrays only, it returns arrays.
    """

    op: str
    ours: Callable[..., Any]
    inputs: Make
    peer: str | None
    label: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    peer_settings: dict[str, Any] | None = None
    order: int = 2
    batch: tuple[int, ...] = ()
    unbatched: bool = False
    arrays: bool = True

    @cached_property
    def id(self) -> str:
        """The name of the row; the seed of its inputs hangs on it."""
        shown = ",".join(f"{k}={'array' if isinstance(v, np.ndarray) else v}" for k, v in self.settings.items())
        return "-".join(part for part in (self.op, self.label, shown.replace(" ", "")) if part)

    @property
    def seed(self) -> int:
        return zlib.crc32(self.id.encode())

    def make(self) -> list[np.ndarray]:
        """The inputs, the same every time."""
        return self.inputs(np.random.default_rng(self.seed))

    def call(self, inputs: Sequence[Any], dtype: Any = np.float64) -> list[Any]:
        """The outputs as a list, with float arrays among the settings in `dtype`, and dropout repeating."""
        rot180.manual_seed(self.seed)
        result = self.ours(*inputs, **{k: cast(v, dtype) for k, v in self.settings.items()})
        return list(result) if isinstance(result, list | tuple) else [result]

    def cotangents(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """A random cotangent for each float output, off zero."""
        rng = np.random.default_rng(self.seed + 1)
        shapes = [y.shape for y in outputs if is_float(y)]
        return [np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)) for shape in shapes]

    def run(self, inputs: Sequence[np.ndarray], dtype: Any = np.float64) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """(outputs, gradients of the float inputs) for the cotangents, through the tape; nothing may be written to."""
        leaves = [Tensor(locked(cast(a, dtype)), requires_grad=is_float(a)) for a in inputs]
        outputs = self.call(leaves, dtype)
        assert all(type(y) is Tensor and type(y.data) is np.ndarray for y in outputs)
        v = [locked(cast(w, dtype)) for w in self.cotangents([y.data for y in outputs])]
        tops = [y for y in outputs if is_float(y.data)]
        targets = [leaf for leaf in leaves if leaf.requires_grad]
        tops, v = zip(*[(y, w) for y, w in zip(tops, v, strict=True) if y.requires_grad], strict=True)
        grads = rot180.grad(tops, targets, v, allow_unused=True)
        found = [np.zeros_like(x.data) if g is None else g.data for g, x in zip(grads, targets, strict=True)]
        return [y.data for y in outputs], found


class Layer:
    """A Module as a function of its inputs and its parameters, so that a row treats both alike."""

    def __init__(self, module: type, *args: Any, **named: Any) -> None:
        self.module, self.args, self.named = module, args, named

    def build(self) -> Any:
        return self.module(*self.args, **self.named)

    def parameter_shapes(self) -> list[tuple[int, ...]]:
        return [p.shape for p in self.build().parameters()]

    def __call__(self, *tensors: Any) -> Any:
        module = self.build()
        parameters = list(module.parameters())
        count = len(tensors) - len(parameters)
        for buffer in module.buffers():
            buffer.data = cast(buffer.data, tensors[0].dtype)
        for parameter, given in zip(parameters, tensors[count:], strict=True):
            given = given if isinstance(given, Tensor) else Tensor(given)
            parameter.data, parameter.node = given.data, given.node
        return module(*tensors[:count])


def is_float(a: Any) -> bool:
    return isinstance(a, np.ndarray | np.generic) and a.dtype.kind == "f"


def cast(a: Any, dtype: Any) -> Any:
    return np.asarray(a, dtype) if is_float(a) else a


def locked(a: np.ndarray) -> np.ndarray:
    """A read-only view: writing to an input raises."""
    view = a.view()
    view.flags.writeable = False
    return view


# ---- inputs ----


def normal(*shapes: tuple[int, ...]) -> Make:
    return lambda rng: [np.asarray(rng.standard_normal(shape)) for shape in shapes]


def between(low: float, high: float, *shapes: tuple[int, ...]) -> Make:
    return lambda rng: [rng.uniform(low, high, shape) for shape in shapes]


def few_values(*shapes: tuple[int, ...]) -> Make:
    """Small whole numbers: many zeros and ties."""
    return lambda rng: [rng.integers(-1, 2, shape).astype(np.float64) for shape in shapes]


def classes(count: int, shape: tuple[int, ...], ignored: bool = False) -> Make:
    """Class numbers; -100 among them where some are ignored."""

    def make(rng: np.random.Generator) -> list[np.ndarray]:
        t = np.asarray(rng.integers(0, count, shape))
        if ignored:
            t.reshape(-1)[1] = -100
        return [t]

    return make


def together(*makes: Make) -> Make:
    return lambda rng: [a for make in makes for a in make(rng)]


# ---- rows of layers ----


def layer_row(module: type, make: Make, *args: Any, peer: str | None = "", label: str = "", **named: Any) -> Case:
    """A layer's row: inputs, then parameters in the order of `parameters()`; peer "" is its namesake in torch.nn."""
    layer = Layer(module, *args, **named)
    name = module.__name__
    shown = ",".join(
        [*map(str, args), *(f"{k}={'array' if isinstance(v, np.ndarray) else v}" for k, v in named.items())]
    )
    return Case(
        name,
        layer,
        together(make, normal(*layer.parameter_shapes())),
        f"torch.nn.{name}" if peer == "" else peer,
        (label or shown).replace(" ", ""),
        arrays=False,
    )
