"""The report of a training run: one HTML file with the accuracy, the mistakes and a look inside the network.

    from rot180.train import report
    report.write("runs/digits-small", data.digits("test"))

The file is self-contained: no script, no external address; pictures are embedded. Reports of the same run are identical
byte for byte. `content`, `predictions`, `filters` and `feature_maps` measure and hold plain values; `pictures` draws
them with matplotlib (the extra `report`); the remaining files turn both into HTML. Without matplotlib the report has
tables instead of pictures.
"""

from __future__ import annotations

from pathlib import Path

from ... import nn
from ...formats import atomic
from ...formats.atomic import Name
from ...random import get_rng_state, set_rng_state
from ..labelled_data import LabelledData
from ..run import REPORT
from .content import collect
from .page import page
from .pictures import load_pictures

__all__ = ["REPORT", "write"]


def write(
    folder: Name, held_out: LabelledData | None = None, *, model: nn.Module | None = None, command: str | None = None
) -> Path:
    """Write report.html into the folder of a run and return the file's path.

    Args:
        folder: a folder that `fit` or `rot180 train` wrote. An earlier report in it is replaced.
        held_out: the test images: a dataset of (image, label) or a tuple (images, labels). If it has an attribute
            `files`, one name per image, the report names the files of the worst mistakes. Without test images the
            report lists the sections that are missing and why.
        model: the model to load the weights into, if the run's model was not made by `models.build`.
        command: the command that repeats the run (default: the command in the run's config, if any).

    Raises FileNotFoundError or FormatError if the run is incomplete or does not fit the model, WriteError if the file
    cannot be written (an earlier report is left unchanged). The library's random state does not change.
    """
    before = get_rng_state()
    try:
        content = collect(folder, held_out, model, command)
    finally:
        set_rng_state(before)  # building the model draws initial weights
    path = Path(folder) / REPORT
    atomic.write_text(path, page(content, load_pictures()))
    return path
