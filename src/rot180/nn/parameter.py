"""Parameter: a Tensor that a Module registers and an optimizer updates. Initial values are in `init.py`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ..errors import DtypeError
from ..tape import Tensor
from ..tape.operands import FLOATS

Dtype: TypeAlias = type[np.float32] | type[np.float64] | np.dtype[Any] | str  # of weights: float32 or float64


class Parameter(Tensor):
    """A Tensor that becomes a parameter of the Module to which it is assigned.

    Args:
        data: an ndarray or a Tensor (their memory is shared, not copied), or numbers in lists (which become float32).
        requires_grad: accumulate gradients (default: True, unlike for a Tensor).

    Ops on a Parameter return Tensors. Raises DtypeError for integers that require a gradient.
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def empty_parameter(layer: str, shape: tuple[int, ...], dtype: Dtype) -> Parameter:
    """A Parameter with uninitialised values; raises DtypeError unless `dtype` is float32 or float64."""
    if dtype is None or np.dtype(dtype) not in FLOATS:
        raise DtypeError(f"{layer}: dtype is {dtype}; np.float32 or np.float64 is needed")
    return Parameter(np.empty(shape, dtype))
