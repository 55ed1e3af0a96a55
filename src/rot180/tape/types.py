"""Types of public signatures.

    def relu(input: T | ArrayLike) -> T
    def conv2d(input: T | Array, weight: T | Array) -> T

A function of this kind returns a Tensor if one of its arguments is a Tensor, else an array. The type variable `T` is
Tensor or Array; if no argument determines it, it is Array. Defaults of type variables come from PEP 696, hence
typing_extensions; only type checkers import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from .record import Array

PythonNumber: TypeAlias = float | int  # bool is a kind of int
Number: TypeAlias = float | np.number[Any]
ArrayLike: TypeAlias = Array | Number | Sequence[Any]  # lists and numbers become float32
Shape: TypeAlias = tuple[int, ...]
Dim: TypeAlias = int | Sequence[int] | None  # the axes of a reduction; None means all axes


class SupportsDLPack(Protocol):
    """An array of any library that exports its memory by the DLPack protocol."""

    def __dlpack__(self, **options: Any) -> Any: ...

    def __dlpack_device__(self) -> tuple[int, int]: ...


if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from .tensor import Tensor

    T = TypeVar("T", "Tensor", Array, default=Array)
    TensorData: TypeAlias = Tensor | ArrayLike | np.generic | SupportsDLPack
    Constant: TypeAlias = Tensor | ArrayLike  # not differentiated; does not affect the type of the result
else:
    from typing import TypeVar

    T = TypeVar("T")
    Constant = TensorData = Any
