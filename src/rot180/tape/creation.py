"""Functions that create Tensors from data: `tensor` copies, `from_numpy` and `from_dlpack` share memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from . import operands
from .record import Array
from .tensor import Tensor
from .types import SupportsDLPack, TensorData


def tensor(data: TensorData, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A Tensor with a copy of `data`.

    Args:
        data: an ndarray, a Tensor, another library's CPU array, a number or nested lists.
        dtype: the dtype of the Tensor (default: the array's dtype; float32 for numbers and lists; bool for booleans).
        requires_grad: accumulate gradients in `.grad` (default: False).

    Raises DtypeError for dtypes other than float32, float64, integers and booleans.
    """
    array = np.array(operands.as_array(data) if dtype is None else np.asarray(operands.raw(data)), dtype)
    return Tensor(array, requires_grad)


def from_numpy(array: Array) -> Tensor:
    """A Tensor that shares the memory of an array."""
    return Tensor(np.asarray(array))


def from_dlpack(source: SupportsDLPack) -> Tensor:
    """A Tensor that shares the memory of another library's CPU array if its layout allows it, else a copy."""
    return Tensor(np.from_dlpack(source))
