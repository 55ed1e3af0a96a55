"""What a network looks like inside: its first weights, one image on its way through, and the gradient at that image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import functional as F
from ... import nn, tape
from ...data.dataset import Sized
from ...tape import no_grad
from ...tape.operands import raw
from ..summary import Call, is_leaf, trace
from .answers import Answers

Array = np.ndarray[Any, np.dtype[Any]]
FILTERS, STAGES, CHANNELS = 64, 8, 16  # shown at most


@dataclass(frozen=True)
class Filters:
    """The weights of the first layer that has any, as images of what each of its outputs looks for.

    Attributes:
        layer: its name and kind.  weights: (outputs, C, R, S), as many as are shown.  of: how many outputs there are.
        whole: each is as large as the image (a linear layer on its cells), not a window that slides over it.
    """

    layer: str
    weights: Array
    of: int
    whole: bool


@dataclass(frozen=True)
class Stage:
    """What one image is after a few layers.

    Attributes:
        layers: "0 Conv2d", "1 ReLU": the modules since the stage before.
        maps: (channels, H, W), as many channels as are shown.  of: how many there are.
        low, high: the smallest and the largest cell of all channels.  silent: how many channels are zero everywhere.
    """

    layers: tuple[str, ...]
    maps: Array
    of: int
    low: float
    high: float
    silent: int


@dataclass(frozen=True)
class OneImage:
    """One held-out image in the network: of those it gets right the one that it is least sure of.

    Attributes:
        number: its place in the held-out data.  image: as the model gets it.  true, answer: classes.
        probabilities: of every class.  gradient: of its loss with respect to the image.
        stages: empty if the layers give no images.  of: how many stages there are.
    """

    number: int
    image: Array
    true: int
    answer: int
    probabilities: Array
    gradient: Array
    stages: list[Stage]
    of: int


def first_filters(model: nn.Module, input_shape: tuple[int, ...]) -> tuple[Filters | None, str]:
    """The filters, or None and a sentence that says why there are none to show."""
    if len(input_shape) != 3:
        return None, f"the inputs have shape {input_shape}; only images (C, H, W) have filters that can be shown."
    floats = [p.data.dtype for p in model.parameters()]
    if not floats:
        return None, "the model has no weights."
    with no_grad():
        _, calls = trace(model, np.zeros((1, *input_shape), floats[0]))
    leaves = [call for call in calls if is_leaf(call.module)]
    first = next((i for i, call in enumerate(leaves) if any(True for _ in call.module.parameters())), None)
    if first is None:
        return None, "no layer with weights of its own was called."
    call, before = leaves[first], leaves[:first]
    layer = title(call)
    if isinstance(call.module, nn.Conv2d):
        weight = call.module.weight.data  # (O, C/G, R, S)
    elif isinstance(call.module, nn.Linear) and all(
        isinstance(b.module, nn.Flatten | nn.Dropout | nn.Identity) for b in before
    ):
        weight = call.module.weight.data.reshape(-1, *input_shape)  # (outputs, C, H, W)
    else:
        return None, f"the first layer with weights is {layer}; filters are shown of a Conv2d."
    return Filters(layer, weight[:FILTERS], len(weight), isinstance(call.module, nn.Linear)), ""


def look_inside(model: nn.Module, data: Sized, answers: Answers) -> OneImage:
    """Run the model, which is in evaluation mode, on one image, and its loss backwards to the image."""
    number = _choose(answers)
    image, true = np.asarray(raw(data[number][0])), int(answers.labels[number])
    x = tape.tensor(image[None], requires_grad=True)
    scores, calls = trace(model, x)
    (gradient,) = tape.grad(F.cross_entropy(scores, np.array([true])), x, allow_unused=True)
    stages = _stages([call for call in calls if is_leaf(call.module)])
    return OneImage(
        number=number,
        image=image,
        true=true,
        answer=int(scores.data[0].argmax()),
        probabilities=answers.probabilities[number],
        gradient=np.zeros_like(image) if gradient is None else gradient.data[0],
        stages=[_stage(calls) for calls in stages[:STAGES]],
        of=len(stages),
    )


def title(call: Call) -> str:
    """A module's dotted name and its class; the whole model has no name."""
    return f"{call.name} {type(call.module).__name__}".strip()


def _choose(answers: Answers) -> int:
    right = np.flatnonzero(answers.probabilities.argmax(1) == answers.labels)
    if not len(right):
        return 0
    return int(right[answers.losses[right].argmax()])


def _stages(leaves: list[Call]) -> list[list[Call]]:
    """Calls in a row that give images: a stage ends before a convolution and where the size changes."""
    stages: list[list[Call]] = []
    for call in leaves:
        output = call.output
        if not isinstance(output, tape.Tensor) or output.ndim != 4 or not math.prod(output.shape):
            continue
        convolves = any(p.data.ndim == 4 for p in call.module.parameters())
        if not stages or convolves or output.shape != stages[-1][-1].output.shape:
            stages.append([])
        stages[-1].append(call)
    return stages


def _stage(calls: list[Call]) -> Stage:
    maps = calls[-1].output.data[0]  # (C, H, W)
    silent = int((maps == 0).all((1, 2)).sum())
    return Stage(tuple(map(title, calls)), maps[:CHANNELS], len(maps), float(maps.min()), float(maps.max()), silent)
