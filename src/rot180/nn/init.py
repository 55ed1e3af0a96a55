"""Initial values: PyTorch's distributions, drawn from rot180's random state unless a generator is given.

Every function ending in an underscore writes into the Tensor's array in place and returns the Tensor.

    xavier   std = gain * sqrt(2 / (fan_in + fan_out))    Glorot and Bengio (2010)
    kaiming  std = gain / sqrt(fan)                       He et al. (2015)
    uniform  the same std, by bounds of +-sqrt(3) * std

fan_in is weight.shape[1] * prod(kernel) and fan_out is weight.shape[0] * prod(kernel). As in PyTorch, fan_in and
fan_out are computed in the same way for transposed layers, whose weight is (in, out / groups, *kernel).
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from .. import random
from ..errors import ShapeError
from ..tape import Tensor, mark_written
from ..tape.record import Array

T = TypeVar("T", bound=Tensor)
Generator = np.random.Generator

_GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1.0),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1.0),
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor for the weights before this nonlinearity; `param` is the slope of leaky_relu (default: 0.01)."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: no gain for {nonlinearity!r}; the nonlinearities are {', '.join(_GAINS)}, leaky_relu"
        )
    return _GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: the number of inputs of one output cell, and of outputs of one input cell."""
    if tensor.ndim < 2:
        raise ShapeError(f"init: fan in and fan out need at least 2 axes (out, in, ...); got shape {tensor.shape}")
    out, into, *kernel = tensor.shape
    return into * math.prod(kernel), out * math.prod(kernel)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with samples of the uniform distribution on [a, b)."""
    values = _generator_or_default(generator).random(tensor.shape, _dtype_of("uniform_", tensor))
    return _write(tensor, values * (b - a) + a)


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with samples of the normal distribution with this mean and standard deviation."""
    values = _generator_or_default(generator).standard_normal(tensor.shape, _dtype_of("normal_", tensor))
    return _write(tensor, values * std + mean)


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Generator | None = None
) -> T:
    """Fill with samples of the normal distribution truncated to [a, b]; a and b are not in units of std."""
    dtype = _dtype_of("trunc_normal_", tensor)
    if not a < b or std <= 0:
        raise ValueError(f"trunc_normal_: needs a < b and a positive std; got a={a}, b={b}, std={std}")
    values = (
        _sample_truncated(_generator_or_default(generator), tensor.data.size, (a - mean) / std, (b - mean) / std) * std
        + mean
    )
    return _write(tensor, np.clip(values.reshape(tensor.shape).astype(dtype), a, b))


def constant_(tensor: T, val: float) -> T:
    """Fill with one value."""
    return _write(tensor, val)


def zeros_(tensor: T) -> T:
    """Fill with 0."""
    return _write(tensor, 0)


def ones_(tensor: T) -> T:
    """Fill with 1."""
    return _write(tensor, 1)


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill uniformly within +-gain * sqrt(6 / (fan_in + fan_out))."""
    bound = gain * math.sqrt(6 / max(sum(fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with normal samples of standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / max(sum(fans(tensor)), 1)), generator)


def kaiming_uniform_(
    tensor: T, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator | None = None
) -> T:
    """Fill uniformly within +-gain * sqrt(3 / fan); `a` is the slope of the leaky_relu after the layer."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator | None = None
) -> T:
    """Fill with normal samples of standard deviation gain / sqrt(fan); `a` as for `kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: T, gain: float = 1, generator: Generator | None = None) -> T:
    """Fill with gain times a random matrix of orthonormal rows or columns, whichever are fewer.

    The rows are the first axis, the columns all other axes. Source: Saxe et al. (2013). Q comes from
    the QR decomposition of a matrix of normal samples. Times the signs of R's diagonal, Q is uniformly distributed.
    """
    dtype = _dtype_of("orthogonal_", tensor)
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: needs at least 2 axes; got shape {tensor.shape}")
    rows = tensor.shape[0]
    columns = math.prod(tensor.shape[1:])
    q, r = np.linalg.qr(_generator_or_default(generator).standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -gain, gain)
    return _write(tensor, (q if rows >= columns else q.T).reshape(tensor.shape).astype(dtype))


def layer_default(weight: Tensor, bias: Tensor | None) -> None:
    """Fill weight and bias as PyTorch does for linear and convolution layers: uniformly within +-1 / sqrt(fan_in)."""
    kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        bound = 1 / math.sqrt(fans(weight)[0])
        uniform_(bias, -bound, bound)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming: mode must be 'fan_in' or 'fan_out'; got {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fans(tensor)[mode == "fan_out"], 1))


def _sample_truncated(source: Generator, count: int, low: float, high: float) -> Array:
    """`count` samples of the standard normal distribution truncated to [low, high], by rejection sampling.

    Samples are proposed from the normal distribution if at least a tenth of them is accepted. Otherwise they are
    proposed uniformly from the range where the density is not negligible, and accepted with a probability proportional
    to the density.
    """
    acceptance = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    peak = min(max(0.0, low), high)  # the point of largest density
    limit = math.sqrt(peak**2 + 80)  # beyond the limit, the density is below exp(-40) times the largest
    start, stop = max(low, -limit), min(high, limit)
    values = np.empty(0)
    while values.size < count:
        if acceptance > 0.1:
            new = source.standard_normal(count)
            new = new[(new >= low) & (new <= high)]
        else:
            new = source.uniform(start, stop, count)
            new = new[source.random(count) < np.exp((peak**2 - new**2) / 2)]
        values = np.concatenate([values, new])
    return values[:count]


def _generator_or_default(generator: Generator | None) -> Generator:
    return random.generator() if generator is None else generator


def _dtype_of(op: str, tensor: Tensor) -> Any:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{op}: needs a Tensor; got {type(tensor).__name__}")
    return tensor.data.dtype


def _write(tensor: T, values: Any) -> T:
    tensor.data[...] = values
    mark_written(tensor)
    return tensor
