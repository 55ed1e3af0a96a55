"""Models by name: how a command, or a folder on the disk, says which network it means."""

from __future__ import annotations

import math
import operator
from typing import NamedTuple

from .. import nn
from ..errors import ShapeError
from ..spelling import unknown_name
from .lenet import lenet
from .linear import linear
from .resnet import resnet20
from .small import small
from .stages import stages

MAX_SIZE = 1 << 26  # C * H * W * max(classes, 128): none of these models then takes more than a gigabyte

_MODELS = {"small": small, "stages": stages, "resnet20": resnet20, "lenet": lenet, "linear": linear}


class Recipe(NamedTuple):
    """What `build` was asked for; the `recipe` of the module that it made."""

    name: str
    input_shape: tuple[int, int, int]
    classes: int


def names() -> list[str]:
    """The names that `build` knows."""
    return list(_MODELS)


def default(input_shape: tuple[int, int, int]) -> str:
    """The name of the model to begin with, for images (C, H, W): "small" below 16x16, else "stages"."""
    return "small" if min(input_shape[1:]) < 16 else "stages"


def build(name: str, input_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A new model with initial weights from the library's random state.

    Args:
        name: one of `names()`.
        input_shape: (C, H, W) of one image.
        classes: how many scores (logits) it gives for each image.

    Raises ValueError for another name, ShapeError for sizes that the model cannot take.

    The module takes (N, C, H, W) and gives (N, classes). Its `recipe` is a Recipe, by which `rot180.train` can write
    it down and build it again.
    """
    if name not in _MODELS:
        raise ValueError(f"build: {unknown_name('model', name, _MODELS)}")
    shape = tuple(operator.index(size) for size in input_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise ShapeError(f"build: input_shape is {shape}; three sizes (C, H, W) of at least 1 are needed")
    if operator.index(classes) < 1:
        raise ShapeError(f"build: classes is {classes}; at least 1 is needed")
    if math.prod(shape) * max(classes, 128) > MAX_SIZE:
        raise ShapeError(
            f"build: input_shape {shape} with {classes} classes is too large: C * H * W * max(classes, 128) may be at "
            f"most {MAX_SIZE:,}; write a Module of your own for such images"
        )
    model: nn.Module = _MODELS[name](*shape, operator.index(classes))
    model.recipe = Recipe(name, (shape[0], shape[1], shape[2]), operator.index(classes))
    return model
