"""The default model for images of at least 16x16: 3x3 convolutions with batch norm and pooling, then a linear layer.

The network has 29,178 weights for 28x28 grey images and 33,946 for 32x32 colour images. The design follows VGG (K.
Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015), with one
convolution per stage instead of two or three, and with batch norm (S. Ioffe and C. Szegedy, 2015).
"""

from __future__ import annotations

from itertools import pairwise

from .. import nn
from ..errors import ShapeError

SMALLEST = 8  # pixels of the shorter side


def stages(channels: int, height: int, width: int, classes: int) -> nn.Module:
    """Build the network for images of at least 8x8, with one stage per halving until the shorter side is at most 4.

    The sizes in the comments are for 28x28.
    """
    if min(height, width) < SMALLEST:
        raise ShapeError(f"build: 'stages' needs images of at least {SMALLEST}x{SMALLEST}; got {height}x{width}")
    halvings = _halvings(min(height, width))
    widths = [channels, *(max(64 >> (halvings - 1), 16) << stage for stage in range(halvings))]  # 1, 16, 32, 64
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):  # 28x28 to 14x14, 7x7 and 3x3
        layers += [
            nn.Conv2d(before, after, 3, padding=1, bias=False),  # batch norm adds a bias
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    cells = (height >> halvings) * (width >> halvings)  # 9
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * cells, classes))


def _halvings(side: int) -> int:
    return 0 if side <= 4 else 1 + _halvings(side // 2)
