"""Evaluation of a model on labelled images: loss, accuracy and confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import functional as F
from .. import nn
from ..data import DataLoader
from ..errors import ShapeError
from ..tape import Tensor, no_grad
from ..tape.operands import raw
from .labelled_data import LabelledData, as_dataset

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Metrics:
    """The result of `evaluate`.

    Attributes:
        loss: the mean loss per image.  accuracy: the share of images whose true class has the highest score.
        confusion: integers of shape (classes, classes): one row per true class, one column per predicted class.
    """

    loss: float
    accuracy: float
    confusion: Array

    @property
    def count(self) -> int:
        """The number of images."""
        return int(self.confusion.sum())


def evaluate(
    model: nn.Module,
    data: LabelledData,
    *,
    batch_size: int = 256,
    loss: Callable[[Tensor, Any], Tensor] = F.cross_entropy,
) -> Metrics:
    """Measure a model on labelled images, in evaluation mode and without recording gradients.

    Args:
        model: maps images (N, C, H, W) to scores (N, classes). The model's mode (training or evaluation) is restored.
        data: a dataset of (image, label), or a tuple (images, labels).
        batch_size: images per forward pass (default: 256).
        loss: a function (scores, labels) that returns the mean over the batch (default: cross entropy).

    Raises ShapeError if there are no images.
    """
    dataset = as_dataset("evaluate", data)
    total_loss, confusion = 0.0, np.zeros((0, 0), np.int64)
    with evaluation_mode(model), no_grad():
        for images, labels in DataLoader(dataset, batch_size):
            scores = model(images)
            total_loss += loss(scores, labels).item() * len(labels)
            confusion = _add_batch(confusion, scores, np.asarray(raw(labels)))
    return Metrics(total_loss / len(dataset), float(np.trace(confusion) / len(dataset)), confusion)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Put a model and its submodules into evaluation mode, and restore the mode of each afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _add_batch(confusion: Array, scores: Tensor, labels: Array) -> Array:
    if scores.ndim != 2:
        raise ShapeError(f"evaluate: the model returned scores of shape {scores.shape}; (N, classes) is needed")
    classes = scores.shape[1]
    counts = np.bincount(labels * classes + scores.data.argmax(1), minlength=classes**2).reshape(classes, classes)
    return counts if not confusion.size else confusion + counts
