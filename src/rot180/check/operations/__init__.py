"""The definitions of the operations: their forwards, their gradients, and the test cases. Each family has a module.

    definition.forward(arrays, case)            y
    definition.gradients(dy, arrays, case)      {argument: gradient}

The definitions compute in float64. Affine operations are exact on integers. `definition.py` has the interface of all
operations, and `functional.py` the base class of operations that call rot180.functional. `find` looks up an operation
by its name.
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
    """The checker has no operation with this name."""


def find(op: str) -> Definition:
    """Return the definition of an operation, by its name with underscores or dashes."""
    definition = _ALL.get(op.replace("-", "_"))
    if definition is None:
        if likely := suggestions(op, _ALL):  # a list of all 23 names would hide the likely one
            raise UnknownOperationError(f"check.layer: unknown operation {op!r:.80}: {did_you_mean(likely)}")
        raise UnknownOperationError(f"check.layer: {unknown_name('operation', op, _ALL)}")
    return definition
