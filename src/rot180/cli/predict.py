"""`rot180 predict RUN IMAGE...`: say what a saved run sees in image files."""

from __future__ import annotations

import argparse
from typing import Any

from .arguments import Commands, UsageError, add_command, one_line
from .status import ExitStatus

_IMAGES = """\
Images may be of any size and colour. They are stretched to what the model takes,
as its training images were.
The digits, MNIST and Fashion-MNIST show one thing, light on a dark ground, of a
certain size. For their models a picture is prepared to look like that: if its
border is light it is inverted (dark on light and light on dark both work), then
cropped to what it shows, and centred. It should show one thing on a plain ground.
Needs Pillow, the extra "image": pip install pillow
"""
BATCH = 256  # images at once
SLACK = 0.1  # beyond 0 to 1, from which on a model was trained on other numbers than image files give


def add(commands: Commands) -> None:
    """Describe the command to the parser."""
    parser = add_command(
        commands, "predict", run, "say what a run sees in image files", "rot180 predict runs/digits-small seven.png"
    )
    parser.description = f"{parser.description}\n\n{_IMAGES}"
    parser.add_argument("folder", metavar="RUN", help="the folder that `rot180 train` wrote")
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="PNG, JPEG, BMP, GIF, TIFF, WebP or PPM")


def run(args: argparse.Namespace) -> ExitStatus:
    """One line per image: its name, the class and the probability. All files are read before any line is printed."""
    import numpy as np

    from .. import functional as F
    from ..data import read_image
    from ..tape import no_grad
    from ..train import load_run

    model, config = load_run(args.folder)
    about = config.get("data") or {}
    check_range(args.folder, about)
    channels, height, width = config["model"]["input_shape"]
    names = config.get("class_names") or [str(i) for i in range(config["model"]["classes"])]
    ink = bool(about.get("ink"))
    margin = about.get("margin", 0) if ink else 0
    images = np.empty((len(args.images), channels, height, width), np.float32)
    for image, path in zip(images, args.images, strict=True):
        image[...] = read_image(path, (channels, height, width), ink=ink, margin=margin)
    shown = [one_line(path) for path in args.images]
    longest = max(map(len, shown))
    with no_grad():
        for start in range(0, len(images), BATCH):
            probabilities = F.softmax(model(images[start : start + BATCH]), 1).data  # (N, classes)
            for path, row in zip(shown[start:], probabilities, strict=False):
                best = int(row.argmax())
                print(f"{path:{longest}}  {one_line(names[best])}  {row[best]:.1%}")
    return ExitStatus.DONE


def check_range(run: str, about: dict[str, Any]) -> None:
    """Image files give cells from 0 to 1; a model that was trained on other numbers makes nothing of them."""
    found = about.get("range")
    if found is None:
        return
    if not (isinstance(found, list) and len(found) == 2 and all(isinstance(cell, int | float) for cell in found)):
        raise UsageError(f"{run}: its config has the range {found!r}; two numbers are needed")
    if not (-SLACK <= found[0] and found[1] <= 1 + SLACK):
        raise UsageError(
            f"{run} was trained on cells from {found[0]:.4g} to {found[1]:.4g}; those of image files are from 0 to 1: "
            "scale the training images so, as uint8 or as floats"
        )
