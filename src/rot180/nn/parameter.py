"""Parameter: a Tensor that a Module counts as its own and an optimiser updates.

Who may import it: nn and the floors above. Deliberately absent: initial values (`init.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError
from ..tape import Tensor
from ..tape.operands import FLOATS


class Parameter(Tensor):
    """A Tensor that becomes a parameter of the Module it is assigned to.

    Args:
        data: an ndarray (kept, not copied), a Tensor (its array is shared), or numbers in lists (which become float32).
        requires_grad: accumulate gradients for it; True, unlike for a Tensor.

    Ops on it return Tensors. Raises DtypeError for integers that require a gradient.
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def blank(layer: str, shape: tuple[int, ...], dtype: Any) -> Parameter:
    """A Parameter whose values are still to be written; DtypeError unless `dtype` is float32 or float64."""
    if dtype is None or np.dtype(dtype) not in FLOATS:
        raise DtypeError(f"{layer}: dtype is {dtype}; np.float32 or np.float64 is needed")
    return Parameter(np.empty(shape, dtype))
