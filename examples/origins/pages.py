"""Write a page for each of the four programs. It shows a layer and the cells that each number is computed from.

python examples/origins/pages.py build/pages        this is what `make pages` runs
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import tiny_cnn
import two_layer_cnn

from rot180 import explain


def tiny() -> explain.Trace:
    """z = image * w1 for the third image. dw is the gradient that the text writes with two rotations."""
    w1, w2 = tiny_cnn.initial_weights()
    image = tiny_cnn.images()[2]
    dz = tiny_cnn.error_at_z(image, tiny_cnn.TARGETS[2], w1, w2)
    return explain.trace("conv2d", x=image, w=tiny_cnn.rotate180(w1).copy(), dy=dz.reshape(2, 2))


def two_layers() -> explain.Trace:
    """Z2 = A1 * W2 for an image of the digit 0. dx is the error carried back through the convolution."""
    images, labels = two_layer_cnn.zeros_and_ones("train")
    _, w2, w3 = weights = two_layer_cnn.start()
    a1, z2, _, out = two_layer_cnn.forward(images[1:2], *weights)
    dz2 = (out - labels[1:2]) * w3.reshape(2, 2) / (1 + z2**2)
    return explain.trace("conv2d", x=a1, w=two_layer_cnn.rotate180(w2).copy(), dy=dz2)


def one_layer() -> explain.Trace:
    """Stride 2 and pad 1: zeros must be inserted into dy before "pad and rotate" works."""
    return explain.trace("conv2d", input=5, stride=2, padding=1, w=np.arange(1.0, 10).reshape(3, 3))


def transposed() -> explain.Trace:
    """The fixed transposed convolution with a 4x4 input. Neither its forward nor its dx rotates the kernel."""
    return explain.trace("conv_transpose2d", input=4, w=np.arange(1.0, 10).reshape(3, 3))


PAGES = {"tiny_cnn": tiny, "two_layer_cnn": two_layers, "conv_layer": one_layer, "transposed_conv": transposed}


def write(folder: Path) -> None:
    """Write the four pages to a folder and print their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, layer in PAGES.items():
        explain.page(layer(), folder / f"{name}.html")
        print(f"{folder / name}.html: {layer.__doc__}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    write(Path(sys.argv[1]))
