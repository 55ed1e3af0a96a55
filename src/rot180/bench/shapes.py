"""The layers that are measured: thirteen of many kinds, and the distinct convolutions of four networks.

A row is (name, transposed, N, C, size, O, kernel, stride, padding, dilation, groups). C are the input channels and O
the output channels of the layer, also of a transposed one.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from ..window import Window


class Layer(NamedTuple):
    """One two-dimensional layer with a square input and a square kernel."""

    name: str
    transposed: bool
    images: int
    channels: int
    size: int
    out: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1

    @property
    def window(self) -> Window:
        """The geometry. The input of a transposed layer is y."""
        kernel, stride, dilation = (self.kernel,) * 2, (self.stride,) * 2, (self.dilation,) * 2
        size = (self.size,) * 2
        if self.transposed:
            return Window.transposed("bench", size, kernel, stride, self.padding, (0, 0), dilation, self.groups)
        return Window.plain("bench", size, kernel, stride, self.padding, dilation, self.groups)

    @property
    def wide(self) -> int:
        """Channels of x."""
        return self.out if self.transposed else self.channels

    @property
    def narrow(self) -> int:
        """Channels of y."""
        return self.channels if self.transposed else self.out

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """(O, C/G, R, S), where O are the channels of y: the input channels of a transposed layer."""
        return self.narrow, self.wide // self.groups, self.kernel, self.kernel

    @property
    def result_shape(self) -> tuple[int, ...]:
        """The shape (N, O, *size) of the result."""
        window = self.window
        return self.images, self.out, *(window.x_size if self.transposed else window.y_size)

    @property
    def multiply_adds(self) -> int:
        """Products of the forward, including those with padding; the backward has twice as many."""
        return self.images * math.prod(self.window.y_size) * math.prod(self.weight_shape)


LAYERS = [
    Layer("lenet1 k5 p2", False, 64, 1, 28, 6, 5, padding=2),
    Layer("lenet2 k5", False, 64, 6, 14, 16, 5),
    Layer("3-64 32x32 k3", False, 32, 3, 32, 64, 3, padding=1),
    Layer("64-64 32x32 k3", False, 32, 64, 32, 64, 3, padding=1),
    Layer("256-256 8x8 k3", False, 32, 256, 8, 256, 3, padding=1),
    Layer("3-64 224x224 k7 s2", False, 8, 3, 224, 64, 7, stride=2, padding=3),
    Layer("64-64 56x56 k1", False, 8, 64, 56, 64, 1),
    Layer("depthwise 96 56x56 k3", False, 8, 96, 56, 96, 3, padding=1, groups=96),
    Layer("dilated 64 56x56 k3 d2", False, 8, 64, 56, 64, 3, padding=2, dilation=2),
    Layer("convT 100-512 1x1 k4", True, 32, 100, 1, 512, 4),
    Layer("convT 512-256 4x4 k4 s2", True, 32, 512, 4, 256, 4, stride=2, padding=1),
    Layer("convT 128-64 16x16 k4 s2", True, 32, 128, 16, 64, 4, stride=2, padding=1),
    Layer("convT 64-3 32x32 k4 s2", True, 32, 64, 32, 3, 4, stride=2, padding=1),
]


def _plain(network: str, images: int, rows: tuple[tuple[int, ...], ...]) -> list[Layer]:
    """Convolutions of rows (C, size, O, kernel, stride), padded by half a kernel; O = 0 means depthwise."""
    layers = []
    for channels, size, out, kernel, stride in rows:
        name = f"{network} {channels}-{out or 'each'} {size}x{size} k{kernel}" + (f" s{stride}" if stride > 1 else "")
        groups = 1 if out else channels
        layers.append(
            Layer(name, False, images, channels, size, out or channels, kernel, stride, kernel // 2, groups=groups)
        )
    return layers


# K. He et al., "Deep residual learning", 2016, with the stride in the 3x3 convolution, as in torchvision.
RESNET50 = _plain("ResNet-50", 8, (
    (3, 224, 64, 7, 2),
    (64, 56, 64, 1, 1), (64, 56, 64, 3, 1), (64, 56, 256, 1, 1), (256, 56, 64, 1, 1),
    (256, 56, 128, 1, 1), (128, 56, 128, 3, 2), (128, 28, 512, 1, 1), (256, 56, 512, 1, 2),
    (512, 28, 128, 1, 1), (128, 28, 128, 3, 1),
    (512, 28, 256, 1, 1), (256, 28, 256, 3, 2), (256, 14, 1024, 1, 1), (512, 28, 1024, 1, 2),
    (1024, 14, 256, 1, 1), (256, 14, 256, 3, 1),
    (1024, 14, 512, 1, 1), (512, 14, 512, 3, 2), (512, 7, 2048, 1, 1), (1024, 14, 2048, 1, 2),
    (2048, 7, 512, 1, 1), (512, 7, 512, 3, 1),
))  # fmt: skip

# K. Simonyan and A. Zisserman, "Very deep convolutional networks", 2015, configuration D.
VGG16 = _plain("VGG-16", 8, (
    (3, 224, 64, 3, 1), (64, 224, 64, 3, 1), (64, 112, 128, 3, 1), (128, 112, 128, 3, 1), (128, 56, 256, 3, 1),
    (256, 56, 256, 3, 1), (256, 28, 512, 3, 1), (512, 28, 512, 3, 1), (512, 14, 512, 3, 1),
))  # fmt: skip

# M. Sandler et al., "MobileNetV2", 2018, width 1.
MOBILENETV2 = _plain("MobileNetV2", 8, (
    (3, 224, 32, 3, 2), (32, 112, 0, 3, 1), (32, 112, 16, 1, 1),
    (16, 112, 96, 1, 1), (96, 112, 0, 3, 2), (96, 56, 24, 1, 1),
    (24, 56, 144, 1, 1), (144, 56, 0, 3, 1), (144, 56, 24, 1, 1), (144, 56, 0, 3, 2), (144, 28, 32, 1, 1),
    (32, 28, 192, 1, 1), (192, 28, 0, 3, 1), (192, 28, 32, 1, 1), (192, 28, 0, 3, 2), (192, 14, 64, 1, 1),
    (64, 14, 384, 1, 1), (384, 14, 0, 3, 1), (384, 14, 64, 1, 1), (384, 14, 96, 1, 1),
    (96, 14, 576, 1, 1), (576, 14, 0, 3, 1), (576, 14, 96, 1, 1), (576, 14, 0, 3, 2), (576, 7, 160, 1, 1),
    (160, 7, 960, 1, 1), (960, 7, 0, 3, 1), (960, 7, 160, 1, 1), (960, 7, 320, 1, 1),
    (320, 7, 1280, 1, 1),
))  # fmt: skip

# A. Radford et al., "Unsupervised representation learning with DCGANs", 2016, for 64x64: generator and discriminator.
DCGAN = [
    Layer(f"DCGAN convT {c}-{o} {size}x{size} k4 s{stride}", True, 32, c, size, o, 4, stride, padding)
    for c, size, o, stride, padding in (
        (100, 1, 512, 1, 0), (512, 4, 256, 2, 1), (256, 8, 128, 2, 1), (128, 16, 64, 2, 1), (64, 32, 3, 2, 1),
    )
] + [
    Layer(f"DCGAN {c}-{o} {size}x{size} k4 s{stride}", False, 32, c, size, o, 4, stride, padding)
    for c, size, o, stride, padding in (
        (3, 64, 64, 2, 1), (64, 32, 128, 2, 1), (128, 16, 256, 2, 1), (256, 8, 512, 2, 1), (512, 4, 1, 1, 0),
    )
]  # fmt: skip


def all_layers() -> list[Layer]:
    """The layers of all lists, each geometry once."""
    rows: dict[tuple[object, ...], Layer] = {}
    for layer in [*LAYERS, *RESNET50, *VGG16, *MOBILENETV2, *DCGAN]:
        rows.setdefault(layer[1:], layer)
    return list(rows.values())


def matches(name: str, texts: list[str] | None) -> bool:
    """True if there are no texts, or if a word of the name starts with one of them (ignoring case)."""
    return not texts or any(re.search(rf"(?<!\w){re.escape(text)}", name, re.IGNORECASE) for text in texts)
