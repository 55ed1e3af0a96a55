"""The battery's rows for the tape: arithmetic, reductions, shapes, indexing, joining."""

from __future__ import annotations

from typing import Any

import numpy as np

import rot180
from rot180.tape import arithmetic, elementary, reduction, shape

from .case import Case, Make, between, few_values, normal

# The functions below work on Tensors of both libraries, so they are their own peers.
HERE = "tests.battery.tape_rows"


def index(x: Any, key: Any) -> Any:
    return x[key]


def scalar_minus(x: Any) -> Any:
    return 2.0 - x


def scalar_over(x: Any) -> Any:
    return 2.0 / x


def scalar_power(x: Any) -> Any:
    return 2.0**x


def method(x: Any, name: str, args: tuple[Any, ...] = ()) -> Any:
    return getattr(x, name)(*args)


def cat(*xs: Any, dim: int) -> Any:
    return rot180.cat(xs, dim)


def stack(*xs: Any, dim: int) -> Any:
    return rot180.stack(xs, dim)


def where(a: Any, b: Any, condition: np.ndarray) -> Any:
    return rot180.where(condition, a, b)


def astype_and_back(x: Any) -> Any:
    """Through the other dtype and back."""
    return x.astype(np.float32).astype(np.float64) if x.dtype == np.float64 else x.double().float()


def _binary(op: str, ours: Any, peer: str, make: Any = normal) -> list[Case]:
    return [
        Case(op, ours, make((3, 4), (3, 4)), peer, batch=(0, 1)),
        Case(op, ours, make((3, 1, 4), (2, 1)), peer, "broadcast"),
        Case(op, ours, make((), (2, 3)), peer, "0d"),
    ]


def _positive(*shapes: tuple[int, ...]) -> Make:
    return between(0.3, 2.0, *shapes)


_MASK = np.array([[True, False, True, True], [False, False, True, False]])

ELEMENTWISE = [
    *_binary("add", arithmetic.add, "torch.add"),
    *_binary("sub", arithmetic.sub, "torch.sub"),
    *_binary("mul", arithmetic.mul, "torch.mul"),
    *_binary("div", arithmetic.div, "torch.div", _positive),
    *_binary("power", arithmetic.power, "torch.pow", _positive),
    *_binary("maximum", arithmetic.maximum, "torch.maximum"),
    *_binary("minimum", arithmetic.minimum, "torch.minimum"),
    Case("maximum", arithmetic.maximum, few_values((4, 5), (4, 5)), "torch.maximum", "ties"),
    Case("minimum", arithmetic.minimum, few_values((4, 5), (4, 5)), "torch.minimum", "ties"),
    Case("sub", scalar_minus, normal((3, 2)), f"{HERE}.scalar_minus", "number"),
    Case("div", scalar_over, _positive((3, 2)), f"{HERE}.scalar_over", "number"),
    Case("power", scalar_power, normal((3, 2)), f"{HERE}.scalar_power", "number"),
    *[
        Case("power", arithmetic.power, few_values((3, 2)), "torch.pow", f"by {b}", {"b": b}, {"exponent": b})
        for b in (0, 1, 2, 3.0)
    ],
    Case("power", arithmetic.power, _positive((3, 2)), "torch.pow", "by -1.5", {"b": -1.5}, {"exponent": -1.5}),
    Case("where", where, normal((2, 4), (2, 4)), "tests.battery.peers.where", settings={"condition": _MASK}),
    Case("where", where, normal((4,), ()), "tests.battery.peers.where", "broadcast", {"condition": _MASK}),
    Case("neg", elementary.neg, normal((3, 4)), "torch.neg", batch=(0,)),
    Case("exp", elementary.exp, normal((3, 4)), "torch.exp", batch=(0,)),
    Case("log", elementary.log, _positive((3, 4)), "torch.log", batch=(0,)),
    Case("sqrt", elementary.sqrt, _positive((3, 4)), "torch.sqrt", batch=(0,)),
    Case("absolute", elementary.absolute, normal((3, 4)), "torch.abs", batch=(0,)),
    Case("absolute", elementary.absolute, few_values((3, 4)), "torch.abs", "ties"),
    Case("erf", elementary.erf, between(-2.0, 2.0, (3, 4)), "torch.erf", batch=(0,)),
    Case("erf", elementary.erf, between(-8.0, 8.0, (3, 7)), "torch.erf", "far", order=0),  # erf near 1 drowns its slope
    Case("sin", elementary.sin, normal((3, 4)), "torch.sin", batch=(0,)),
    Case("cos", elementary.cos, normal((3, 4)), "torch.cos", batch=(0,)),
    Case("clamp", elementary.clamp, normal((4, 4)), "torch.clamp", settings={"min": -0.5, "max": 0.5}, batch=(0,)),
    Case("clamp", elementary.clamp, normal((4, 4)), "torch.clamp", settings={"min": 0.1}),
    Case("clamp", elementary.clamp, few_values((4, 4)), "torch.clamp", "ties", {"max": 0.0}),
]

