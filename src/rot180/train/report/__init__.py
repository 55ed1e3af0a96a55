"""The report of a training run: one HTML file that says what was trained, how well it does and how it looks inside.

    from rot180.train import report
    report.write("runs/digits-small", data.digits("test"))

The file is whole in itself: no script, no address, nothing to fetch; pictures are part of it. The same run gives the
same bytes. `facts`, `answers` and `insides` measure and hold plain values; `pictures` draws, with matplotlib (the
extra `report`); the other files turn both into HTML. Without matplotlib tables stand where pictures would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ... import nn
from ...formats import atomic
from ...formats.atomic import Name
from ...random import get_rng_state, set_rng_state
from ..run import REPORT
from .facts import collect
from .page import page
from .pictures import load_pictures

__all__ = ["REPORT", "write"]


def write(
    folder: Name, held_out: Any = None, *, model: nn.Module | None = None, command: str | None = None
) -> Path:  # fmt: skip
    """Write report.html into the folder of a run, from what the run saved; returns the file's path.

    Args:
        folder: the folder that `fit` or `rot180 train` wrote. An earlier report in it is replaced.
        held_out: images to measure on: a dataset of (image, label) or a tuple (images, labels). Without them the
            report says which sections are missing and why.
        model: to load the weights into, where the run's model was not made by `models.build`.
        command: the command line that trains the run again; by default what the run's config says, if anything.

    Raises FileNotFoundError or FormatError that name what is missing from the run or does not fit, WriteError if the
    file cannot be written (then no file was changed). The library's random state is left alone.
    """
    before = get_rng_state()
    try:
        facts = collect(folder, held_out, model, command)
    finally:
        set_rng_state(before)  # a model that is built to load the weights into draws initial ones
    path = Path(folder) / REPORT
    atomic.write_text(path, page(facts, load_pictures()))
    return path
