"""The networks whose training steps are measured. The networks follow the papers and can be built with any `Library`.

`rot180.models` also has a LeNet-5 and a ResNet-20, for images of any size and with other initial weights. The networks
in this file are built from layers that are identical in both libraries.
"""

from __future__ import annotations

from typing import Any

from .library import Library


def lenet(lib: Library) -> Any:
    """LeNet-5 for 28x28, with ReLU and max pooling instead of the scaled tanh and the subsampling of 1998."""
    nn = lib.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def residual_block(lib: Library, before: int, after: int, stride: int) -> Any:
    """relu(f(x) + x), where f is two 3x3 convolutions with batch norm."""
    nn = lib.nn

    class Block(nn.Module):  # type: ignore[misc, name-defined]  # the name comes from the library
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(after)
            self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(after)
            self.shortcut = nn.Identity()
            if before != after:
                self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

        def forward(self, x: Any) -> Any:
            y = lib.F.relu(self.bn1(self.conv1(x)))
            return lib.F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))

    return Block()


def resnet20(lib: Library) -> Any:
    """ResNet-20 for CIFAR (K. He et al., 2016), 1x1 convolutions on the two shortcuts that change the width."""
    nn = lib.nn
    blocks, before = [], 16
    for after in (16, 32, 64):
        for i in range(3):
            blocks.append(residual_block(lib, before, after, 2 if after > 16 and i == 0 else 1))
            before = after
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def generator(lib: Library) -> Any:
    """The generator of DCGAN (A. Radford et al., 2016): noise of 100 channels to 3x64x64."""
    nn = lib.nn
    layers: list[Any] = []
    for before, after, stride, padding in ((100, 512, 1, 0), (512, 256, 2, 1), (256, 128, 2, 1), (128, 64, 2, 1)):
        layers += [nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(lib: Library) -> Any:
    """The discriminator of DCGAN: 3x64x64 to one score."""
    nn = lib.nn
    layers = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in ((64, 128), (128, 256), (256, 512)):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Flatten(0))


def autoencoder(lib: Library) -> Any:
    """A convolutional autoencoder: 1x28x28 to 32x7x7 and back."""
    nn = lib.nn
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, 2, 1), nn.Sigmoid(),
    )  # fmt: skip
