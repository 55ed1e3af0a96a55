"""What an operation should compute: one file per family, each with its forward, its gradients and the sizes to try.

    definition.forward(arrays, case)            y
    definition.gradients(dy, arrays, case)      {argument: gradient}

All in float64; on integers exact where the operation is affine. `definition.py` is what all have in common, and
`functional.py` what those have that rot180.functional computes. `find` looks one up by the name of the operation.
"""

from __future__ import annotations

from ...errors import Rot180Error
from ...spelling import unknown_name
from .activation import ACTIVATIONS
from .convolution import CONVOLUTIONS, Convolution
from .definition import Definition
from .loss import LOSSES
from .norm import NORMS
from .pooling import POOLINGS

_ALL: dict[str, Definition] = {**CONVOLUTIONS, **POOLINGS, **NORMS, **ACTIVATIONS, **LOSSES}

__all__ = ["Convolution", "Definition", "UnknownOperationError", "find"]


class UnknownOperationError(Rot180Error, ValueError):
    """An operation that the checker has no definition of."""


def find(op: str) -> Definition:
    """The definition of an operation, by its name with underscores or dashes."""
    definition = _ALL.get(op.replace("-", "_"))
    if definition is None:
        raise UnknownOperationError(f"check.layer: {unknown_name('operation', op, _ALL)}")
    return definition
