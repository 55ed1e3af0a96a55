"""LeNet-5: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.

What differs: both convolutions are padded, so that images from 4x4 on fit (the original's second is not); ReLU for the
scaled tanh; plain average pooling; a linear layer for the radial basis functions; all channels connected.
"""

from __future__ import annotations

from .. import nn
from ..errors import ShapeError


def lenet(channels: int, height: int, width: int, classes: int) -> nn.Module:
    """Images of at least 4x4. Every size below is for 28x28."""
    if min(height, width) < 4:
        raise ShapeError(f"build: 'lenet' halves an image twice; {height}x{width} is less than 4x4")
    return nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=2),  # (N, 6, 28, 28)
        nn.ReLU(),
        nn.AvgPool2d(2),  # (N, 6, 14, 14)
        nn.Conv2d(6, 16, 5, padding=2),  # (N, 16, 14, 14)
        nn.ReLU(),
        nn.AvgPool2d(2),  # (N, 16, 7, 7)
        nn.Flatten(),  # (N, 784)
        nn.Linear(16 * (height // 4) * (width // 4), 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )
