"""Images slightly turned, slanted, stretched and moved, anew in every epoch, so that a network learns the sign and not
the cells.

What happens to a sample is decided by (seed, epoch, index) alone: who draws first, and how batches are cut, plays no
part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..random import generator_for
from .dataset import Array, Dataset, Sized, batch_of

_STREAM = 1  # keeps these numbers apart from the order of the epoch, which is drawn from (seed, epoch)


class Affine:
    """A random affine map of each image, cells in between interpolated, zeros outside.

    Args:
        rotation: largest angle in radians.  scale: largest change of size, as a share.
        slant: largest shear, as a share of the height.  shift: largest move, as a share of half the side.
    """

    numbers = 5  # random numbers per image

    def __init__(self, rotation: float = 0.2, scale: float = 0.1, slant: float = 0.15, shift: float = 0.1) -> None:
        self.rotation, self.scale, self.slant, self.shift = rotation, scale, slant, shift

    def __call__(self, images: Array, chance: Array) -> Array:
        """The images (N, C, H, W) moved as the numbers (N, 5) in [-1, 1) say; a new array of the same dtype."""
        height, width = images.shape[2:]
        angle, scale, slant, down, right = (chance * self._largest()).T[:, :, None, None]  # each (N, 1, 1)
        row = np.linspace(-1, 1, 2 * height + 1)[1::2, None]  # centres of the cells, the image spanning -1 to 1
        column = np.linspace(-1, 1, 2 * width + 1)[1::2]
        # Where each cell of the result comes from, (N, H, W), in cells of the image.
        y = (np.sin(angle) * column + (1 + scale) * np.cos(angle) * row + down + 1) * height / 2 - 0.5
        x = ((1 + scale) * np.cos(angle) * column + (slant - np.sin(angle)) * row + right + 1) * width / 2 - 0.5
        return _sample(images, y, x)

    def _largest(self) -> Array:
        return np.array([self.rotation, self.scale, self.slant, self.shift, self.shift])

    def about(self) -> dict[str, Any]:
        """The settings, as a training run writes them down."""
        return {"name": "affine"} | {name: getattr(self, name) for name in ("rotation", "scale", "slant", "shift")}


def _sample(images: Array, y: Array, x: Array) -> Array:
    """Bilinear interpolation of (N, C, H, W) at the places y, x (N, P, Q); cells outside count as zero."""
    n, channels, height, width = images.shape
    # A ring of zeros for whatever lies outside; two cells wide at the ends, where the next cell is looked up too.
    padded = np.zeros((n, height + 3, width + 3, channels), images.dtype)
    padded[:, 1:-2, 1:-2] = images.transpose(0, 2, 3, 1)
    y, x = np.clip(y + 1, 0, height + 1), np.clip(x + 1, 0, width + 1)
    top, left = y.astype(np.intp), x.astype(np.intp)
    down, right = ((a - b).astype(images.dtype)[..., None] for a, b in ((y, top), (x, left)))  # (N, P, Q, 1)
    sample = np.arange(n)[:, None, None]
    upper = padded[sample, top, left] * (1 - right) + padded[sample, top, left + 1] * right
    lower = padded[sample, top + 1, left] * (1 - right) + padded[sample, top + 1, left + 1] * right
    return np.ascontiguousarray((upper * (1 - down) + lower * down).transpose(0, 3, 1, 2))


class Augmented(Dataset):
    """A dataset of (image, label) whose images are changed at random; `set_epoch` brings the next changes.

    Args:
        dataset: gives images (C, H, W) with labels.
        transform: called with images (N, C, H, W) and `transform.numbers` uniform numbers in [-1, 1) for each.
        seed: decides the numbers, together with the epoch and the number of the sample.
    """

    def __init__(self, dataset: Sized, transform: Affine, seed: int) -> None:
        self.dataset, self.transform, self.seed = dataset, transform, seed
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the numbers of this epoch, (samples, numbers)."""
        size = len(self.dataset), self.transform.numbers
        self._chance = generator_for(self.seed, epoch, _STREAM).uniform(-1, 1, size)

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        images, labels = self.batch(np.array([index]))
        return images[0], labels[0]

    def batch(self, indices: Array) -> tuple[Any, Any]:
        images, labels = batch_of(self.dataset, indices)
        return self.transform(images, self._chance[indices]), labels
