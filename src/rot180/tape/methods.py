"""Types of the functions that are also methods of Tensor.

    sum = tensor_method(reduction.sum)

At run time this is `sum = reduction.sum`. Type checkers see a method that returns a Tensor and has the parameters of
`reduction.sum` except the first. They need this declaration because they do not infer the type variable `T` from
`self`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, overload

from .types import ArrayLike

if TYPE_CHECKING:
    from .reduction import Extremum
    from .tensor import Tensor

P = ParamSpec("P")


def tensor_method(function: Callable[Concatenate[Any, P], Any]) -> Callable[Concatenate[Tensor, P], Tensor]:
    """Return `function`, typed as a method that returns a Tensor."""
    return function


def binary_method(function: Callable[[Any, Any], Any]) -> Callable[[Tensor, Tensor | ArrayLike], Tensor]:
    """Return `function`, typed as a method that takes a second operand and returns a Tensor."""
    return function


def extremum_method(function: Callable[..., Any]) -> ExtremumMethod:
    """Return `function`, typed as `Tensor.max` and `Tensor.min`."""
    return function


class ExtremumMethod(Protocol):
    """The type of `Tensor.max` and `Tensor.min`, whose result depends on `dim`."""

    @overload
    def __call__(
        self, dim: None = None, keepdim: bool | None = None, *, keepdims: bool | None = None
    ) -> Tensor: ...  # fmt: skip

    @overload
    def __call__(self, dim: int, keepdim: bool | None = None, *, keepdims: bool | None = None) -> Extremum[Tensor]: ...
