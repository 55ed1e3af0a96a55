"""What a layer should compute: one file per family, each with its forward, its gradients and the sizes to try it on.

    definition.forward(arrays, case)            y
    definition.gradients(dy, arrays, case)      {argument: gradient}

All in float64, on integers exact. `find` looks one up by the name of the operation.
"""

from __future__ import annotations

from ...errors import Rot180Error
from .convolution import CONVOLUTIONS, Convolution

Definition = Convolution
_ALL: dict[str, Definition] = {**CONVOLUTIONS}


class UnknownOperationError(Rot180Error, ValueError):
    """An operation that the checker has no definition of."""


def find(op: str) -> Definition:
    """The definition of an operation, by its name with underscores or dashes."""
    definition = _ALL.get(op.replace("-", "_"))
    if definition is None:
        raise UnknownOperationError(f"check.layer: there is no operation {op!r}; there are {', '.join(_ALL)}")
    return definition