MATMUL = [
    Case("matmul", arithmetic.matmul, normal(a, b), "torch.matmul", f"{len(a)}d by {len(b)}d{note}")
    for a, b, note in [
        ((2, 3), (3, 4), ""), ((3,), (3,), ""), ((3,), (3, 4), ""), ((2, 3), (3,), ""), ((2, 2, 3), (3, 4), ""),
        ((2, 3), (2, 3, 4), ""), ((2, 1, 2, 3), (4, 3, 2), " broadcast"), ((3,), (2, 3, 4), ""), ((2, 2, 3), (3,), ""),
        ((0, 3), (3, 4), " empty"), ((2, 0), (0, 4), " over nothing"),
    ]
]  # fmt: skip

REDUCTIONS = [
    *[
        Case(op, getattr(reduction, op), normal((2, 3, 4)), f"torch.{op}", settings=settings)
        for op in ("sum", "mean", "amax", "amin")
        for settings in ({"dim": 1}, {"dim": (0, -1)}, {"dim": -2, "keepdim": True}, {"dim": (0, 2), "keepdim": True})
    ],
    Case("sum", reduction.sum, normal((2, 3)), "torch.sum"),
    Case("mean", reduction.mean, normal((2, 3)), "torch.mean"),
    Case("sum", reduction.sum, normal((0, 3)), "torch.sum", "empty", {"dim": 0}),
    Case("amax", reduction.amax, few_values((4, 5)), "torch.amax", "ties", {"dim": 1}),
    Case("amin", reduction.amin, few_values((4, 5)), "torch.amin", "ties", {"dim": (0, 1)}),
    *[
        Case(op, getattr(reduction, op), make, f"torch.{op}", label, settings)
        for op in ("max", "min")
        for make, label, settings in [
            (normal((3, 4)), "", {}),
            (normal((3, 2, 4)), "", {"dim": 1}),
            (normal((3, 4)), "", {"dim": -1, "keepdim": True}),
            (few_values((4, 6)), "ties", {"dim": 1}),
        ]
    ],
]

SHAPES = [
    Case("reshape", shape.reshape, normal((2, 6)), "torch.reshape", settings={"shape": (3, -1)}),
    Case("permute", shape.permute, normal((2, 3, 4)), "torch.permute", settings={"dims": (2, 0, -2)}),
    Case("swapaxes", shape.swapaxes, normal((2, 3, 4)), "torch.transpose", settings={"dim0": 0, "dim1": -1}),
    Case("squeeze", shape.squeeze, normal((2, 1, 3, 1)), "torch.squeeze"),
    Case("squeeze", shape.squeeze, normal((2, 1, 3, 1)), "torch.squeeze", settings={"dim": 1}),
    Case("squeeze", shape.squeeze, normal((2, 3)), "torch.squeeze", settings={"dim": 0}),
    Case("unsqueeze", shape.unsqueeze, normal((2, 3)), "torch.unsqueeze", settings={"dim": -1}),
    Case("flatten", shape.flatten, normal((2, 3, 4)), "torch.flatten"),
    Case("flatten", shape.flatten, normal((2, 3, 4)), "torch.flatten", settings={"start_dim": 1}, batch=(0,)),
    Case("flatten", shape.flatten, normal(()), "torch.flatten", "0d"),
    Case("broadcast_to", shape.broadcast_to, normal((2, 1)), "torch.broadcast_to", settings={"shape": (3, 2, 4)},
         peer_settings={"size": (3, 2, 4)}),
    Case("cat", cat, normal((2, 3), (2, 1), (2, 2)), "tests.battery.peers.cat", settings={"dim": 1}, batch=(0, 1, 2)),
    Case("cat", cat, normal((2, 3), (0, 3)), "tests.battery.peers.cat", "empty", {"dim": -2}),
    Case("stack", stack, normal((2, 3), (2, 3)), "tests.battery.peers.stack", settings={"dim": -1}),
    Case("stack", stack, normal((2, 3), (2, 3)), "tests.battery.peers.stack", settings={"dim": 0}),
]  # fmt: skip

_KEYS = {  # torch refuses negative steps
    "integer": 1,
    "slices": (slice(None), slice(0, 3, 2)),
    "ellipsis and None": (Ellipsis, None, 2),
    "integers": np.array([2, 0, 2, -1]),
    "integers beside a slice": (slice(None), np.array([[0, 1], [1, 1]])),
    "pairs": (np.array([0, 1, 0]), np.array([2, 2, 2])),
    "integers apart": (np.array([0, 1, 0]), slice(1, 3), np.array([3, 2, 3])),
    "boolean": np.array([True, False, True]),
    "empty": slice(1, 1),
}

INDEXING = [
    Case("getitem", index, normal((3, 4, 5)), f"{HERE}.index", label, {"key": key}) for label, key in _KEYS.items()
]

METHODS = [
    Case(
        "astype", astype_and_back, few_values((3, 2)), "tests.battery.peers.astype_and_back", order=0, arrays=False
    ),  # rounds, so a step function
    Case("clone", method, normal((3, 2)), f"{HERE}.method", settings={"name": "clone"}, arrays=False),
    Case("T", lambda x: x.T, normal((3, 2)), f"{HERE}.method", peer_settings={"name": "t"}, arrays=False),
]

CASES = [*ELEMENTWISE, *MATMUL, *REDUCTIONS, *SHAPES, *INDEXING, *METHODS]
