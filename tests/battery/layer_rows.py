"""The battery's rows for the layers of `rot180.nn`: inputs first, then the parameters as `parameters()` has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from rot180 import nn

from .case import Case, Layer, Make, between, classes, normal, together

_WEIGHT = np.array([0.5, 2.0, 1.0, 0.25], np.float32)


def _row(module: type, make: Make, *args: Any, peer: str | None = "", label: str = "", **named: Any) -> Case:
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


_MAPS = normal((2, 3, 4, 5))

CASES = [
    _row(nn.ReLU, normal((3, 4))),
    _row(nn.LeakyReLU, normal((3, 4)), 0.2),
    _row(nn.Tanh, normal((3, 4))),
    _row(nn.Arctan, normal((3, 4)), peer="torch.atan"),
    _row(nn.Sigmoid, normal((3, 4))),
    _row(nn.Softmax, normal((3, 4)), 1),
    _row(nn.LogSoftmax, normal((3, 4)), dim=0),
    _row(nn.Dropout, normal((3, 4)), 0.3, peer=None),  # the draws differ
    _row(nn.Identity, normal((3, 4))),
    _row(nn.Flatten, _MAPS),
    _row(nn.Unflatten, normal((2, 6)), 1, (2, 3)),
    _row(nn.Linear, normal((3, 4)), 4, 2),
    _row(nn.Linear, normal((3, 4)), 4, 2, bias=False),
    _row(nn.Conv1d, normal((2, 3, 7)), 3, 2, 3, stride=2, padding=1),
    _row(nn.Conv2d, _MAPS, 3, 4, (3, 2), padding="same"),
    _row(nn.Conv2d, normal((3, 4, 5)), 3, 6, 2, groups=3, bias=False),
    _row(nn.Conv3d, normal((2, 2, 4, 3, 3)), 2, 2, 2, dilation=2, padding=1),
    _row(nn.ConvTranspose1d, normal((2, 3, 4)), 3, 2, 3, stride=2, padding=1, output_padding=1),
    _row(nn.ConvTranspose2d, _MAPS, 3, 2, 2, 2, 1, dilation=2),
    _row(nn.ConvTranspose3d, normal((2, 2, 2, 2, 3)), 2, 2, 2, stride=2, groups=2, bias=False),
    _row(nn.MaxPool1d, normal((2, 3, 7)), 3, 2, 1),
    _row(nn.MaxPool2d, _MAPS, 2, stride=1, dilation=2),
    _row(nn.MaxPool3d, normal((2, 2, 4, 5, 3)), 2, ceil_mode=True),
    _row(nn.AvgPool1d, normal((2, 3, 7)), 3, 2, 1),
    _row(nn.AvgPool2d, _MAPS, 3, 2, 1, count_include_pad=False),
    _row(nn.AvgPool3d, normal((2, 2, 4, 5, 3)), 2, divisor_override=3),
    _row(nn.ConstantPad1d, normal((2, 3, 4)), (1, 2), 0.5),
    _row(nn.ConstantPad2d, _MAPS, (1, 0, 2, 1), 2.0),
    _row(nn.ConstantPad3d, normal((2, 2, 2, 3, 2)), 1, -1.0),
    _row(nn.ZeroPad2d, _MAPS, (0, 1, -1, 2)),
    _row(nn.MSELoss, normal((3, 4), (3, 4))),
    _row(nn.NLLLoss, together(normal((5, 4)), classes(4, (5,))), _WEIGHT),
    _row(nn.CrossEntropyLoss, together(normal((5, 4)), classes(4, (5,), ignored=True)), _WEIGHT, reduction="sum"),
    _row(nn.BCELoss, between(0.1, 0.9, (3, 4), (3, 4)), reduction="none"),
    _row(nn.BCEWithLogitsLoss, together(normal((3, 4)), between(0.1, 0.9, (3, 4))), pos_weight=_WEIGHT),
]
