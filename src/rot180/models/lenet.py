"""LeNet-5: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.

Differences from the paper: both convolutions are padded, so that 4x4 images are enough; ReLU instead of a scaled tanh;
average pooling without weights; a linear layer instead of radial basis functions; all channels are connected.
"""

from __future__ import annotations

from .. import nn
from ..errors import ShapeError


def lenet(channels: int, height: int, width: int, classes: int) -> nn.Module:
    """Build the network for images of at least 4x4. The sizes in the comments are for 28x28."""
    if min(height, width) < 4:
        raise ShapeError(f"build: 'lenet' needs images of at least 4x4; got {height}x{width}")
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
