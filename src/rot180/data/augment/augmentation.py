"""What an augmentation is: numbers drawn for every sample of an epoch at once, and what they do to a batch."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ...errors import DtypeError, ShapeError
from ...tape import Tensor
from ...tape.operands import FLOATS, raw
from ..dataset import Array, Sized, batch_of

_BELOW_1 = np.nextafter(1.0, 0.0)


class Augmentation:
    """Base class: `draw` makes the numbers of an epoch, `batch` changes samples as theirs say.

    For changes that need more than the image; for all others there is `ImageAugmentation`. The attributes of an
    augmentation are its settings, plain values that JSON can hold.
    """

    def draw(self, generator: np.random.Generator, samples: int) -> Any:
        """The random numbers of all samples. Those of a sample must not depend on how many samples follow it."""
        raise NotImplementedError(f"{self.op}: an Augmentation needs draw")

    def batch(self, dataset: Sized, chance: Any, indices: Array) -> tuple[Any, Any]:
        """The changed images (N, C, H, W) and labels of these samples.

        Args:
            dataset: gives images (C, H, W) with labels.
            chance: what `draw` returned for all samples of the dataset.
            indices: the numbers of N samples.
        """
        raise NotImplementedError(f"{self.op}: an Augmentation needs batch")

    @property
    def op(self) -> str:
        """The name in errors."""
        return type(self).__name__

    def about(self) -> dict[str, Any]:
        """The settings, as a training run writes them down."""
        return {"name": re.sub("(?<=[a-z])(?=[A-Z])", "_", self.op).lower()} | vars(self)

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class ImageAugmentation(Augmentation):
    """Base class of changes of each image by itself: override `numbers` and `change`."""

    numbers = 0  # random numbers per image

    def change(self, images: Array, chance: Array) -> Array:
        """The images (N, C, H, W) changed as the numbers (N, numbers) in [-1, 1) say; a new array of the same dtype."""
        raise NotImplementedError(f"{self.op}: an ImageAugmentation needs change")

    def __call__(self, images: Any, chance: Array) -> Any:
        """Changed images; arrays stay arrays and Tensors Tensors.

        Args:
            images: float32 or float64 of shape (N, C, H, W), left as they are.
            chance: numbers in [-1, 1) of shape (N, numbers), which decide.
        """
        x = images_of(self.op, images)
        if chance.shape != (len(x), self.numbers):
            raise ShapeError(
                f"{self.op}: chance has shape {chance.shape}; {len(x)} images need {(len(x), self.numbers)}"
            )
        return like(images, self.change(x, chance))

    def draw(self, generator: np.random.Generator, samples: int) -> Array:
        """Uniform numbers in [-1, 1) of shape (samples, numbers)."""
        return generator.uniform(-1, 1, (samples, self.numbers))

    def batch(self, dataset: Sized, chance: Array, indices: Array) -> tuple[Any, Any]:
        images, labels = pairs_of(self.op, dataset, indices)
        return self(images, chance[indices]), labels


def pairs_of(op: str, dataset: Sized, indices: Array) -> tuple[Any, Any]:
    """The images and labels of these samples."""
    batch = batch_of(dataset, indices)
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise ShapeError(f"{op}: a sample of the dataset is not a pair (image, label)")
    return batch[0], batch[1]


def images_of(op: str, images: Any) -> Array:
    """The array of a batch of images, checked."""
    x = np.asarray(raw(images))
    if x.ndim != 4:
        raise ShapeError(f"{op}: a batch of images has shape {x.shape}; (N, C, H, W) is needed")
    if x.dtype not in FLOATS:
        raise DtypeError(f"{op}: images are {x.dtype}; float32 or float64 is needed; convert with .astype(np.float32)")
    return x


def like(given: Any, result: Array) -> Any:
    """`result` as a Tensor if `given` is one."""
    return Tensor(result) if isinstance(given, Tensor) else result


def unit(chance: Array) -> Array:
    """Numbers in [-1, 1) as numbers in [0, 1), 1 not reached by rounding either."""
    return np.minimum((chance + 1) / 2, _BELOW_1)


def probability(op: str, p: float) -> float:
    """`p`, which must lie between 0 and 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p must lie between 0 and 1; got {p}")
    return float(p)
