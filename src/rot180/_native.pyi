"""The compiled extension, from native/. Arrays are C-contiguous and aligned, float32 or float64 unless noted.

Arrays of one call have one dtype. Sizes that do not fit are a ValueError, other dtypes and memory layouts a TypeError.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from .window import Sizes

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Arrays: TypeAlias = Sequence[Array]

class Shape:
    """A window as the kernels take it, and the algorithms that convolutions with it may use."""

    def __init__(
        self,
        x: Sizes,
        y: Sizes,
        kernel: Sizes,
        stride: Sizes,
        dilation: Sizes,
        padding: Sizes,
        groups: int,
        algorithm: str,
        /,
    ) -> None: ...

# ---- instruction sets, threads, memory ----

def isa() -> str: ...
def isas() -> list[str]: ...
def use_isa(name: str, /) -> None: ...
def num_threads() -> int: ...
def set_num_threads(n: int, /) -> None: ...
def kept() -> int:
    """The bytes that are kept for the next calls."""

def trim() -> None:
    """Release the kept memory."""

# ---- algorithms ----

def algorithm(shape: Shape, kernel: str, images: int, channels: int, outputs: int, single: bool, /) -> str: ...
def fits(shape: Shape, kernel: str, channels: int, outputs: int, single: bool, /) -> bool: ...
def where(name: str, /) -> str:
    """A description of the convolutions that an algorithm is used for."""

# ---- contractions ----

def conv_y(shape: Shape, x: Array, w: Array, bias: Array | None, relu: bool) -> Array: ...
def conv_x(shape: Shape, y: Array, w: Array) -> Array: ...
def conv_w(shape: Shape, x: Array, y: Array) -> Array: ...
def add_bias(y: Array, bias: Array, relu: bool) -> None: ...
def bias_sums(y: Array) -> Array: ...

# ---- normalisation ----

def norm_y(
    x: Array, weight: Array | None, bias: Array | None, sample: bool, eps: float
) -> tuple[Array, Array, Array]: ...
def norm_x(
    gy: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    var: Array,
    sample: bool,
    given: bool,
    eps: float,
    needs: tuple[bool, bool, bool],
) -> tuple[Array | None, Array | None, Array | None]: ...
def norm_x_over(
    gy: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    var: Array,
    sample: bool,
    given: bool,
    eps: float,
    needs: tuple[bool, bool],
) -> tuple[Array | None, Array | None]: ...
def affine_y(x: Array, scale: Array, shift: Array) -> Array: ...

# ---- sums and activations; `_over` writes into its first argument ----

def add(a: Array, b: Array) -> Array: ...
def add_over(a: Array, b: Array) -> None: ...
def relu_y(x: Array) -> Array: ...
def relu_x(gy: Array, y: Array) -> Array: ...
def relu_x_over(gy: Array, y: Array) -> None: ...
def leaky_relu_y(x: Array, slope: float) -> Array: ...
def leaky_relu_x(gy: Array, x: Array, slope: float) -> Array: ...
def leaky_relu_x_over(gy: Array, x: Array, slope: float) -> None: ...
def sigmoid_y(x: Array) -> Array: ...
def sigmoid_x(gy: Array, y: Array) -> Array: ...

# ---- losses; t of cross entropy is int64 ----

def cross_entropy_y(x: Array, t: Array, factors: Array | None) -> Array: ...
def cross_entropy_x(scale: Array, x: Array, t: Array) -> Array: ...
def squared_error_y(x: Array, t: Array) -> float: ...
def squared_error_x(x: Array, t: Array, scale: float) -> Array: ...

# ---- max pooling; taps are uint8 for kernels of fewer than 256 cells, otherwise int32 ----

def max_y(x: Array, shape: Shape) -> Array: ...
def max_taps(x: Array, shape: Shape) -> Array: ...
def max_x(y: Array, taps: Array, shape: Shape) -> Array: ...

# ---- parameter updates, in place ----

def sgd(
    d: Arrays,
    g: Arrays,
    v: Arrays | None,
    numbers: tuple[float, float, float, float],
    choices: tuple[bool, bool, bool],
) -> None: ...
def adam(
    d: Arrays,
    g: Arrays,
    m: Arrays,
    v: Arrays,
    most: Arrays | None,
    numbers: tuple[float, float, float, float, float, float, float, float],
    maximize: bool,
) -> None: ...
