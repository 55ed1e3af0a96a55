"""What a model answers on held-out images, counted: accuracy, confusions, precision and recall, the worst mistakes."""

from __future__ import annotations

import math
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
MISTAKES = 24  # shown


class Mistake(NamedTuple):
    """One held-out image with another answer than its class."""

    number: int  # its place in the held-out data
    image: Array
    true: int
    answer: int
    true_probability: float
    answer_probability: float
    loss: float


class ClassFigures(NamedTuple):
    """One class: `precision` is None if it was never the answer, `recall` if no image is of it."""

    number: int
    images: int
    right: int
    answered: int  # how many images, of whatever class, got this answer
    precision: float | None
    recall: float | None
    taken_for: int | None  # the most frequent wrong answer on its images


@dataclass(frozen=True)
class Answers:
    """What was found on the held-out images; a probability is the softmax of the scores.

    Attributes:
        labels: (N,), the true classes.  probabilities: (N, classes).
        losses: (N,), the cross entropy of each image, -log of the probability of its true class.
        confusion: (classes, classes), row the true class, column the answer.
        worst: the wrong answers with the highest loss, the worst first.
    """

    labels: Array
    probabilities: Array
    losses: Array
    confusion: Array
    worst: list[Mistake]

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.labels)

    @property
    def right(self) -> int:
        """How many of them were answered with their class."""
        return int(np.trace(self.confusion))

    @property
    def wrong(self) -> int:
        """How many were not."""
        return self.count - self.right

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.right / self.count

    def interval(self) -> tuple[float, float]:
        """Where the accuracy on more such images lies, with 95 % confidence.

        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
        """
        n, p, z = self.count, self.accuracy, 1.959964
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def most_frequent(self) -> float:
        """The accuracy of answering every image with the class that most of them have."""
        return float(self.confusion.sum(1).max() / self.count)

    def class_figures(self) -> list[ClassFigures]:
        """One entry per class, in their order."""
        images, answered, right = self.confusion.sum(1), self.confusion.sum(0), np.diagonal(self.confusion)
        wrong = self.confusion - np.diag(right)
        return [
            ClassFigures(
                k, int(n), int(r), int(a), int(r) / int(a) if a else None, int(r) / int(n) if n else None,
                int(others.argmax()) if others.any() else None,
            )
            for k, (n, r, a, others) in enumerate(zip(images, right, answered, wrong, strict=True))
        ]  # fmt: skip

    def confusions(self, most: int) -> list[tuple[int, int, int]]:
        """(true class, answer, how many), wrong answers only, the most frequent first."""
        wrong = self.confusion - np.diag(np.diagonal(self.confusion))
        true, answer = np.nonzero(wrong)
        order = np.lexsort((answer, true, -wrong[true, answer]))[:most]
        return [(int(t), int(a), int(wrong[t, a])) for t, a in zip(true[order], answer[order], strict=True)]


def measure(model: nn.Module, data: Sized, batch_size: int = 256) -> Answers:
    """Run a model, which is in evaluation mode, over all images once."""
    scores, labels = [], []
    with no_grad():
        for images, batch in DataLoader(data, batch_size, seed=0):  # the seed spares the library's random state
            scores.append(model(images))
            labels.append(np.asarray(raw(batch)))
            if scores[-1].ndim != 2:
                raise ShapeError(
                    f"report: the model gave scores of shape {scores[-1].shape}; (N, classes) is needed"
                )  # fmt: skip
        probabilities = np.concatenate([F.softmax(s, 1).data for s in scores])
        losses = np.concatenate(
            [F.cross_entropy(s, t, reduction="none").data for s, t in zip(scores, labels, strict=True)]
        )
    truth = np.concatenate(labels)
    answers = np.concatenate([s.data.argmax(1) for s in scores])  # of the scores: as `evaluate` has it
    classes = probabilities.shape[1]
    confusion = np.bincount(truth * classes + answers, minlength=classes**2).reshape(classes, classes)
    wrong = np.flatnonzero(answers != truth)
    worst = [
        Mistake(
            int(i), np.asarray(raw(data[int(i)][0])), int(truth[i]), int(answers[i]),
            float(probabilities[i, truth[i]]), float(probabilities[i, answers[i]]), float(losses[i]),
        )
        for i in wrong[np.argsort(-losses[wrong], kind="stable")][:MISTAKES]
    ]  # fmt: skip
    return Answers(truth, probabilities, losses, confusion, worst)
