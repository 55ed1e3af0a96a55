"""MixUp: blend images and labels with those of other samples, so that a network behaves linearly between samples.

H. Zhang, M. Cisse, Y. Dauphin and D. Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018, section 2.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...tape.operands import raw
from ..dataset import Array, Sized
from .augmentation import Augmentation, images_of, like, pairs_of


class MixUp(Augmentation):
    """Replace each image and label by share * itself + (1 - share) * the one of another sample.

    The share is drawn from Beta(alpha, alpha) for each sample, and the other sample from the whole dataset. The labels
    become class probabilities, (N, classes) in the dtype of the images, which `F.cross_entropy` accepts.

    Args:
        alpha: positive; the smaller it is, the closer most results are to one of the two images.
        num_classes: the number of classes; may be omitted if the labels are probabilities.
    """

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None) -> None:
        if not 0 < alpha < math.inf:
            raise ValueError(f"MixUp: alpha must be a positive number; got {alpha}")
        if num_classes is not None and operator.index(num_classes) < 1:
            raise ValueError(f"MixUp: num_classes must be at least 1; got {num_classes}")
        self.alpha = float(alpha)
        self.num_classes = None if num_classes is None else operator.index(num_classes)

    def draw(self, generator: np.random.Generator, samples: int) -> Array:
        """The share of each sample and the index of its partner, (samples, 2), from two random streams."""
        shares, others = generator.spawn(2)
        # `integers` is not used, because the random values it consumes per sample depend on the number of samples.
        partners = np.floor(others.random(samples) * samples)
        return np.stack([shares.beta(self.alpha, self.alpha, samples), partners], 1)

    def batch(self, dataset: Sized, draws: Array, indices: Array) -> tuple[Any, Any]:
        share, partner = draws[indices].T
        images, labels = pairs_of(self.op, dataset, indices)
        other_images, other_labels = pairs_of(self.op, dataset, partner.astype(np.intp))
        x, other_x = images_of(self.op, images), images_of(self.op, other_images)
        targets, other_targets = self._probabilities(labels, x.dtype), self._probabilities(other_labels, x.dtype)
        return like(images, _mixed(x, other_x, share)), like(labels, _mixed(targets, other_targets, share))

    def _probabilities(self, labels: Any, dtype: Any) -> Array:
        """Class probabilities (N, classes): one-hot rows if the labels are class numbers (N,)."""
        t = np.asarray(raw(labels))
        if t.dtype.kind == "f" and t.ndim == 2:
            if self.num_classes not in (None, t.shape[1]):
                raise ShapeError(f"MixUp: labels of shape {t.shape} do not fit num_classes={self.num_classes}")
            return t.astype(dtype, copy=False)
        if t.dtype.kind not in "iu" or t.ndim != 1:
            raise ShapeError(
                f"MixUp: labels are {t.dtype} of shape {t.shape}; integers (N,) or probabilities (N, classes) are "
                "needed"
            )
        if self.num_classes is None:
            raise ValueError("MixUp: labels are class numbers, so num_classes is needed")
        if t.size and not (t.min() >= 0 and t.max() < self.num_classes):
            raise ValueError(
                f"MixUp: labels run from {t.min()} to {t.max()} but num_classes={self.num_classes} needs 0 to "
                f"{self.num_classes - 1}"
            )
        return np.equal(t[:, None], np.arange(self.num_classes)).astype(dtype)


def _mixed(a: Array, b: Array, share: Array) -> Array:
    weight = share.astype(a.dtype).reshape(-1, *(1,) * (a.ndim - 1))
    return a * weight + b * (1 - weight)
