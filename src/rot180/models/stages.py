"""The default model from 16x16 on: a 3x3 convolution with batch norm for every halving, then a linear layer.

29,178 weights on 28x28 grey, 33,946 on 32x32 colour. The plan is that of VGG (K. Simonyan and A. Zisserman, "Very deep
convolutional networks for large-scale image recognition", 2015) with one convolution for each of its two or three, and
batch norm (S. Ioffe and C. Szegedy, 2015).
"""

from __future__ import annotations

from itertools import pairwise

from .. import nn
from ..errors import ShapeError

SMALLEST = 8  # pixels of the shorter side


def stages(channels: int, height: int, width: int, classes: int) -> nn.Module:
    """Images of at least 8x8; halved until the shorter side is 4 at most. Every size below is for 28x28."""
    if min(height, width) < SMALLEST:
        raise ShapeError(f"build: 'stages' needs images of at least {SMALLEST}x{SMALLEST}; got {height}x{width}")
    halvings = _halvings(min(height, width))
    widths = [channels, *(max(64 >> (halvings - 1), 16) << stage for stage in range(halvings))]  # 1, 16, 32, 64
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):  # 28x28 to 14x14, 7x7 and 3x3
        layers += [
            nn.Conv2d(before, after, 3, padding=1, bias=False),  # batch norm has a bias of its own
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    cells = (height >> halvings) * (width >> halvings)  # 9
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * cells, classes))


def _halvings(side: int) -> int:
    return 0 if side <= 4 else 1 + _halvings(side // 2)
