"""Functions that check and convert the arguments of ops.

Ops take float32 or float64; the operands of an op have one dtype. Python numbers, NumPy scalars and arrays without axes
are weak: they take the dtype of the other operand. Lists become float32. Public functions make these checks; vjps
call ops without them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from .record import Array, Variable

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_FLOAT32, _FLOAT64 = FLOATS


def raw(x: Any) -> Any:
    """The array of a Tensor; other values are returned unchanged."""
    return x.data if isinstance(x, Variable) else x


def check_operands(op: str, a: Any, b: Any) -> tuple[Any, Any, tuple[int, ...], tuple[int, ...]]:
    """Check the dtypes of two operands.

    Returns both operands, with weak values and lists converted, and their shapes.

    Raises DtypeError if an operand is not float32 or float64, or if their dtypes differ.
    """
    x = a.data if isinstance(a, Variable) else a
    y = b.data if isinstance(b, Variable) else b
    if type(x) is np.ndarray and type(y) is np.ndarray and x.dtype is y.dtype and x.dtype in FLOATS:
        if isinstance(a, Variable) == isinstance(b, Variable) or (x.ndim and y.ndim):
            return a, b, x.shape, y.shape
    a, b = _convert_operand(op, a), _convert_operand(op, b)
    dtypes = {raw(v).dtype for v in (a, b) if not isinstance(v, int | float)}
    for dtype in dtypes:
        if dtype not in FLOATS:
            raise DtypeError(f"{op}: takes float32 or float64, got {dtype}; convert with .astype(np.float32)")
    if len(dtypes) > 1:
        raise DtypeError(f"{op}: got float32 and float64 operands; convert one with .astype")
    return a, b, np.shape(raw(a)), np.shape(raw(b))


def check_broadcast(op: str, a: Any, b: Any) -> tuple[Any, Any, tuple[int, ...], tuple[int, ...]]:
    """Like `check_operands`, and raise ShapeError if the shapes do not broadcast."""
    checked = check_operands(op, a, b)
    a_shape, b_shape = checked[2:]
    if a_shape != b_shape:
        for m, n in zip(reversed(a_shape), reversed(b_shape), strict=False):
            if m != n and m != 1 and n != 1:
                raise ShapeError(
                    f"{op}: shapes {a_shape} and {b_shape} do not broadcast; aligned at the last axis, sizes must be "
                    "equal or 1"
                )
    return checked


def _convert_operand(op: str, v: Any) -> Any:
    """An operand as a Tensor, an array or a Python number."""
    if isinstance(v, Variable) or type(v) is float or type(v) is int:
        return v
    if isinstance(v, list | tuple):
        v = np.asarray(v, np.float32)
    if isinstance(v, np.generic) or (isinstance(v, np.ndarray) and v.ndim == 0):
        v = v.item()
    if not isinstance(v, np.ndarray | int | float):
        raise DtypeError(f"{op}: takes Tensors, arrays and numbers; got {type(v).__name__}")
    return v


def floating(op: str, x: Any) -> Any:
    """x as a Tensor or an array of float32 or float64. Numbers and lists become float32.

    Raises DtypeError for other dtypes.
    """
    a = x.data if isinstance(x, Variable) else x
    if type(a) is np.ndarray and (a.dtype is _FLOAT32 or a.dtype is _FLOAT64):
        return x
    if isinstance(x, list | tuple | float | int) and not isinstance(x, np.generic):  # np.float64 is a float
        return np.asarray(x, np.float32)
    if not isinstance(a, np.ndarray | np.generic):
        raise DtypeError(f"{op}: takes Tensors and arrays; got {type(x).__name__}")
    if a.dtype not in FLOATS:
        raise DtypeError(f"{op}: takes float32 or float64, got {a.dtype}; convert with .astype(np.float32)")
    return with_numpy_dtype(x) if isinstance(x, np.ndarray) else x


def real(op: str, name: str, value: Any) -> float:
    """The value of the argument `name` as a float. Raises DtypeError if it is not a number."""
    if type(value) is float:
        return value
    try:
        if isinstance(value, str | bytes):  # which float() would convert
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise DtypeError(f"{op}: {name} must be a number; got {value!r}") from None


def as_array(data: Any) -> Array:
    """The array of a Tensor, or data as an array: numbers and lists become float32, booleans stay booleans.

    Raises DtypeError for dtypes other than float32, float64, integers and booleans.
    """
    if isinstance(data, Variable):
        return data.data
    if isinstance(data, np.ndarray | np.generic):
        a = np.asarray(data)
    elif hasattr(data, "__dlpack__") and not isinstance(data, list | tuple):
        a = np.from_dlpack(data)
    else:
        a = np.asarray(data)
        if a.dtype.kind in "iuf":
            a = a.astype(np.float32)
    if not a.dtype.isnative:
        a = a.astype(a.dtype.newbyteorder("="))
    if a.dtype.kind not in "iufb" or (a.dtype.kind == "f" and a.dtype not in FLOATS):
        raise DtypeError(f"tensor: takes float32, float64, integers or booleans, got {a.dtype}; convert with .astype")
    return with_numpy_dtype(a)


def with_numpy_dtype(a: Array) -> Array:
    """The array with NumPy's own dtype object.

    Fast paths compare dtypes with `is`, but the dtype of an unpickled array is a copy.
    """
    for dtype in FLOATS:
        if a.dtype == dtype and a.dtype is not dtype:
            return a.view(dtype)
    return a
