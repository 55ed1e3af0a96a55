"""Convert arrays of other libraries and nested lists of numbers to NumPy arrays and back.

The other libraries include PyTorch, JAX, CuPy and all others whose arrays support `__array__` or DLPack.

Internal to check/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def as_numpy(value: Any) -> np.ndarray[Any, Any] | None:
    """The value as a NumPy array if it is an array or a nested list of numbers; None for anything else."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, list):
        return _numbers(value)
    if isinstance(value, type):
        return None
    conversions: dict[str, Callable[[Any], Any]] = {
        "__array__": np.asarray,
        "detach": lambda tensor: np.asarray(tensor.detach().cpu()),  # a PyTorch tensor that requires a gradient
        "__cuda_array_interface__": lambda array: array.get(),  # CuPy refuses `__array__`
        "__dlpack__": np.from_dlpack,
    }
    for attribute, convert in conversions.items():
        try:
            array = convert(value) if hasattr(value, attribute) else None
        except KeyboardInterrupt:
            raise
        except BaseException:  # the conversion of a foreign object can raise any exception
            continue
        if isinstance(array, np.ndarray) and array.dtype.kind != "O":
            return array
    return None


def stacked(value: Any) -> np.ndarray[Any, Any] | None:
    """A list of NumPy arrays of one shape as a single array, for example a list of filters; None for anything else."""
    if not isinstance(value, list) or not value or not all(isinstance(part, np.ndarray) for part in value):
        return None
    same_shape = len({part.shape for part in value}) == 1
    return np.stack(value) if same_shape else None


def to_numpy(value: Any) -> Any:
    """The value as a NumPy array if `as_numpy` can convert it, else unchanged."""
    array = as_numpy(value)
    return value if array is None else array


def like(old: Any, array: np.ndarray[Any, Any]) -> Any:
    """Convert the array to the type of `old`: a list, an array of another library, or a NumPy array."""
    if isinstance(old, list) and old and isinstance(old[0], np.ndarray):
        return list(array)
    if isinstance(old, list):
        return array.tolist()
    if hasattr(old, "detach"):  # a PyTorch tensor is overwritten in place, because other objects may refer to it
        view = np.asarray(old.detach().cpu())
        if view.shape == array.shape:
            view[...] = array
            return old
    maker = getattr(old, "__array_namespace__", None)
    return array if isinstance(old, np.ndarray) or maker is None else maker().asarray(array)


def _numbers(value: list[Any]) -> np.ndarray[Any, Any] | None:
    """A nested list of numbers as an array; None if it holds anything else, or rows of different lengths."""
    first: Any = value
    while isinstance(first, list) and first:
        first = first[0]
    if isinstance(first, bool) or not isinstance(first, int | float | np.number):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "fiu" else None
