"""Tensor: an array with operators, methods and a gradient.

`.data` is always an ndarray, also if it has no axes. Tensors of float32 and float64 can require a gradient. Tensors of
integers and booleans (targets, indices, comparisons) cannot require one. The array of a recorded Tensor must not
change: `+=` makes a new Tensor, and item assignment is an error.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, overload

import numpy as np
from numpy.typing import DTypeLike

from ..errors import DtypeError, GradientError, Rot180Error
from . import arithmetic, elementary, operands, reduction
from . import shape as cells
from .gradients import backward
from .leaf_hooks import add_leaf_hook
from .methods import ExtremumMethod, binary_method, extremum_method, tensor_method
from .primitives import tensor_type, wrap
from .record import Array, Variable, leaf
from .types import ArrayLike, PythonNumber, Shape, TensorData


@tensor_type
class Tensor(Variable):
    """An n-dimensional array that records how it was computed.

    Args:
        data: an ndarray, a Tensor or another library's CPU array (their memory is shared, not copied), or a number or
            nested lists (which become float32).
        requires_grad: accumulate gradients in `.grad` (default: False).

    Raises DtypeError for dtypes other than float32, float64, integers and booleans, and for integers or booleans that
    require a gradient.
    """

    __slots__ = ()
    __array_ufunc__ = None  # ndarray + Tensor goes to Tensor.__radd__

    def __init__(self, data: TensorData, requires_grad: bool = False) -> None:
        self.data = operands.as_array(data)
        self.node = None
        if requires_grad:
            self.requires_grad_()

    # ---- the gradient ----

    @property
    def requires_grad(self) -> bool:
        """True if gradients are computed for this Tensor."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start or stop accumulating gradients for this Tensor; returns self."""
        if requires_grad == (self.node is not None):
            return self
        if self.node is not None and self.node.op is not None:
            raise GradientError("requires_grad_: only a leaf can stop requiring a gradient; use .detach()")
        if requires_grad and self.data.dtype not in operands.FLOATS:
            raise DtypeError(f"requires_grad_: only float32 and float64 have gradients, not {self.data.dtype}")
        self.node = leaf(self.data.shape) if requires_grad else None
        return self

    @property
    def is_leaf(self) -> bool:
        """True if this Tensor is not the result of a recorded op."""
        return self.node is None or self.node.op is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated for this leaf, or None if there is none."""
        return None if self.node is None or self.node.op is not None else self.node.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if self.node is None or self.node.op is not None:
            raise GradientError("grad: only a leaf that requires a gradient has one; call requires_grad_() first")
        if value is not None and (not isinstance(value, Tensor) or value.shape != self.shape):
            raise GradientError(f"grad: must be None or a Tensor of shape {self.shape}")
        self.node.grad = value

    def backward(
        self, gradient: Tensor | ArrayLike | None = None, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Accumulate the gradients of this Tensor, weighted by `gradient`, in the .grad of the leaves it depends on.

        Args:
            gradient: the upstream gradient, of the shape and dtype of this Tensor (default: 1, if the Tensor has one
                element).
            retain_graph: keep the graph for another backward pass (default: the value of create_graph).
            create_graph: record the backward pass, so that the gradients can be differentiated again (default: False).

        Raises GradientError if this Tensor depends on no leaf that requires a gradient, if it has several elements and
        `gradient` is None, or if an earlier call without retain_graph freed the graph.
        """
        backward(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Callable[[], None]:
        """Call `hook(self)` whenever a backward pass has completed the gradient of this leaf.

        Returns a function that removes the hook.
        """
        return add_leaf_hook(self, hook)

    def detach(self) -> Tensor:
        """A Tensor with the same array that is not connected to the graph."""
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
        """This Tensor with its axes in reverse order."""
        return self.permute(*reversed(range(self.ndim)))

    @overload
    def size(self, dim: None = None) -> Shape: ...

    @overload
    def size(self, dim: int) -> int: ...

    def size(self, dim: int | None = None) -> Shape | int:
        """The shape, or the size of one axis. As in PyTorch, `numel` gives the number of elements."""
        return self.data.shape if dim is None else self.data.shape[dim]

    def numel(self) -> int:
        """The number of elements."""
        return self.data.size

    def dim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    def item(self) -> PythonNumber:
        """The value of a Tensor of one element as a Python number. Raises ValueError if it has several."""
        return self.data.item()

    def tolist(self) -> list[Any] | Any:
        """The values as nested lists of Python numbers; a number if the Tensor has no axes."""
        return self.data.tolist()

    def numpy(self) -> Array:
        """The array, not copied. Raises GradientError if the Tensor requires a gradient; use .detach().numpy() then."""
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
        """This Tensor converted to another dtype; itself if it has this dtype. Gradients are converted back."""
        dtype = np.dtype(dtype)
        if dtype == self.data.dtype:
            return self
        if dtype in operands.FLOATS and self.data.dtype in operands.FLOATS:
            return elementary.cast(self, dtype, self.data.dtype)
        return Tensor(self.data.astype(dtype))

    def float(self) -> Tensor:
        """This Tensor converted to float32."""
        return self.astype(np.float32)

    def double(self) -> Tensor:
        """This Tensor converted to float64."""
        return self.astype(np.float64)

    def clone(self) -> Tensor:
        """A differentiable copy: its gradient is passed on to this Tensor."""
        if self.data.dtype in operands.FLOATS:
            return elementary.cast(self, self.data.dtype, self.data.dtype)
        return Tensor(self.data.copy())

    def __repr__(self) -> str:
        text = np.array2string(self.data, separator=", ", prefix="tensor(")
        dtype = "" if self.data.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.data.dtype}"
        if self.node is None:
            return f"tensor({text}{dtype})"
        origin = "requires_grad=True" if self.node.op is None else f"made_by={self.node.name}"
        return f"tensor({text}{dtype}, {origin})"

    def __len__(self) -> int:
        if not self.data.ndim:
            raise TypeError("len: a 0-d Tensor has no length")
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(f"bool: a Tensor of shape {self.shape} has no truth value; use .data.any() or .data.all()")
        return bool(self.data)

    def __float__(self) -> builtins.float:
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
            "item assignment: a Tensor cannot be changed in place; use rot180.where, or assign to .data[...]"
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

    # ---- operators: of floats, with NumPy's broadcasting ----

    __add__ = binary_method(arithmetic.add)
    __sub__ = binary_method(arithmetic.sub)
    __mul__ = binary_method(arithmetic.mul)
    __truediv__ = binary_method(arithmetic.div)
    __pow__ = binary_method(arithmetic.power)
    __matmul__ = binary_method(arithmetic.matmul)
    __neg__ = tensor_method(elementary.neg)
    __abs__ = tensor_method(elementary.absolute)

    def __radd__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.add(other, self)

    def __rsub__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.sub(other, self)

    def __rmul__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.mul(other, self)

    def __rtruediv__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.div(other, self)

    def __rpow__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.power(other, self)

    def __rmatmul__(self, other: Tensor | ArrayLike) -> Tensor:
        return arithmetic.matmul(other, self)

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

    # ---- functions of the tape as methods with PyTorch's names ----

    exp = tensor_method(elementary.exp)
    erf = tensor_method(elementary.erf)
    log = tensor_method(elementary.log)
    sqrt = tensor_method(elementary.sqrt)
    abs = tensor_method(elementary.absolute)
    sin = tensor_method(elementary.sin)
    cos = tensor_method(elementary.cos)
    pow = binary_method(arithmetic.power)
    clamp = tensor_method(elementary.clamp)
    maximum = binary_method(arithmetic.maximum)
    minimum = binary_method(arithmetic.minimum)
    matmul = binary_method(arithmetic.matmul)
    sum = tensor_method(reduction.sum)
    mean = tensor_method(reduction.mean)
    amax = tensor_method(reduction.amax)
    amin = tensor_method(reduction.amin)
    max: ClassVar[ExtremumMethod] = extremum_method(reduction.max)
    min: ClassVar[ExtremumMethod] = extremum_method(reduction.min)
    argmax = tensor_method(reduction.argmax)
    argmin = tensor_method(reduction.argmin)
    swapaxes = tensor_method(cells.swapaxes)
    broadcast_to = tensor_method(cells.broadcast_to)
    squeeze = tensor_method(cells.squeeze)
    unsqueeze = tensor_method(cells.unsqueeze)
    flatten = tensor_method(cells.flatten)

    def reshape(self, *sizes: int | Sequence[int]) -> Tensor:
        """This Tensor with its elements in another shape: t.reshape(2, 3) or t.reshape((2, 3)). One size may be -1."""
        return cells.reshape(self, _variadic(sizes))

    view = reshape

    def permute(self, *dims: int | Sequence[int]) -> Tensor:
        """This Tensor with its axes in another order: t.permute(1, 0) or t.permute((1, 0))."""
        return cells.permute(self, _variadic(dims))

    def transpose(self, *dims: int | Sequence[int]) -> Tensor:
        """Swap two axes as in PyTorch: t.transpose(0, 1). With any other number of axes, it is NumPy's transpose."""
        axes = _variadic(dims)
        if len(axes) == 2:
            return cells.swapaxes(self, *axes)
        return self.permute(*axes) if axes else self.T


def _variadic(sizes: tuple[Any, ...]) -> Shape:
    """The sizes that were passed as several arguments or as one sequence."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], list | tuple) else sizes


def _rebuild(cls: type[Tensor], data: Array, requires_grad: bool) -> Tensor:
    """Rebuild a pickled Tensor."""
    t: Tensor = object.__new__(cls)
    t.data, t.node = operands.with_numpy_dtype(data), None
    return t.requires_grad_(requires_grad)
