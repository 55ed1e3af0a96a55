"""Models by name, as commands and saved runs refer to them."""

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

MAX_SIZE = 1 << 26  # the limit for C * H * W * max(classes, 128), so that every model is below a gigabyte

_MODELS = {"small": small, "stages": stages, "resnet20": resnet20, "lenet": lenet, "linear": linear}


class Recipe(NamedTuple):
    """The arguments of `build`, stored as the attribute `recipe` of the module."""

    name: str
    input_shape: tuple[int, int, int]
    classes: int


def names() -> list[str]:
    """The names that `build` accepts."""
    return list(_MODELS)


def default(input_shape: tuple[int, int, int]) -> str:
    """The name of the default model for images (C, H, W): "small" below 16x16, else "stages"."""
    return "small" if min(input_shape[1:]) < 16 else "stages"


def build(name: str, input_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build a model with initial weights from the library's random state.

    Args:
        name: one of `names()`.
        input_shape: (C, H, W) of one image.
        classes: the number of scores (logits) per image.

    Returns a module that maps (N, C, H, W) to (N, classes). The module's attribute `recipe` is a Recipe, from which
    `rot180.train.load_run` builds the module again. Raises ValueError for an unknown name, ShapeError for invalid
    sizes.
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
            f"most {MAX_SIZE:,}; define your own Module for such images"
        )
    model: nn.Module = _MODELS[name](*shape, operator.index(classes))
    model.recipe = Recipe(name, (shape[0], shape[1], shape[2]), operator.index(classes))
    return model
