"""The argument RUN of commands, and a loaded run that prepares image files for its model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .arguments import Group, UsageError

if TYPE_CHECKING:
    from .. import nn

TOLERANCE = 0.1  # training values may lie this far outside the range 0 to 1


def add_run(group: Group) -> None:
    """Add the argument RUN."""
    group.add_argument("folder", metavar="RUN", help="folder written by `rot180 train`")


class TrainedRun(NamedTuple):
    """A trained model, its config and the folder that it was loaded from."""

    folder: str
    model: nn.Module
    config: dict[str, Any]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        channels, height, width = self.config["model"]["input_shape"]
        return channels, height, width

    @property
    def class_names(self) -> list[str]:
        """The names of the classes; their numbers if the config has no names."""
        return self.config.get("class_names") or [str(i) for i in range(self.config["model"]["classes"])]

    def read_image(self, path: str) -> Any:
        """Read an image file as the model needs it: float32 (C, H, W), 0 to 1."""
        from ..data import read_image

        about = self.config.get("data") or {}
        ink = bool(about.get("ink"))
        return read_image(path, self.input_shape, ink=ink, margin=about.get("margin", 0) if ink else 0)


def load_for_images(folder: str) -> TrainedRun:
    """Load a run to use it on image files. Raises UsageError if its training values were not between 0 and 1."""
    from ..train import load_run

    model, config = load_run(folder)
    _check_range(folder, (config.get("data") or {}).get("range"))
    return TrainedRun(folder, model, config)


def _check_range(folder: str, bounds: Any) -> None:
    """Raise UsageError if the training values were not between 0 and 1, the range of values read from image files."""
    if bounds is None:
        return
    if not (isinstance(bounds, list) and len(bounds) == 2 and all(isinstance(cell, int | float) for cell in bounds)):
        raise UsageError(f"{folder}: its config has the range {bounds!r}; two numbers are needed")
    if not (-TOLERANCE <= bounds[0] and bounds[1] <= 1 + TOLERANCE):
        raise UsageError(
            f"{folder} was trained on values from {bounds[0]:.4g} to {bounds[1]:.4g}, but image files have values from "
            "0 to 1; train on uint8 images, or on floats from 0 to 1"
        )
