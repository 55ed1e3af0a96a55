"""Tensor: an array with operators, methods and a gradient.

`.data` is always an ndarray, 0-d included. Tensors of floats can require a gradient; integers and booleans (targets,
indices, comparisons) are carried along without one. `+=` makes a new Tensor, and item assignment is refused: the array
under a recorded Tensor must stay what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, overload

import numpy as np
from numpy.typing import DTypeLike

from ..errors import DtypeError, GradientError, Rot180Error
from . import arithmetic, elementary, operands, reduction
from . import shape as cells
from .primitives import primitive, tensor_type, wrap
from .record import Array, Variable, leaf
from .sweep import add_leaf_hook, backward
from .types import ArrayLike, Shape


@primitive(name="astype")
def _astype(x: Array, dtype: Any, was: Any) -> Array:
    return x.astype(dtype)


@_astype.vjp
def astype_vjp(g: Any, needs: Any, output: Any, x: Any, dtype: Any, was: Any) -> Any:
    return (_astype(g, was, dtype),)


@tensor_type
class Tensor(Variable):
    """An n-dimensional array that remembers how it was made.

    Args:
        data: an ndarray (kept, not copied), another Tensor, a number or nested lists (which become float32).
        requires_grad: accumulate gradients for it in `.grad`.
    """

    __slots__ = ()
    __array_ufunc__ = None  # ndarray + Tensor goes to Tensor.__radd__

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        self.data = operands.as_array(data)
        self.node = None
        if requires_grad:
            self.requires_grad_()

    # ---- the gradient ----

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this Tensor."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start or stop to accumulate gradients here; returns self."""
        if requires_grad == (self.node is not None):
            return self
        if self.node is not None and self.node.op is not None:
            raise GradientError("requires_grad_: only a leaf can be switched off; use .detach() on a computed Tensor")
        if requires_grad and self.data.dtype not in operands.FLOATS:
            raise DtypeError(f"requires_grad_: only float32 and float64 have gradients, not {self.data.dtype}")
        self.node = leaf(self.data.shape) if requires_grad else None
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made this Tensor."""
        return self.node is None or self.node.op is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by `backward`, of a leaf that requires one."""
        return None if self.node is None or self.node.op is not None else self.node.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if self.node is None or self.node.op is not None:
            raise GradientError("grad: only a leaf that requires a gradient has one; call requires_grad_() first")
        if value is not None and (not isinstance(value, Tensor) or value.shape != self.shape):
            raise GradientError(f"grad: needs None or a Tensor of shape {self.shape}")
        self.node.grad = value

    def backward(
        self, gradient: Tensor | ArrayLike | None = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Accumulate the gradients of this Tensor, weighted by `gradient`, in the .grad of the leaves it depends on.

        Raises GradientError if it depends on no leaf, has more than one element and no gradient is given, or if its
        graph was freed by an earlier call without retain_graph.
        """
        backward(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Callable[[], None]:
        """Call `hook(self)` when a backward has made this leaf's gradient final; returns a function that removes it."""
        return add_leaf_hook(self, hook)

    def detach(self) -> Tensor:
        """The same array without its history."""
        t: Tensor = wrap(self.data)
        return t

    # ---- the array ----

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self.data.dtype

    @property
    def T(self) -> Tensor:
        """The axes in reverse order."""
        return self.permute(*reversed(range(self.ndim)))

    @overload
    def size(self, dim: None = None) -> Shape: ...

    @overload
    def size(self, dim: int) -> int: ...

    def size(self, dim: int | None = None) -> Shape | int:
        """The shape, or the size of one axis (as in PyTorch; the number of cells is `numel`)."""
        return self.data.shape if dim is None else self.data.shape[dim]

    def numel(self) -> int:
        """The number of cells."""
        return self.data.size

    def dim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    def item(self) -> Any:
        """The value of a Tensor of one element as a Python number."""
        return self.data.item()

    def tolist(self) -> Any:
        """The values as nested lists."""
        return self.data.tolist()

    def numpy(self) -> Array:
        """The array itself; raises GradientError if a gradient is required (use .detach().numpy())."""
        if self.node is not None:
            raise GradientError("numpy: this Tensor requires a gradient; use .detach().numpy()")
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if self.node is not None:
            raise GradientError("np.asarray: this Tensor requires a gradient; use .detach().numpy()")
        return np.array(self.data, dtype, copy=copy)

    def __dlpack__(self, **options: Any) -> Any:
        if self.node is not None:
            raise GradientError("__dlpack__: this Tensor requires a gradient; use .detach()")
        return self.data.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.data.__dlpack_device__()

    def astype(self, dtype: DTypeLike) -> Tensor:
        """A copy of another dtype; the gradient is converted back. The same Tensor if nothing changes."""
        dtype = np.dtype(dtype)
        if dtype == self.data.dtype:
            return self
        if dtype in operands.FLOATS and self.data.dtype in operands.FLOATS:
            return _astype(self, dtype, self.data.dtype)
        return Tensor(self.data.astype(dtype))

    def float(self) -> Tensor:
        """As float32."""
        return self.astype(np.float32)

    def double(self) -> Tensor:
        """As float64."""
        return self.astype(np.float64)

    def clone(self) -> Tensor:
        """A copy, with the gradient passing through."""
        if self.data.dtype in operands.FLOATS:
            return _astype(self, self.data.dtype, self.data.dtype)
        return Tensor(self.data.copy())

    def __repr__(self) -> str:
        text = np.array2string(self.data, separator=", ", prefix="tensor(")
        kind = "" if self.data.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.data.dtype}"
        if self.node is None:
            return f"tensor({text}{kind})"
        made = "requires_grad=True" if self.node.op is None else f"made_by={self.node.name}"
        return f"tensor({text}{kind}, {made})"

    def __len__(self) -> int:
        if not self.data.ndim:
            raise TypeError("len: a 0-d Tensor has no length")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(
                f"bool: the truth of a Tensor of shape {self.shape} is ambiguous; use .any() or .all() on .data"
            )
        return bool(self.data)

    def __float__(self) -> Any:
        return float(self.data.item())

    def __int__(self) -> int:
        return int(self.data.item())

    def __index__(self) -> int:
        return self.data.__index__()

    def __contains__(self, value: Any) -> bool:
        return bool((self.data == operands.raw(value)).any())

    def __getitem__(self, key: Any) -> Tensor:
        return cells.getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise Rot180Error(
            "item assignment: a Tensor is not changed in place; use rot180.where or write to .data yourself"
        )

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self.node is not None and self.node.op is not None:
            raise GradientError("deepcopy: only leaves can be copied; use .detach() first")
        copy: Tensor = object.__new__(type(self))
        copy.data, copy.node = self.data.copy(), None
        memo[id(self)] = copy
        if self.node is not None:
            copy.requires_grad_()
            if self.grad is not None:
                copy.grad = Tensor(self.grad.data.copy())
        return copy

    def __reduce__(self) -> Any:
        if self.node is not None and self.node.op is not None:
            raise GradientError("pickle: only leaves can be pickled; use .detach() first")
        return _rebuild, (type(self), self.data, self.node is not None)

    # ---- operators; float only, NumPy's broadcasting ----

    def __add__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.add(self, other)

    def __radd__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.add(other, self)

    def __sub__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.sub(self, other)

    def __rsub__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.sub(other, self)

    def __mul__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.mul(self, other)

    def __rmul__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.mul(other, self)

    def __truediv__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.div(self, other)

    def __rtruediv__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.div(other, self)

    def __pow__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.power(self, other)

    def __rpow__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.power(other, self)

    def __matmul__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.matmul(self, other)

    def __rmatmul__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.matmul(other, self)

    def __neg__(self) -> Tensor:
        return elementary.neg(self)

    def __abs__(self) -> Tensor:
        return elementary.absolute(self)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return wrap(self.data == operands.raw(other))

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return wrap(self.data != operands.raw(other))

    def __lt__(self, other: Tensor | ArrayLike) -> Tensor:
        return wrap(self.data < operands.raw(other))

    def __le__(self, other: Tensor | ArrayLike) -> Tensor:
        return wrap(self.data <= operands.raw(other))

    def __gt__(self, other: Tensor | ArrayLike) -> Tensor:
        return wrap(self.data > operands.raw(other))

    def __ge__(self, other: Tensor | ArrayLike) -> Tensor:
        return wrap(self.data >= operands.raw(other))

    # ---- the functions of the tape as methods, under PyTorch's names ----

    exp: ClassVar[Callable[[Tensor], Tensor]] = elementary.exp
    erf: ClassVar[Callable[[Tensor], Tensor]] = elementary.erf
    log: ClassVar[Callable[[Tensor], Tensor]] = elementary.log
    sqrt: ClassVar[Callable[[Tensor], Tensor]] = elementary.sqrt
    abs: ClassVar[Callable[[Tensor], Tensor]] = elementary.absolute
    sin: ClassVar[Callable[[Tensor], Tensor]] = elementary.sin
    cos: ClassVar[Callable[[Tensor], Tensor]] = elementary.cos
    pow: ClassVar[Callable[..., Tensor]] = arithmetic.power
    clamp: ClassVar[Callable[..., Tensor]] = elementary.clamp
    maximum: ClassVar[Callable[..., Tensor]] = arithmetic.maximum
    minimum: ClassVar[Callable[..., Tensor]] = arithmetic.minimum
    matmul: ClassVar[Callable[..., Tensor]] = arithmetic.matmul
    sum: ClassVar[Callable[..., Tensor]] = reduction.sum
    mean: ClassVar[Callable[..., Tensor]] = reduction.mean
    amax: ClassVar[Callable[..., Tensor]] = reduction.amax
    amin: ClassVar[Callable[..., Tensor]] = reduction.amin
    max: ClassVar[Callable[..., Any]] = reduction.max
    min: ClassVar[Callable[..., Any]] = reduction.min
    argmax: ClassVar[Callable[..., Tensor]] = reduction.argmax
    argmin: ClassVar[Callable[..., Tensor]] = reduction.argmin
    swapaxes: ClassVar[Callable[..., Tensor]] = cells.swapaxes
    broadcast_to: ClassVar[Callable[..., Tensor]] = cells.broadcast_to
    squeeze: ClassVar[Callable[..., Tensor]] = cells.squeeze
    unsqueeze: ClassVar[Callable[..., Tensor]] = cells.unsqueeze
    flatten: ClassVar[Callable[..., Tensor]] = cells.flatten

    def reshape(self, *sizes: int | Sequence[int]) -> Tensor:
        """The same cells in another shape: t.reshape(2, 3) or t.reshape((2, 3))."""
        return cells.reshape(self, _variadic(sizes))

    view = reshape

    def permute(self, *dims: int | Sequence[int]) -> Tensor:
        """The axes in another order: t.permute(1, 0) or t.permute((1, 0))."""
        return cells.permute(self, _variadic(dims))

    def transpose(self, *dims: int | Sequence[int]) -> Tensor:
        """Two axes swapped, as PyTorch's t.transpose(0, 1); with all axes or none, NumPy's transpose."""
        axes = _variadic(dims)
        if len(axes) == 2:
            return cells.swapaxes(self, *axes)
        return self.permute(*axes) if axes else self.T


def _variadic(sizes: tuple[Any, ...]) -> Shape:
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes


def tensor(data: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor:
    """A Tensor with a copy of `data`; numbers and lists become float32 unless `dtype` says otherwise."""
    a = np.array(operands.as_array(data) if dtype is None else np.asarray(operands.raw(data)), dtype)
    return Tensor(a, requires_grad)


def from_numpy(array: Array) -> Tensor:
    """A Tensor that shares the memory of an array."""
    return Tensor(np.asarray(array))


def from_dlpack(source: Any) -> Tensor:
    """A Tensor that shares the memory of another library's CPU array, where that is possible."""
    return Tensor(np.from_dlpack(source))


def _rebuild(cls: type[Tensor], data: Array, requires_grad: bool) -> Tensor:
    t: Tensor = object.__new__(cls)
    t.data, t.node = operands.own_dtype(data), None
    return t.requires_grad_(requires_grad)
