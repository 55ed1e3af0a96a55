"""The battery's rows for the activations and softmax: the functions and the layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import rot180.functional as F
from rot180 import nn

from .case import Case, Make, between, few_values, layer_row, normal, together

TORCH = "torch.nn.functional"


def _values(*values: float) -> Make:
    """These cells: points at which the derivative jumps."""
    return lambda rng: [np.array(values, np.float64)]


def _rows(op: str, *settings: dict[str, Any], peer: str = "", corners: Sequence[float] = ()) -> list[Case]:
    """Rows with normal cells (the batch may be empty), maps, one cell, large values and, if there are any, corners."""
    function, peer = getattr(F, op), peer or f"{TORCH}.{op}"
    rows = [
        Case(op, function, normal((3, 4)), peer, batch=(0,)),
        Case(op, function, normal((2, 3, 4, 5)), peer, "maps", batch=(0,)),
        Case(op, function, normal(()), peer, "one cell"),
        Case(op, function, between(-60, 60, (21,)), peer, "far"),
        *[Case(op, function, between(-4, 4, (5, 3)), peer, settings=given) for given in settings],
    ]
    if corners:  # the derivative jumps there, so differences cannot judge, but PyTorch can
        rows += [Case(op, function, _values(*corners), peer, "corners", given, order=0) for given in ({}, *settings)]
    return rows


ACTIVATIONS = [
    *_rows("relu", corners=(-1, -0.0, 0, 1)),
    *_rows("leaky_relu", {"negative_slope": 0.3}, {"negative_slope": -0.5}, {"negative_slope": 1.5}, corners=(0, 1)),
    *_rows("elu", {"alpha": 0.3}, {"alpha": -1.2}, {"alpha": 2.0}, corners=(-1, -0.0, 0, 1)),
    *_rows("selu", corners=(-1, -0.0, 0, 1)),
    *_rows("hardtanh", {"min_val": -2.0, "max_val": 0.5}, {"min_val": 1, "max_val": 3}, corners=(-2, -1, 0, 0.5, 1, 3)),
    *_rows("relu6", corners=(-1, 0, 1, 6, 7)),
    *_rows("hardsigmoid", peer="tests.battery.peers.hardsigmoid", corners=(-4, -3, 0, 3, 4)),
    *_rows("hardswish", corners=(-4, -3, 0, 3, 4)),
    *_rows("tanh", peer="torch.tanh"),
    *_rows("arctan", peer="torch.atan"),
    *_rows("sigmoid", peer="torch.sigmoid"),
    *_rows("logsigmoid"),
    *_rows("softplus", {"beta": 2.5}, {"beta": 0.5, "threshold": 1.0}, {"beta": 3, "threshold": 0}, {"beta": -1.5}),
    *_rows("silu"),
    *_rows("mish"),
    *_rows("gelu", {"approximate": "tanh"}),
    Case("gelu", F.gelu, between(-60, 60, (21,)), f"{TORCH}.gelu", "far", {"approximate": "tanh"}),
    Case("relu", F.relu, few_values((4, 4)), f"{TORCH}.relu", "ties"),
    Case("leaky_relu", F.leaky_relu, few_values((4, 4)), f"{TORCH}.leaky_relu", "ties"),
]

PRELU = [
    Case("prelu", F.prelu, make, f"{TORCH}.prelu", label, batch=batch)
    for label, make, batch in [
        ("one slope", normal((3, 4), (1,)), (0,)),
        ("a number as slope", normal((3, 4), ()), (0,)),
        ("channels", normal((3, 4), (4,)), (0,)),
        ("one channel", normal((3, 1), (1,)), (0,)),
        ("signal", normal((2, 3, 5), (3,)), (0,)),
        ("maps", normal((2, 3, 4, 5), (3,)), (0,)),
        ("maps, one slope", normal((2, 3, 4, 5), (1,)), (0,)),
        ("volumes", normal((2, 2, 2, 3, 2), (2,)), (0,)),
        ("vector", normal((5,), (1,)), (0,)),
        ("one cell", normal((), (1,)), ()),
        ("slopes above 1", together(normal((4, 3)), between(1, 2, (3,))), (0,)),
    ]
]

SOFTMAX = [
    case
    for op in ("softmax", "log_softmax")
    for case in [
        *[
            Case(op, getattr(F, op), normal(shape), f"{TORCH}.{op}", label, {"dim": dim}, batch=(0,) if dim else ())
            for label, shape, dim in [
                ("", (3, 4), 1), ("", (3, 4), 0), ("", (2, 3, 2), -2), ("maps", (2, 4, 3, 2), 1), ("vector", (5,), 0),
                ("one class", (3, 1), 1),
            ]
        ],
        *[  # differences cannot resolve the second order: the outputs are too close to 0 or 1
            Case(op, getattr(F, op), between(-800, 800, (3, 4)), f"{TORCH}.{op}", "far", {"dim": dim}, order=1)
            for dim in (0, 1)
        ],
        Case(op, getattr(F, op), few_values((4, 4)), f"{TORCH}.{op}", "equal cells", {"dim": 1}),
    ]
]  # fmt: skip

_MAPS = normal((2, 3, 4, 5))

LAYERS = [
    layer_row(nn.ReLU, normal((3, 4))),
    layer_row(nn.LeakyReLU, normal((3, 4)), 0.2),
    layer_row(nn.ELU, normal((3, 4))),
    layer_row(nn.ELU, _MAPS, 0.5),
    layer_row(nn.SELU, normal((3, 4))),
    layer_row(nn.ReLU6, between(-3, 9, (3, 4))),
    layer_row(nn.Hardtanh, normal((3, 4))),
    layer_row(nn.Hardtanh, _MAPS, -0.5, 1.5),
    layer_row(nn.Hardsigmoid, between(-5, 5, (3, 4)), peer="tests.battery.peers.hardsigmoid"),
    layer_row(nn.Hardswish, between(-5, 5, (3, 4))),
    layer_row(nn.PReLU, normal((3, 4))),
    layer_row(nn.PReLU, _MAPS, 3),
    layer_row(nn.PReLU, normal((3, 4)), 4, label="4 features"),
    layer_row(nn.Tanh, normal((3, 4))),
    layer_row(nn.Arctan, normal((3, 4)), peer="torch.atan"),
    layer_row(nn.Sigmoid, normal((3, 4))),
    layer_row(nn.LogSigmoid, normal((3, 4))),
    layer_row(nn.Softplus, normal((3, 4))),
    layer_row(nn.Softplus, _MAPS, 2, 1.5),
    layer_row(nn.SiLU, normal((3, 4))),
    layer_row(nn.Mish, normal((3, 4))),
    layer_row(nn.GELU, normal((3, 4))),
    layer_row(nn.GELU, _MAPS, "tanh"),
    layer_row(nn.Softmax, normal((3, 4)), 1),
    layer_row(nn.LogSoftmax, normal((3, 4)), dim=0),
]

CASES = [*ACTIVATIONS, *PRELU, *SOFTMAX, *LAYERS]
