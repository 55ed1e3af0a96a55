"""ResNet-20 for small images: K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", 2016,
section 4.2.

Difference from the paper: if a block changes the width, its shortcut is a 1x1 convolution with batch norm (option B)
instead of zero padding.
"""

from __future__ import annotations

from .. import functional as F
from .. import nn
from ..errors import ShapeError
from ..tape import Tensor

WIDTHS = (16, 32, 64)
BLOCKS = 3  # per width, with two convolutions each: 3 * 3 * 2 + 2 = 20 layers with weights


class Block(nn.Module):
    """relu(x + f(x)), where f is two 3x3 convolutions with batch norm; a stride of 2 halves the image."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, before, H, W) to (N, after, H / stride, W / stride)."""
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


def resnet20(channels: int, height: int, width: int, classes: int) -> nn.Module:
    """Build the network for images of at least 8x8. The sizes in the comments are for 32x32."""
    if min(height, width) < 8:
        raise ShapeError(f"build: 'resnet20' needs images of at least 8x8; got {height}x{width}")
    blocks: list[nn.Module] = []
    before = WIDTHS[0]
    for stage, after in enumerate(WIDTHS):  # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
        for block in range(BLOCKS):
            blocks.append(Block(before, after, stride=2 if stage and not block else 1))
            before = after
    model = nn.Sequential(
        nn.Conv2d(channels, WIDTHS[0], 3, padding=1, bias=False),  # (N, 16, 32, 32)
        nn.BatchNorm2d(WIDTHS[0]),
        nn.ReLU(),
        *blocks,
        nn.AdaptiveAvgPool2d(1),  # (N, 64, 1, 1)
        nn.Flatten(),
        nn.Linear(WIDTHS[-1], classes),
    )
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model
