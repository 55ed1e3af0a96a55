"""`rot180 predict RUN IMAGE...`: classify image files with a trained model."""

from __future__ import annotations

import argparse

from .arguments import Commands, add_command
from .exit_status import ExitStatus
from .output import one_line
from .trained_run import add_run, load_for_images

ABOUT = """\
classify image files with a trained model

Images may have any size and colours. They are resized to the input of the model.

The models of digits, MNIST and Fashion-MNIST expect one light object on a dark
background. Images for these models are inverted if their border is light, cropped to
the object and centred. The background should be plain.

Needs Pillow (the extra "image").
"""
BATCH = 256  # the number of images in one forward pass


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = add_command(commands, "predict", run, ABOUT, ("rot180 predict runs/digits-small digit.png",))
    add_run(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="image file: PNG, JPEG, BMP, GIF, TIFF, WebP or PPM")


def run(args: argparse.Namespace) -> ExitStatus:
    """Print a line per image: file, class and probability. All files are read before the first line is printed."""
    import numpy as np

    from .. import functional as F
    from ..tape import no_grad

    trained = load_for_images(args.folder)
    names = trained.class_names
    images = np.empty((len(args.images), *trained.input_shape), np.float32)
    for image, path in zip(images, args.images, strict=True):
        image[...] = trained.read_image(path)
    shown = [one_line(path) for path in args.images]
    width = max(map(len, shown))
    with no_grad():
        for start in range(0, len(images), BATCH):
            probabilities = F.softmax(trained.model(images[start : start + BATCH]), 1).data  # (N, classes)
            for path, row in zip(shown[start:], probabilities, strict=False):
                best = int(row.argmax())
                print(f"{path:{width}}  {one_line(names[best])}  {row[best]:.1%}")
    return ExitStatus.DONE
