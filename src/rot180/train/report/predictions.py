"""The predictions of a model on test images: accuracy, confusion matrix, precision and recall, the worst mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import functional as F
from ... import nn
from ...data import DataLoader
from ...data.dataset import Sized
from ...errors import ShapeError
from ...tape import no_grad
from ...tape.operands import raw

Array = np.ndarray[Any, np.dtype[Any]]
MAX_MISTAKES = 24


class Mistake(NamedTuple):
    """A test image that was classified wrongly."""

    number: int  # index in the test set
    file: str | None  # the image's file, if the data set has files
    image: Array
    true_class: int
    predicted_class: int
    true_probability: float
    predicted_probability: float
    loss: float


class ClassScores(NamedTuple):
    """The scores of one class.

    `precision` is None if the class was never predicted, `recall` if it has no images.
    """

    number: int
    images: int
    correct: int
    predicted: int  # how many images of any class were predicted to be of this one
    precision: float | None
    recall: float | None
    most_confused_with: int | None  # the most frequent wrong prediction for its images


@dataclass(frozen=True)
class Predictions:
    """The predictions for all test images; probabilities are the softmax of the scores.

    Attributes:
        labels: (N,), the true classes.  probabilities: (N, classes).
        losses: (N,), the cross entropy of each image, -log of the probability of its true class.
        confusion: (classes, classes), one row per true class, one column per predicted class.
        worst: the mistakes with the highest loss, in descending order.
        files: the file of each image; empty if the data set has none.
    """

    labels: Array
    probabilities: Array
    losses: Array
    confusion: Array
    worst: list[Mistake]
    files: Sequence[str] = ()

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.labels)

    @property
    def correct(self) -> int:
        """The number of images that were classified correctly."""
        return int(np.trace(self.confusion))

    @property
    def wrong(self) -> int:
        """The number of images that were classified wrongly."""
        return self.count - self.correct

    @property
    def accuracy(self) -> float:
        """The share of images that were classified correctly."""
        return self.correct / self.count

    def confidence_interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy.

        Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
        """
        n, p, z = self.count, self.accuracy, 1.959964
        center = (p + z * z / (2 * n)) / (1 + z * z / n)
        radius = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, center - radius), min(1.0, center + radius)

    def majority_accuracy(self) -> float:
        """The accuracy of a classifier that always predicts the most frequent class."""
        return float(self.confusion.sum(1).max() / self.count)

    def class_scores(self) -> list[ClassScores]:
        """One entry per class, in class order."""
        images, predicted, correct = self.confusion.sum(1), self.confusion.sum(0), np.diagonal(self.confusion)
        wrong = self.confusion - np.diag(correct)
        return [
            ClassScores(
                k, int(n), int(c), int(p), int(c) / int(p) if p else None, int(c) / int(n) if n else None,
                int(row.argmax()) if row.any() else None,
            )
            for k, (n, c, p, row) in enumerate(zip(images, correct, predicted, wrong, strict=True))
        ]  # fmt: skip

    def confused_pairs(self, limit: int) -> list[tuple[int, int, int]]:
        """(true class, predicted class, number of images) of wrong predictions, most frequent first."""
        wrong = self.confusion - np.diag(np.diagonal(self.confusion))
        true, predicted = np.nonzero(wrong)
        order = np.lexsort((predicted, true, -wrong[true, predicted]))[:limit]
        return [(int(t), int(p), int(wrong[t, p])) for t, p in zip(true[order], predicted[order], strict=True)]


def predict(model: nn.Module, data: Sized, batch_size: int = 256) -> Predictions:
    """Run a model, which must be in evaluation mode, once over all images."""
    scores, labels = [], []
    with no_grad():
        for images, batch in DataLoader(data, batch_size, seed=0):  # seeded: the library's random state is not used
            scores.append(model(images))
            labels.append(np.asarray(raw(batch)))
            if scores[-1].ndim != 2:
                raise ShapeError(
                    f"report: the model returned scores of shape {scores[-1].shape}; (N, classes) is needed"
                )
        probabilities = np.concatenate([F.softmax(s, 1).data for s in scores])
        losses = np.concatenate(
            [F.cross_entropy(s, t, reduction="none").data for s, t in zip(scores, labels, strict=True)]
        )
    true = np.concatenate(labels)
    predicted = np.concatenate([s.data.argmax(1) for s in scores])  # the same rule as in `evaluate`
    classes = probabilities.shape[1]
    confusion = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
    files = file_names(data)
    wrong = np.flatnonzero(predicted != true)
    worst = [
        Mistake(
            int(i), files[i] if files else None, np.asarray(raw(data[int(i)][0])), int(true[i]), int(predicted[i]),
            float(probabilities[i, true[i]]), float(probabilities[i, predicted[i]]), float(losses[i]),
        )
        for i in wrong[np.argsort(-losses[wrong], kind="stable")][:MAX_MISTAKES]
    ]  # fmt: skip
    return Predictions(true, probabilities, losses, confusion, worst, files)


def file_names(data: Sized) -> tuple[str, ...]:
    """The file of each sample, from the data set's attribute `files`; empty if it has no list of the right length."""
    files = getattr(data, "files", ())
    return tuple(map(str, files)) if isinstance(files, list | tuple) and len(files) == len(data) else ()
