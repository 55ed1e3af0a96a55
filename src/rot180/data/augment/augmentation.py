"""The base classes of augmentations: draw random numbers for all samples of an epoch, then change batches with them."""

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
    """Base class: `draw` makes the random numbers of an epoch, `batch` changes samples with them.

    Derive from this class for changes that need more than one image; for all others derive from `ImageAugmentation`.
    The attributes of an augmentation are its settings. Their values must be serializable as JSON.
    """

    def draw(self, generator: np.random.Generator, samples: int) -> Any:
        """Draw the random numbers of all samples. A sample's numbers must not depend on how many samples follow it."""
        raise NotImplementedError(f"{self.op} has no `draw` method; define one")

    def batch(self, dataset: Sized, draws: Any, indices: Array) -> tuple[Any, Any]:
        """The changed images (N, C, H, W) and labels of these samples.

        Args:
            dataset: pairs of an image (C, H, W) and a label.
            draws: the result of `draw` for all samples of the dataset.
            indices: the indices of N samples.
        """
        raise NotImplementedError(f"{self.op} has no `batch` method; define one")

    @property
    def op(self) -> str:
        """The name of the class, for error messages."""
        return type(self).__name__

    def about(self) -> dict[str, Any]:
        """The settings, which a training run records."""
        return {"name": re.sub("(?<=[a-z])(?=[A-Z])", "_", self.op).lower()} | vars(self)

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class ImageAugmentation(Augmentation):
    """Base class for augmentations that change each image independently; override `numbers` and `change`."""

    numbers = 0  # random numbers per image

    def change(self, images: Array, draws: Array) -> Array:
        """Change images (N, C, H, W) with draws (N, numbers) in [-1, 1); returns a new array of the same dtype."""
        raise NotImplementedError(f"{self.op} has no `change` method; define one")

    def __call__(self, images: Any, draws: Array) -> Any:
        """Change a batch of images; the result is an array or a Tensor like `images`.

        Args:
            images: float32 or float64 of shape (N, C, H, W); not modified.
            draws: numbers in [-1, 1) of shape (N, numbers).
        """
        x = images_of(self.op, images)
        if draws.shape != (len(x), self.numbers):
            raise ShapeError(f"{self.op}: draws has shape {draws.shape}; {len(x)} images need {(len(x), self.numbers)}")
        return like(images, self.change(x, draws))

    def draw(self, generator: np.random.Generator, samples: int) -> Array:
        """Uniform numbers in [-1, 1) of shape (samples, numbers)."""
        return generator.uniform(-1, 1, (samples, self.numbers))

    def batch(self, dataset: Sized, draws: Array, indices: Array) -> tuple[Any, Any]:
        images, labels = pairs_of(self.op, dataset, indices)
        return self(images, draws[indices]), labels


def pairs_of(op: str, dataset: Sized, indices: Array) -> tuple[Any, Any]:
    """The images and labels of the samples with these indices."""
    batch = batch_of(dataset, indices)
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise ShapeError(f"{op}: a sample of the dataset is not a pair (image, label)")
    return batch[0], batch[1]


def images_of(op: str, images: Any) -> Array:
    """The array of a batch of images; raises ShapeError or DtypeError."""
    x = np.asarray(raw(images))
    if x.ndim != 4:
        raise ShapeError(f"{op}: a batch of images has shape {x.shape}; (N, C, H, W) is needed")
    if x.dtype not in FLOATS:
        raise DtypeError(f"{op}: images are {x.dtype}; float32 or float64 is needed; convert with .astype(np.float32)")
    return x


def like(original: Any, result: Array) -> Any:
    """`result` as a Tensor if `original` is one."""
    return Tensor(result) if isinstance(original, Tensor) else result


def unit(draws: Array) -> Array:
    """Map numbers from [-1, 1) to [0, 1). The result is below 1 even after rounding."""
    return np.minimum((draws + 1) / 2, _BELOW_1)


def probability(op: str, p: float) -> float:
    """Return `p`. Raises ValueError if it is not between 0 and 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: p must lie between 0 and 1; got {p}")
    return float(p)
