"""The layers that are measured, and that the kernel tests run on: one list for both.

A row is (name, transposed, N, C, size, O, kernel, stride, padding, dilation, groups), where C is the channels that come
in and O those that go out, as a layer counts them.
"""

from typing import NamedTuple


class Layer(NamedTuple):
    """One two-dimensional layer; `size` and `kernel` are square."""

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
