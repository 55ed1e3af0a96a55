"""One image in the network: the feature maps of each layer and the gradient of the loss at the image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import functional as F
from ... import nn, tape
from ...data.dataset import Sized
from ...tape.operands import raw
from ..summary import Call, is_leaf, trace
from .predictions import Predictions

Array = np.ndarray[Any, np.dtype[Any]]
MAX_STAGES, MAX_CHANNELS = 8, 16


@dataclass(frozen=True)
class Stage:
    """The feature maps of one image after a few consecutive layers.

    Attributes:
        layers: names and classes of the modules since the previous stage, such as "0 Conv2d", "1 ReLU".
        maps: (channels, H, W), at most MAX_CHANNELS channels.  channels: the number of all channels.
        low, high: the smallest and the largest value of all channels.
        zero_channels: the number of channels that are zero everywhere.
    """

    layers: tuple[str, ...]
    maps: Array
    channels: int
    low: float
    high: float
    zero_channels: int


@dataclass(frozen=True)
class ImageTrace:
    """The values of one test image in the layers of the network.

    Attributes:
        number: its index in the test set.  file: its file, if known.  image: the input of the model.
        true_class, predicted_class: class numbers.  probabilities: one per class.
        gradient: of the loss with respect to the image.
        stages: at most MAX_STAGES; empty if no layer returns images.  total_stages: the number of all stages.
    """

    number: int
    file: str | None
    image: Array
    true_class: int
    predicted_class: int
    probabilities: Array
    gradient: Array
    stages: list[Stage]
    total_stages: int


def trace_image(model: nn.Module, data: Sized, predictions: Predictions) -> ImageTrace:
    """Run one image forward through the model, which must be in evaluation mode, and its loss backward."""
    number = _choose_image(predictions)
    image, true_class = np.asarray(raw(data[number][0])), int(predictions.labels[number])
    x = tape.tensor(image[None], requires_grad=True)
    scores, calls = trace(model, x)
    (gradient,) = tape.grad(F.cross_entropy(scores, np.array([true_class])), x, allow_unused=True)
    stages = _group_into_stages([call for call in calls if is_leaf(call.module)])
    return ImageTrace(
        number=number,
        file=predictions.files[number] if predictions.files else None,
        image=image,
        true_class=true_class,
        predicted_class=int(scores.data[0].argmax()),
        probabilities=predictions.probabilities[number],
        gradient=np.zeros_like(image) if gradient is None else gradient.data[0],
        stages=[_stage(calls) for calls in stages[:MAX_STAGES]],
        total_stages=len(stages),
    )


def title(call: Call) -> str:
    """The module's dotted name and its class; the network itself has no name."""
    return f"{call.name} {type(call.module).__name__}".strip()


def _choose_image(predictions: Predictions) -> int:
    """The correctly classified image with the highest loss; image 0 if none is correct."""
    correct = np.flatnonzero(predictions.probabilities.argmax(1) == predictions.labels)
    if not len(correct):
        return 0
    return int(correct[predictions.losses[correct].argmax()])


def _group_into_stages(leaves: list[Call]) -> list[list[Call]]:
    """Group consecutive module calls that return images. A new stage begins at each convolution and change of size."""
    stages: list[list[Call]] = []
    for call in leaves:
        output = call.output
        if not isinstance(output, tape.Tensor) or output.ndim != 4 or not math.prod(output.shape):
            continue
        is_convolution = any(p.data.ndim == 4 for p in call.module.parameters())
        if not stages or is_convolution or output.shape != stages[-1][-1].output.shape:
            stages.append([])
        stages[-1].append(call)
    return stages


def _stage(calls: list[Call]) -> Stage:
    maps = calls[-1].output.data[0]  # (C, H, W)
    zero_channels = int((maps == 0).all((1, 2)).sum())
    return Stage(
        tuple(map(title, calls)), maps[:MAX_CHANNELS], len(maps), float(maps.min()), float(maps.max()), zero_channels
    )
