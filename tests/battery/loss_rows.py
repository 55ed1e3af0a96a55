"""The battery's rows for the losses: the functions and the layers."""

from __future__ import annotations

from typing import Any

import numpy as np

import rot180.functional as F
from rot180 import nn

from .case import Case, Make, between, classes, few_values, layer_row, normal, together

TORCH = "torch.nn.functional"
REDUCTIONS = ("mean", "sum", "none")
_WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])


def _rows(op: str, make: Make, *extra: dict[str, Any], label: str = "", **common: Any) -> list[Case]:
    """Rows with every reduction, then with the settings in `extra`."""
    return [
        Case(
            op,
            getattr(F, op),
            make,
            "tests.battery.peers.kl_div" if op == "kl_div" else f"{TORCH}.{op}",
            label,
            settings=settings,
            batch=(0, 1) if settings.get("reduction") == "none" and label != "unbatched" else (),
        )
        for settings in [*({**common, "reduction": r} for r in REDUCTIONS), *extra]
    ]


# ---- real numbers ----

_PAIR, _MAPS_PAIR = normal((3, 4), (3, 4)), normal((2, 3, 4, 2), (2, 3, 4, 2))
_EQUAL = together(few_values((4, 4)), few_values((4, 4)))

_ERRORS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
_KINKED = [("l1_loss", {}), ("smooth_l1_loss", {}), ("smooth_l1_loss", {"beta": 0}), ("huber_loss", {})]

REGRESSION = [
    *[row for op in _ERRORS for row in _rows(op, _PAIR)],
    *[row for op in _ERRORS for row in _rows(op, _MAPS_PAIR, label="maps")],
    *[Case(op, getattr(F, op), normal((), ()), f"{TORCH}.{op}", "one cell") for op in _ERRORS],
    *[  # the derivative jumps there, or the second one does, so differences cannot judge, but PyTorch can
        Case(op, getattr(F, op), _EQUAL, f"{TORCH}.{op}", "corners", settings, order=0) for op, settings in _KINKED
    ],
    *[row for beta in (0, 0.3, 2) for row in _rows("smooth_l1_loss", _PAIR, label="beta", beta=beta)],
    *[row for delta in (0.3, 2) for row in _rows("huber_loss", _PAIR, label="delta", delta=delta)],
]

# ---- probabilities ----

_LOGITS = together(normal((3, 4)), between(0.1, 0.9, (3, 4)))
_SHARES = together(normal((3, 4)), between(0.05, 0.9, (3, 4)))

PROBABILITY = [
    *_rows("binary_cross_entropy", between(0.1, 0.9, (3, 4), (3, 4)), {"weight": _WEIGHT}),
    *_rows("binary_cross_entropy", between(0.1, 0.9, (3, 4), (3, 4)), label="weighted", weight=_WEIGHT),
    *_rows(
        "binary_cross_entropy_with_logits", _LOGITS, {"weight": _WEIGHT}, {"pos_weight": _WEIGHT},
        {"weight": _WEIGHT, "pos_weight": _WEIGHT, "reduction": "sum"},
    ),
    Case("binary_cross_entropy_with_logits", F.binary_cross_entropy_with_logits,
         together(between(-900, 900, (4, 4)), between(0.1, 0.9, (4, 4))),
         f"{TORCH}.binary_cross_entropy_with_logits", "far", {"pos_weight": _WEIGHT}),
    *[
        row
        for log_target in (False, True)
        for make, label in [(_SHARES, "pair"), (together(normal((2, 3, 4)), between(0.05, 0.9, (2, 3, 4))), "maps")]
        for row in _rows("kl_div", make, {"reduction": "batchmean", "log_target": log_target}, label=label,
                         log_target=log_target)
    ],
    Case("kl_div", F.kl_div, together(normal((5,)), between(0.1, 1, (5,))), f"{TORCH}.kl_div", "vector",
         {"reduction": "batchmean"}),
    Case("kl_div", F.kl_div, together(normal(()), between(0.1, 1, ())), f"{TORCH}.kl_div", "one cell",
         {"reduction": "batchmean"}),
]  # fmt: skip

# ---- classes ----

_PLAIN = together(normal((5, 4)), classes(4, (5,)))
_SOME_IGNORED = together(normal((5, 4)), classes(4, (5,), ignored=True))
_SIGNAL = together(normal((2, 4, 3)), classes(4, (2, 3), ignored=True))
_MAPS = together(normal((2, 4, 3, 2)), classes(4, (2, 3, 2), ignored=True))
_ONE = together(normal((4,)), classes(4, ()))


