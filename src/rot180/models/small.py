"""The default model: three 3x3 convolutions and a linear layer, 58,314 weights on the 8x8 digits."""

from __future__ import annotations

from .. import nn
from ..errors import ShapeError


def small(channels: int, height: int, width: int, classes: int) -> nn.Module:
    """Build the network for images of at least 4x4. The sizes in the comments are for 8x8."""
    if min(height, width) < 4:
        raise ShapeError(f"build: 'small' needs images of at least 4x4; got {height}x{width}")
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding=1),  # (N, 32, 8, 8)
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),  # (N, 64, 8, 8)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 64, 4, 4)
        nn.Conv2d(64, 64, 3, padding=1),  # (N, 64, 4, 4)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 64, 2, 2)
        nn.Flatten(),  # (N, 256)
        nn.Linear(64 * (height // 4) * (width // 4), classes),
    )
