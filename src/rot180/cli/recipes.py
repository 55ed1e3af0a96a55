"""How `rot180 train` trains unless it is told otherwise: a recipe for each data set, and one for all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..data import Augmentation, LabelledImages


class Recipe(NamedTuple):
    """Settings of `train.fit` and a model."""

    epochs: int
    batch_size: int
    lr: float  # Adam's
    augment: str  # names, with commas between them
    model: str | None = None  # None: models.default


RECIPES = {
    "digits": Recipe(25, 32, 0.003, "affine"),
    "mnist": Recipe(5, 128, 0.003, "affine"),
    "fashion-mnist": Recipe(5, 128, 0.003, "none"),
    "cifar10": Recipe(15, 128, 0.003, "flip,crop"),
}
SHOWN = 20_000  # images of one's own: about as many are shown, in at least 5 epochs and at most 40


def recipe(images: LabelledImages) -> Recipe:
    """For these images, by the name of their data set or else by their number."""
    name = images.about.get("name")
    if name in RECIPES:
        return RECIPES[name]
    return Recipe(min(max(SHOWN // len(images), 5), 40), 32, 0.002, "affine")


AUGMENTATIONS = {
    "affine": "slightly turned, slanted, stretched and moved",
    "flip": "left and right swapped, every second time",
    "crop": "moved by up to an eighth of the side, zeros outside",
    "rotate": "turned by up to 15 degrees",
    "erase": "a rectangle blanked, every second time",
    "mix-up": "two images and their labels mixed",
}


def augmentation(names: str, images: LabelledImages) -> Augmentation | None:
    """The augmentation of these names; ValueError for one that is not known."""
    from .. import data

    height, width = images.images.shape[2:]
    margin = max(min(height, width) // 8, 1)
    known: dict[str, Any] = {
        "affine": data.Affine,
        "flip": data.HorizontalFlip,
        "crop": lambda: data.Crop((height, width), padding=margin),
        "rotate": lambda: data.Rotate(15),
        "erase": data.Erase,
        "mix-up": lambda: data.MixUp(num_classes=len(images.classes)),
    }
    chosen = [name.strip().replace("_", "-") for name in names.split(",")]
    if chosen == ["none"]:
        return None
    for name in chosen:
        if name not in known:
            raise ValueError(f"--augment: there is no {name!r}; there are {', '.join(known)}, or none")
    made = [known[name]() for name in chosen]
    return made[0] if len(made) == 1 else data.Compose(made)
