"""The smallest failing case for the explainer, which shows how a wrong cell should be computed.

Internal to check/. page.py embeds the explainer.
"""

from __future__ import annotations

import numpy as np

from ..diagnosis.evidence import Evidence, array_name
from ..report import Example
from .matrices import plane

TRACED = tuple(f"{kind}{axes}d" for kind in ("conv", "conv_transpose", "max_pool", "avg_pool") for axes in (1, 2))


def example_of(ev: Evidence, argument: str) -> Example | None:
    """Return the example, or None if the explainer does not support this layer or if the forward is wrong."""
    cell = first_wrong_cell(ev, argument)
    if cell is None or argument == "b" or ev.definition.name not in TRACED or ev.case.convention != "correlation":
        return None
    arrays = {**ev.problem.arrays, "dy": ev.dy}
    name = array_name(argument)
    return Example(
        ev.definition.name,
        dict(ev.case.settings),
        {key: value.tolist() for key, value in arrays.items()},
        f"{name}[{','.join(map(str, cell))}]",
    )


def first_wrong_cell(ev: Evidence, argument: str) -> tuple[int, ...] | None:
    """Return the index of the first wrong cell of the displayed matrix; None if its formula is unknown."""
    if not ev.defined or ev.actual[argument].shape != ev.expected[argument].shape:
        return None
    index = plane(ev, argument)
    return (*index, *(int(i) for i in np.argwhere(ev.differing(argument)[index])[0]))
