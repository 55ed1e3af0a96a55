"""The battery's rows for the activations, losses, linear layer and padding of `rot180.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

import rot180.functional as F

from .case import Case, Make, between, classes, few_values, normal, together

TORCH = "torch.nn.functional"

ACTIVATIONS = [
    Case("relu", F.relu, normal((3, 4)), f"{TORCH}.relu", batch=(0,)),
    Case("relu", F.relu, few_values((4, 4)), f"{TORCH}.relu", "ties"),
    Case("leaky_relu", F.leaky_relu, normal((3, 4)), f"{TORCH}.leaky_relu", batch=(0,)),
    Case("leaky_relu", F.leaky_relu, normal((3, 4)), f"{TORCH}.leaky_relu", settings={"negative_slope": 0.3}),
    Case("leaky_relu", F.leaky_relu, few_values((4, 4)), f"{TORCH}.leaky_relu", "ties"),
    Case("tanh", F.tanh, normal((3, 4)), "torch.tanh", batch=(0,)),
    Case("arctan", F.arctan, normal((3, 4)), "torch.atan", batch=(0,)),
    Case("sigmoid", F.sigmoid, normal((3, 4)), "torch.sigmoid", batch=(0,)),
    Case("sigmoid", F.sigmoid, between(-60, 60, (12,)), "torch.sigmoid", "far"),
    Case("softmax", F.softmax, normal((3, 4)), f"{TORCH}.softmax", settings={"dim": 1}, batch=(0,)),
    Case("softmax", F.softmax, between(-800, 800, (3, 4)), f"{TORCH}.softmax", "far", {"dim": 0}),
    Case("log_softmax", F.log_softmax, normal((2, 3, 2)), f"{TORCH}.log_softmax", settings={"dim": -2}, batch=(0,)),
    Case("log_softmax", F.log_softmax, between(-800, 800, (3, 4)), f"{TORCH}.log_softmax", "far", {"dim": 1}),
    Case("dropout", F.dropout, normal((4, 5)), None, settings={"p": 0.4}, batch=(0,)),  # the draws differ
    Case("dropout", F.dropout, normal((4, 5)), f"{TORCH}.dropout", settings={"p": 0.4, "training": False}),
    Case("dropout", F.dropout, normal((4, 5)), f"{TORCH}.dropout", settings={"p": 1.0}),
]

_WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])


def _losses(op: str, make: Make, *extra: dict[str, Any]) -> list[Case]:
    function = getattr(F, op)
    reductions = ({"reduction": r} for r in ("mean", "sum", "none"))
    return [
        Case(
            op,
            function,
            make,
            f"{TORCH}.{op}",
            settings=settings,
            batch=(0, 1) if settings.get("reduction") == "none" else (),
        )
        for settings in (*reductions, *extra)
    ]


_LOGITS = together(normal((3, 4)), between(0.1, 0.9, (3, 4)))
_MAPS = together(normal((2, 4, 3)), classes(4, (2, 3), ignored=True))

LOSSES = [
    *_losses("mse_loss", normal((3, 4), (3, 4))),
    *_losses("binary_cross_entropy", between(0.1, 0.9, (3, 4), (3, 4)), {"weight": _WEIGHT}),
    *_losses(
        "binary_cross_entropy_with_logits", _LOGITS, {"weight": _WEIGHT}, {"pos_weight": _WEIGHT},
        {"weight": _WEIGHT, "pos_weight": _WEIGHT, "reduction": "sum"},
    ),
    *[
        case
        for op in ("nll_loss", "cross_entropy")
        for case in [
            *_losses(op, together(normal((5, 4)), classes(4, (5,))), {"weight": _WEIGHT}),
            Case(op, getattr(F, op), _MAPS, f"{TORCH}.{op}", "maps, some ignored", {"weight": _WEIGHT}),
            Case(op, getattr(F, op), _MAPS, f"{TORCH}.{op}", "maps", {"reduction": "none"}),
            Case(op, getattr(F, op), together(normal((4,)), classes(4, ())), f"{TORCH}.{op}", "unbatched"),
        ]
    ],
    *[
        Case("cross_entropy", F.cross_entropy, make, f"{TORCH}.cross_entropy", "probabilities", settings)
        for make, settings in [
            (together(normal((5, 4)), between(0.1, 0.9, (5, 4))), {}),
            (together(normal((5, 4)), between(0.1, 0.9, (5, 4))), {"weight": _WEIGHT, "reduction": "sum"}),
            (together(normal((2, 4, 3)), between(0.1, 0.9, (2, 4, 3))), {"reduction": "none"}),
        ]
    ],
    Case("cross_entropy", F.cross_entropy, together(normal((2, 4, 3)), between(0.1, 0.9, (2, 4, 3))),
         f"{TORCH}.cross_entropy", "probabilities of maps", {"weight": _WEIGHT}),
    Case("cross_entropy", F.cross_entropy, together(between(-900, 900, (5, 4)), classes(4, (5,))),
         f"{TORCH}.cross_entropy", "far"),
]  # fmt: skip

LINEAR = [
    Case("linear", F.linear, normal((3, 4), (2, 4), (2,)), f"{TORCH}.linear", batch=(0,), unbatched=True),
    Case("linear", F.linear, normal((3, 4), (2, 4)), f"{TORCH}.linear", "no bias", batch=(0,)),
    Case("linear", F.linear, normal((2, 3, 4), (2, 4), (2,)), f"{TORCH}.linear", "3d", batch=(0,)),
]

PADS = [
    Case("pad", F.pad, normal((2, 3, 4)), f"{TORCH}.pad", settings=settings, batch=(0,))
    for settings in ({"pad": (1, 2)}, {"pad": (1, 0, 2, 1), "value": 1.5}, {"pad": (-1, 2, 1, -1)}, {"pad": (0, 0)})
]

CASES = [*ACTIVATIONS, *LOSSES, *LINEAR, *PADS]
