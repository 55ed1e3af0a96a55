"""A row of the battery and how to run it: inputs drawn from a seed, outputs and gradients as arrays."""

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
    """One op with one set of inputs and settings.

    Attributes:
        op: the op's public name.
        label: the property that this row tests.
        ours: the function (a `Layer` for a Module); takes the inputs by position and `settings` by name.
        inputs: makes the arrays from a generator; floats are differentiated, integers are passed on.
        peer: dotted path of the counterpart in PyTorch or `peers.py`; None if there is none.
        peer_settings: the settings of the counterpart, if they differ.
        order: the highest order of derivative that finite differences can check.
        batch: the inputs whose axis 0 is a batch, so that an empty one must work; () if there is no batch.
        unbatched: True if input 0 may come without its batch axis.
        arrays: True if the function returns arrays when it gets arrays.
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
        """The name of the row; it also seeds the inputs."""
        shown = ",".join(f"{k}={'array' if isinstance(v, np.ndarray) else v}" for k, v in self.settings.items())
        return "-".join(part for part in (self.op, self.label, shown.replace(" ", "")) if part)

    @property
    def seed(self) -> int:
        return zlib.crc32(self.id.encode())

    def make(self) -> list[np.ndarray]:
        """The inputs, the same every time."""
        return self.inputs(np.random.default_rng(self.seed))

    def call(self, inputs: Sequence[Any], dtype: Any = np.float64) -> list[Any]:
        """Call the function and return its outputs as a list.

        Float arrays among the settings are cast to `dtype`, and the random state is reset, so that dropout repeats.
        """
        rot180.manual_seed(self.seed)
        result = self.ours(*inputs, **{k: cast(v, dtype) for k, v in self.settings.items()})
        return list(result) if isinstance(result, list | tuple) else [result]

    def cotangents(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """A random cotangent for each float output, away from zero."""
        rng = np.random.default_rng(self.seed + 1)
        shapes = [y.shape for y in outputs if is_float(y)]
        return [np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)) for shape in shapes]

    def run(
        self, inputs: Sequence[np.ndarray], dtype: Any = np.float64, *, create_graph: bool = False
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """(outputs, gradients of the float inputs) by `rot180.grad`, from read-only inputs and cotangents."""
        leaves = self._leaves(inputs, dtype)
        outputs = self.call(leaves, dtype)
        assert all(type(y) is Tensor and type(y.data) is np.ndarray for y in outputs)
        targets = [leaf for leaf in leaves if leaf.requires_grad]
        tops, cotangents = zip(*self._weighted(outputs, dtype), strict=True)
        grads = rot180.grad(tops, targets, cotangents, create_graph=create_graph, allow_unused=True)
        arrays = [np.zeros_like(x.data) if g is None else g.data for g, x in zip(grads, targets, strict=True)]
        return [y.data for y in outputs], arrays

    def run_backward(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The gradients of the float inputs by `y.backward(cotangent)`, summed over the outputs in `.grad`."""
        leaves = self._leaves(inputs, np.float64)
        weighted = self._weighted(self.call(leaves), np.float64)
        for y, cotangent in weighted:
            y.backward(cotangent, retain_graph=y is not weighted[-1][0])
        return _collect(leaves)

    def run_backward_of_a_loss(self, inputs: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The same gradients by two `.backward()` of one loss, so that the sweep owns the cotangents.

        The sweep may overwrite a cotangent that it owns, which it never does in `rot180.grad`. The second sweep shows
        whether the first one wrote into an array that the graph still needs.
        """
        leaves = self._leaves(inputs, np.float64)
        terms = [weighted_sum(y, cotangent) for y, cotangent in self._weighted(self.call(leaves), np.float64)]
        loss = sum(terms[1:], start=terms[0])
        loss.backward(retain_graph=True)
        first = _collect(leaves)
        loss.backward()
        return first, _collect(leaves)

    def _leaves(self, inputs: Sequence[np.ndarray], dtype: Any) -> list[Tensor]:
        return [Tensor(locked(cast(a, dtype)), requires_grad=is_float(a)) for a in inputs]

    def _weighted(self, outputs: Sequence[Tensor], dtype: Any) -> list[tuple[Tensor, np.ndarray]]:
        """The outputs that depend on the inputs, each with its cotangent."""
        floats = [y for y in outputs if is_float(y.data)]
        cotangents = self.cotangents([y.data for y in outputs])
        return [(y, locked(cast(v, dtype))) for y, v in zip(floats, cotangents, strict=True) if y.requires_grad]


@rot180.primitive(fresh=True)
def weighted_sum(y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """sum(y * weight), whose gradient is a new array with the values of `weight`."""
    return np.add.reduce(y * weight, None)


@weighted_sum.vjp
def weighted_sum_vjp(g: Any, needs: Any, output: Any, y: Any, weight: np.ndarray) -> Any:
    return (np.array(weight),)


def _collect(leaves: Sequence[Tensor]) -> list[np.ndarray]:
    """The `.grad` of the leaves as arrays; they are reset to None."""
    targets = [leaf for leaf in leaves if leaf.requires_grad]
    arrays = [np.zeros_like(leaf.data) if leaf.grad is None else leaf.grad.data for leaf in targets]
    for leaf in targets:
        leaf.grad = None
    return arrays


class Layer:
    """A Module as a function of its inputs and its parameters, so that a row treats functions and layers alike."""

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
        for parameter, value in zip(parameters, tensors[count:], strict=True):
            tensor = value if isinstance(value, Tensor) else Tensor(value)
            parameter.data, parameter.node = tensor.data, tensor.node
        return module(*tensors[:count])


def is_float(a: Any) -> bool:
    return isinstance(a, np.ndarray | np.generic) and a.dtype.kind == "f"


def cast(a: Any, dtype: Any) -> Any:
    return np.asarray(a, dtype) if is_float(a) else a


def locked(a: np.ndarray) -> np.ndarray:
    """A read-only view: writing to it raises."""
    view = a.view()
    view.flags.writeable = False
    return view


# ---- inputs ----


def normal(*shapes: tuple[int, ...]) -> Make:
    return lambda rng: [np.asarray(rng.standard_normal(shape)) for shape in shapes]


def between(low: float, high: float, *shapes: tuple[int, ...]) -> Make:
    return lambda rng: [rng.uniform(low, high, shape) for shape in shapes]


def few_values(*shapes: tuple[int, ...]) -> Make:
    """Whole numbers from -1 to 1: many zeros and ties."""
    return lambda rng: [rng.integers(-1, 2, shape).astype(np.float64) for shape in shapes]


def classes(count: int, shape: tuple[int, ...], ignored: bool = False) -> Make:
    """Class numbers; with `ignored` one of them is -100."""

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
    """A layer's row: the inputs, then the parameters in the order of `parameters()`.

    The peer "" stands for the class of the same name in torch.nn.
    """
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
