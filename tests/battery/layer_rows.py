"""The battery's rows for the layers of `rot180.nn`: inputs first, then the parameters as `parameters()` has them."""

from __future__ import annotations

from rot180 import nn

from .case import layer_row, normal

_MAPS = normal((2, 3, 4, 5))

CASES = [
    layer_row(nn.Dropout, normal((3, 4)), 0.3, peer=None),  # the draws differ
    layer_row(nn.Identity, normal((3, 4))),
    layer_row(nn.Flatten, _MAPS),
    layer_row(nn.Unflatten, normal((2, 6)), 1, (2, 3)),
    layer_row(nn.Linear, normal((3, 4)), 4, 2),
    layer_row(nn.Linear, normal((3, 4)), 4, 2, bias=False),
    layer_row(nn.Conv1d, normal((2, 3, 7)), 3, 2, 3, stride=2, padding=1),
    layer_row(nn.Conv2d, _MAPS, 3, 4, (3, 2), padding="same"),
    layer_row(nn.Conv2d, normal((3, 4, 5)), 3, 6, 2, groups=3, bias=False),
    layer_row(nn.Conv3d, normal((2, 2, 4, 3, 3)), 2, 2, 2, dilation=2, padding=1),
    layer_row(nn.ConvTranspose1d, normal((2, 3, 4)), 3, 2, 3, stride=2, padding=1, output_padding=1),
    layer_row(nn.ConvTranspose2d, _MAPS, 3, 2, 2, 2, 1, dilation=2),
    layer_row(nn.ConvTranspose3d, normal((2, 2, 2, 2, 3)), 2, 2, 2, stride=2, groups=2, bias=False),
    layer_row(nn.MaxPool1d, normal((2, 3, 7)), 3, 2, 1),
    layer_row(nn.MaxPool2d, _MAPS, 2, stride=1, dilation=2),
    layer_row(nn.MaxPool3d, normal((2, 2, 4, 5, 3)), 2, ceil_mode=True),
    layer_row(nn.AvgPool1d, normal((2, 3, 7)), 3, 2, 1),
    layer_row(nn.AvgPool2d, _MAPS, 3, 2, 1, count_include_pad=False),
    layer_row(nn.AvgPool3d, normal((2, 2, 4, 5, 3)), 2, divisor_override=3),
]
