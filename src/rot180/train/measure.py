"""How good a model is: loss, accuracy and the confusion matrix over labelled images."""

from __future__ import annotations

from collections.abc import Iterator
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
from .labelled import labelled

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Metrics:
    """What `evaluate` found.

    Attributes:
        loss: the mean loss per image.  accuracy: the share of images whose class had the highest score.
        confusion: integers of shape (classes, classes): row the true class, column the answer.
    """

    loss: float
    accuracy: float
    confusion: Array

    @property
    def count(self) -> int:
        """The number of images."""
        return int(self.confusion.sum())


def evaluate(model: nn.Module, data: Any, *, batch_size: int = 256, loss: Any = F.cross_entropy) -> Metrics:
    """Run a model over labelled images, in evaluation mode and without recording.

    Args:
        model: takes (N, C, H, W), gives (N, classes).
        data: a dataset of (image, label), or a tuple (images, labels).
        batch_size: images at once.
        loss: function of (scores, labels) that gives the mean over a batch.

    The model is returned to the mode that it was in. Raises ShapeError if there are no images.
    """
    dataset = labelled("evaluate", data)
    total, confusion = 0.0, np.zeros((0, 0), np.int64)
    with evaluation_mode(model), no_grad():
        for images, labels in DataLoader(dataset, batch_size):
            scores = model(images)
            total += loss(scores, labels).item() * len(labels)
            confusion = _add(confusion, scores, np.asarray(raw(labels)))
    return Metrics(total / len(dataset), float(np.trace(confusion) / len(dataset)), confusion)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """The model and all below it in evaluation mode, and afterwards each in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _add(confusion: Array, scores: Tensor, labels: Array) -> Array:
    if scores.ndim != 2:
        raise ShapeError(f"evaluate: the model gave scores of shape {scores.shape}; (N, classes) is needed")
    classes = scores.shape[1]
    counts = np.bincount(labels * classes + scores.data.argmax(1), minlength=classes**2).reshape(classes, classes)
    return counts if not confusion.size else confusion + counts
