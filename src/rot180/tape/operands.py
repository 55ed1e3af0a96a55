"""What an op takes: float32 or float64, of one dtype; numbers are weak; lists become float32.

Python numbers and 0-d NumPy values take the dtype of the other operand. Shapes broadcast by NumPy's rules. These checks
are made once, where a public function is entered.

Who may import it: the tape and the floors above. Deliberately absent: ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError
from .record import Array, Variable

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_FLOAT32, _FLOAT64 = FLOATS


def raw(x: Any) -> Any:
    """The array of a Tensor; anything else as it is."""
    return x.data if isinstance(x, Variable) else x


def operands(op: str, a: Any, b: Any) -> tuple[Any, Any, tuple[int, ...], tuple[int, ...]]:
    """Both operands, made weak or refused, and their shapes."""
    x = a.data if isinstance(a, Variable) else a
    y = b.data if isinstance(b, Variable) else b
    if type(x) is np.ndarray and type(y) is np.ndarray and x.dtype is y.dtype and x.dtype in FLOATS:
        if isinstance(a, Variable) == isinstance(b, Variable) or (x.ndim and y.ndim):
            return a, b, x.shape, y.shape
    a, b = _weak(op, a), _weak(op, b)
    kinds = {raw(v).dtype for v in (a, b) if not isinstance(v, int | float)}
    for kind in kinds:
        if kind not in FLOATS:
            raise DtypeError(f"{op}: takes float32 or float64, got {kind}; convert with .astype(np.float32)")
    if len(kinds) > 1:
        raise DtypeError(f"{op}: got float32 and float64 operands; convert one with .astype")
    return a, b, np.shape(raw(a)), np.shape(raw(b))


def pair(op: str, a: Any, b: Any) -> tuple[Any, Any, tuple[int, ...], tuple[int, ...]]:
    """`operands` of an elementwise op: their shapes must broadcast."""
    found = operands(op, a, b)
    if found[2] != found[3]:
        for m, n in zip(reversed(found[2]), reversed(found[3]), strict=False):
            if m != n and m != 1 and n != 1:
                raise ShapeError(f"{op}: shapes {found[2]} and {found[3]} do not broadcast: axes must agree or be 1")
    return found


def _weak(op: str, v: Any) -> Any:
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
    """x, if it is a Tensor or an array of a float dtype; lists become float32; DtypeError otherwise."""
    a = x.data if isinstance(x, Variable) else x
    if type(a) is np.ndarray and (a.dtype is _FLOAT32 or a.dtype is _FLOAT64):
        return x
    if isinstance(x, list | tuple | float | int) and not isinstance(x, np.generic):  # np.float64 is a float
        return np.asarray(x, np.float32)
    if not isinstance(a, np.ndarray | np.generic):
        raise DtypeError(f"{op}: takes Tensors and arrays; got {type(x).__name__}")
    if a.dtype not in FLOATS:
        raise DtypeError(f"{op}: takes float32 or float64, got {a.dtype}; convert with .astype(np.float32)")
    return own_dtype(x) if isinstance(x, np.ndarray) else x


def real(op: str, name: str, value: Any) -> float:
    """A setting as a float; DtypeError for anything but a number."""
    if type(value) is float:
        return value
    try:
        if isinstance(value, str | bytes):  # float("1") is 1
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise DtypeError(f"{op}: {name} must be a number; got {value!r}") from None


def as_array(data: Any) -> Array:
    """The array of a Tensor, an array as it is; numbers and lists become float32 (booleans stay booleans)."""
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
    return own_dtype(a)


def own_dtype(a: Array) -> Array:
    """`a` with NumPy's own dtype object, which fast paths ask for by identity; arrays of a pickle carry a copy."""
    for kind in FLOATS:
        if a.dtype == kind and a.dtype is not kind:
            return a.view(kind)
    return a
