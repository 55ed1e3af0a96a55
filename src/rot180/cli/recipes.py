"""The default training settings of `rot180 train`: a recipe for each named data set, and one for all other images."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..data import Augmentation, LabelledImages


class Recipe(NamedTuple):
    """Arguments of `train.fit`, and the name of the model to train."""

    epochs: int
    batch_size: int
    lr: float  # the learning rate for Adam
    augment: tuple[str, ...]  # names of AUGMENTATIONS
    model: str | None = None  # None means `models.default(shape)`


RECIPES = {
    "digits": Recipe(25, 32, 0.003, ("affine",)),
    "mnist": Recipe(5, 128, 0.003, ("affine",)),
    "fashion-mnist": Recipe(5, 128, 0.003, ()),
    "cifar10": Recipe(15, 128, 0.003, ("flip", "crop")),
}
IMAGES_SEEN = 20_000  # the default number of epochs makes training process about this many images
MIN_EPOCHS, MAX_EPOCHS = 5, 40

AUGMENTATIONS = {  # the values are the descriptions in the help
    "affine": "small rotation, shear, scaling and shift",
    "flip": "mirror left to right with probability 1/2",
    "crop": "shift by up to 1/8 of the side, filled with zeros",
    "rotate": "rotate by up to 15 degrees",
    "erase": "blank a rectangle with probability 1/2",
    "mix-up": "blend two images and their labels",
}


def recipe_for(images: LabelledImages) -> Recipe:
    """The recipe for these images, chosen by the name of the data set or, if it has none, by the number of images."""
    name = images.about.get("name")
    if name in RECIPES:
        return RECIPES[name]
    return Recipe(min(max(IMAGES_SEEN // len(images), MIN_EPOCHS), MAX_EPOCHS), 32, 0.002, ("affine",))


def augmentation_names(text: str) -> tuple[str, ...]:
    """The value of --augment: names of AUGMENTATIONS with commas between them, or "none"."""
    names = tuple(name.strip().replace("_", "-") for name in text.split(","))
    if names == ("none",):
        return ()
    for name in names:
        if name not in AUGMENTATIONS:
            from ..spelling import unknown_name

            raise argparse.ArgumentTypeError(unknown_name("augmentation", name, [*AUGMENTATIONS, "none"]))
    return names


def augmentation(names: tuple[str, ...], images: LabelledImages) -> Augmentation | None:
    """Build the augmentations with these names for images of this size and number of classes. Return None if there
    are no names.
    """
    from .. import data

    height, width = images.images.shape[2:]
    margin = max(min(height, width) // 8, 1)
    makers: dict[str, Any] = {
        "affine": data.Affine,
        "flip": data.HorizontalFlip,
        "crop": lambda: data.Crop((height, width), padding=margin),
        "rotate": lambda: data.Rotate(15),
        "erase": data.Erase,
        "mix-up": lambda: data.MixUp(num_classes=len(images.classes)),
    }
    transforms = [makers[name]() for name in names]
    if len(transforms) > 1:
        return data.Compose(transforms)
    return transforms[0] if transforms else None
