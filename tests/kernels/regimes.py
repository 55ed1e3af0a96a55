"""Small limits for the numpy engine, so that the code for large arrays runs on the small data of the tests.

A regime patches where the algorithms change over. `poison` fills every array that the kernels take uninitialised with
NaN, so that a cell that is read before it is written, or never written, is seen in the result.
"""

import math
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pytest

from rot180.kernels.reference import conv
from rot180.kernels.reference.convolution import depthwise, tap_walk, workspace

NEVER, ALWAYS = -1, 1 << 40


class Regime(NamedTuple):
    """Values of the limits: None keeps a limit; a function gets the bytes of an image's columns, or of its padded x."""

    name: str
    small: int | None = None
    run: int | None = None
    block: object = None
    workspace: object = None
    cached: int | None = None


REGIMES = [
    Regime("as shipped"),
    Regime("batch last", small=NEVER, run=ALWAYS),
    Regime("batch second", small=NEVER, run=NEVER),
    Regime("batch last, a row per block", small=NEVER, run=ALWAYS, block=lambda columns: 1),
    Regime("batch second, an image per block", small=NEVER, run=NEVER, block=lambda columns: max(1, columns * 2 // 3)),
    Regime("image by image, a channel at a time", small=NEVER, workspace=lambda image: 1, cached=1),
    Regime("eight images at a time", small=NEVER, run=NEVER, workspace=lambda image: 8 * image, cached=1),
]


@contextmanager
def limits(regime, setting, itemsize):
    """Apply a regime to a setting inside the block."""
    x_shape, _, y_shape = setting.shapes
    columns = math.prod(y_shape[2:]) * setting.window.taps * x_shape[1] * itemsize
    image = 1
    if setting.window.ndim:
        wide = math.prod(tap_walk.TapWalk(setting.window, True).padded_shape(x_shape[1], 1))
        image = (wide + math.prod(y_shape[1:])) * itemsize
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            (conv, "SMALL", regime.small),
            (tap_walk, "RUN", regime.run),
            (tap_walk, "BLOCK", regime.block and regime.block(columns)),
            (tap_walk, "WORKSPACE", regime.workspace and regime.workspace(image)),
            (workspace, "WORKSPACE", regime.workspace and regime.workspace(image)),
            (depthwise, "CACHED", regime.cached),
        ):
            if value is not None:
                patch.setattr(module, name, value)
        conv._plan.cache_clear()
        try:
            yield
        finally:
            conv._plan.cache_clear()


def algorithm(window, x_shape, out, itemsize=4):
    """Return the module or object that runs a convolution of these sizes."""
    return conv._plan(window, x_shape[0], x_shape[1], out, itemsize)[0]


def workspaces():
    """The reused memory of this thread."""
    return list(workspace._thread.__dict__.values())


@contextmanager
def poison():
    """Fill the results of np.empty and np.empty_like, and the reused workspace, with NaN (255 in integers)."""
    for kept in workspaces():
        kept[...] = 255  # NaN in both float formats

    def poisoned(make):
        def inside(*args, **named):
            a = make(*args, **named)
            a.fill(np.nan if a.dtype.kind == "f" else 255)
            return a

        return inside

    with pytest.MonkeyPatch.context() as patch:
        for name in ("empty", "empty_like"):
            patch.setattr(np, name, poisoned(getattr(np, name)))
        yield