def _soft(*shape: int) -> Make:
    return together(normal(shape), between(0.1, 0.9, shape))


CLASSES = [
    case
    for op in ("nll_loss", "cross_entropy")
    for case in [
        *_rows(op, _PLAIN, {"weight": _WEIGHT}),
        *_rows(op, _SOME_IGNORED, label="some ignored", weight=_WEIGHT),
        *_rows(op, _SIGNAL, label="signal"),
        *_rows(op, _MAPS, label="maps", weight=_WEIGHT),
        *_rows(op, _PLAIN, label="class ignored", ignore_index=2),
        *_rows(op, _ONE, label="unbatched", weight=_WEIGHT),
    ]
]

SMOOTHED = [
    *[
        row
        for smoothing in (0.1, 1.0)
        for given in ({}, {"weight": _WEIGHT})
        for label, make in [("smoothed", _PLAIN), ("smoothed, some ignored", _SOME_IGNORED), ("smoothed maps", _MAPS)]
        for row in _rows("cross_entropy", make, label=label, label_smoothing=smoothing, **given)
    ],
    *_rows("cross_entropy", _PLAIN, label="smoothed, class ignored", ignore_index=1, label_smoothing=0.3),
    *[
        row
        for given in ({}, {"weight": _WEIGHT}, {"label_smoothing": 0.2}, {"label_smoothing": 0.2, "weight": _WEIGHT})
        for label, shape in [("probabilities", (5, 4)), ("probabilities of signals", (2, 4, 3)),
                             ("probabilities of maps", (2, 4, 3, 2))]
        for row in _rows("cross_entropy", _soft(*shape), label=label, **given)
    ],
    *[
        Case("cross_entropy", F.cross_entropy, make, f"{TORCH}.cross_entropy", "unbatched",
             {"label_smoothing": 0.2, "weight": _WEIGHT, "reduction": reduction})
        for reduction in REDUCTIONS for make in [_ONE]
    ],
    *[
        Case("cross_entropy", F.cross_entropy, _soft(4), f"{TORCH}.cross_entropy", "unbatched probabilities",
             {"label_smoothing": 0.2, "weight": _WEIGHT, "reduction": reduction})
        for reduction in REDUCTIONS
    ],
    *[
        Case("cross_entropy", F.cross_entropy, together(between(-900, 900, (5, 4)), classes(4, (5,))),
             f"{TORCH}.cross_entropy", "far", settings)
        for settings in ({}, {"label_smoothing": 0.1})
    ],
]  # fmt: skip

# ---- layers ----

_FLOAT32 = _WEIGHT.astype(np.float32)

LAYERS = [
    layer_row(nn.MSELoss, _PAIR),
    layer_row(nn.L1Loss, _PAIR),
    layer_row(nn.L1Loss, _PAIR, reduction="sum"),
    layer_row(nn.SmoothL1Loss, _PAIR),
    layer_row(nn.SmoothL1Loss, _PAIR, reduction="none", beta=0.4),
    layer_row(nn.HuberLoss, _PAIR),
    layer_row(nn.HuberLoss, _PAIR, "sum", 0.4),
    layer_row(nn.KLDivLoss, _SHARES, reduction="none"),
    layer_row(nn.KLDivLoss, _SHARES, reduction="batchmean", log_target=True),
    layer_row(nn.NLLLoss, _PLAIN, _FLOAT32),
    layer_row(nn.NLLLoss, together(normal((2, 4, 3)), classes(4, (2, 3))), ignore_index=1, reduction="none"),
    layer_row(nn.CrossEntropyLoss, _SOME_IGNORED, _FLOAT32, reduction="sum"),
    layer_row(nn.CrossEntropyLoss, _MAPS, _FLOAT32, label_smoothing=0.1),
    layer_row(nn.CrossEntropyLoss, _soft(5, 4), label_smoothing=0.1),
    layer_row(nn.BCELoss, between(0.1, 0.9, (3, 4), (3, 4)), reduction="none"),
    layer_row(nn.BCEWithLogitsLoss, _LOGITS, pos_weight=_FLOAT32),
]

CASES = [*REGRESSION, *PROBABILITY, *CLASSES, *SMOOTHED, *LAYERS]
