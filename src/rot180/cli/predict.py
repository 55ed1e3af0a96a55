"""`rot180 predict RUN IMAGE...`: say what a saved run sees in image files."""

from __future__ import annotations

import argparse

from .arguments import Commands, add_command
from .status import ExitStatus

_IMAGES = """\
Images may be of any size and colour. They are resized to what the model takes.
A model of the digits wants light ink on a dark ground that fills the frame, so
what it gets is prepared: if the border is light the image is inverted (dark on
light and light on dark both work), then cropped to the ink and centred. A
picture should show one sign on a plain ground.
Needs Pillow, the extra "image": pip install pillow
"""


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
    channels, height, width = config["model"]["input_shape"]
    names = config.get("class_names") or [str(i) for i in range(config["model"]["classes"])]
    ink = bool((config.get("data") or {}).get("ink"))
    batch = np.stack([read_image(path, (channels, height, width), ink=ink) for path in args.images])
    with no_grad():
        probabilities = F.softmax(model(batch), 1).data  # (N, classes)
    longest = max(map(len, args.images))
    for path, row in zip(args.images, probabilities, strict=True):
        best = int(row.argmax())
        print(f"{path:{longest}}  {names[best]}  {row[best]:.1%}")
    return ExitStatus.DONE
