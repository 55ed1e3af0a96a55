"""The definitions of the operations: one module per family, each with its forward, its gradients and the sizes to try.

    definition.forward(arrays, case)            y
    definition.gradients(dy, arrays, case)      {argument: gradient}

They compute in float64, exactly on integers if the operation is affine. `definition.py` has the interface of all
operations, `functional.py` the part that is shared by those that rot180.functional computes. `find` looks up an
operation by its name.
"""

from __future__ import annotations

from ...errors import Rot180Error
from ...spelling import did_you_mean, suggestions, unknown_name
from .activation import ACTIVATIONS
from .convolution import CONVOLUTIONS, Convolution
from .definition import Definition
from .loss import LOSSES
from .norm import NORMS
from .pooling import POOLINGS

_ALL: dict[str, Definition] = {**CONVOLUTIONS, **POOLINGS, **NORMS, **ACTIVATIONS, **LOSSES}

__all__ = ["Convolution", "Definition", "UnknownOperationError", "find"]


class UnknownOperationError(Rot180Error, ValueError):
    """The checker has no operation of this name."""


def find(op: str) -> Definition:
    """Return the definition of an operation, by its name with underscores or dashes."""
    definition = _ALL.get(op.replace("-", "_"))
    if definition is None:
        if likely := suggestions(op, _ALL):  # 23 names would hide the one that was meant
            raise UnknownOperationError(f"check.layer: unknown operation {op!r:.80}: {did_you_mean(likely)}")
        raise UnknownOperationError(f"check.layer: {unknown_name('operation', op, _ALL)}")
    return definition
