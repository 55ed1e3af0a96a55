"""Initial values: PyTorch's distributions, drawn from rot180's random state unless a generator is given.

Every function ending in an underscore writes into the Tensor's array in place and returns the Tensor.

    xavier   std = gain * sqrt(2 / (fan_in + fan_out))    Glorot and Bengio (2010)
    kaiming  std = gain / sqrt(fan)                       He et al. (2015)
    uniform  the same std from bounds of sqrt(3) * std

fan_in is weight.shape[1] * prod(kernel), fan_out weight.shape[0] * prod(kernel): as in PyTorch for the transposed
layers too, whose weight is (in, out / groups, kernel).

Who may import it: nn and the floors above.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from .. import random
from ..errors import ShapeError
from ..tape import Tensor, wrote
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
    """The factor by which weights before this nonlinearity are larger; `param` is the slope of leaky_relu (0.01)."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: no gain for {nonlinearity!r}; there are {', '.join(_GAINS)}, leaky_relu")
    return _GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: the cells that one output sums over, and those that one input goes to."""
    if tensor.ndim < 2:
        raise ShapeError(f"init: fan in and fan out need at least 2 axes (out, in, ...); got shape {tensor.shape}")
    out, into, *kernel = tensor.shape
    return into * math.prod(kernel), out * math.prod(kernel)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Numbers spread evenly over [a, b)."""
    values = _source(generator).random(tensor.shape, _dtype("uniform_", tensor))
    return _write(tensor, values * (b - a) + a)


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Numbers of the normal distribution with this mean and standard deviation."""
    values = _source(generator).standard_normal(tensor.shape, _dtype("normal_", tensor))
    return _write(tensor, values * std + mean)


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Generator | None = None
) -> T:
    """Numbers of the normal distribution that lie between a and b (which are not in units of std)."""
    dtype = _dtype("trunc_normal_", tensor)
    if not a < b or std <= 0:
        raise ValueError(f"trunc_normal_: needs a < b and a positive std; got a={a}, b={b}, std={std}")
    values = _truncated(_source(generator), tensor.data.size, (a - mean) / std, (b - mean) / std) * std + mean
    return _write(tensor, np.clip(values.reshape(tensor.shape).astype(dtype), a, b))


def constant_(tensor: T, val: float) -> T:
    """One number in every cell."""
    return _write(tensor, val)


def zeros_(tensor: T) -> T:
    """0 in every cell."""
    return _write(tensor, 0)


def ones_(tensor: T) -> T:
    """1 in every cell."""
    return _write(tensor, 1)


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Uniform within gain * sqrt(6 / (fan_in + fan_out))."""
    bound = gain * math.sqrt(6 / max(sum(fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Normal with standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / max(sum(fans(tensor)), 1)), generator)


def kaiming_uniform_(
    tensor: T, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator | None = None
) -> T:
    """Uniform within gain * sqrt(3 / fan); `a` is the slope of leaky_relu behind the layer."""
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator | None = None
) -> T:
    """Normal with standard deviation gain / sqrt(fan)."""
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: T, gain: float = 1, generator: Generator | None = None) -> T:
    """gain times a matrix (the first axis, all others) with orthonormal rows or columns, whichever are fewer.

    Saxe et al. (2013); uniform over such matrices, by the QR decomposition with the signs of R's diagonal.
    """
    dtype = _dtype("orthogonal_", tensor)
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: needs at least 2 axes; got shape {tensor.shape}")
    rows = tensor.shape[0]
    columns = math.prod(tensor.shape[1:])
    q, r = np.linalg.qr(_source(generator).standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -gain, gain)
    return _write(tensor, (q if rows >= columns else q.T).reshape(tensor.shape).astype(dtype))


def layer_default(weight: Tensor, bias: Tensor | None) -> None:
    """What PyTorch gives linear and convolution layers: both uniform within 1 / sqrt(fan_in)."""
    kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        bound = 1 / math.sqrt(fans(weight)[0])
        uniform_(bias, -bound, bound)


def _kaiming(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming: mode must be 'fan_in' or 'fan_out'; got {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fans(tensor)[mode == "fan_out"], 1))


def _truncated(source: Generator, count: int, low: float, high: float) -> Array:
    """`count` standard normal numbers between low and high, by rejection.

    Proposals are normal where at least a tenth of them is kept, else uniform (over what has any weight) with the chance
    of being kept in proportion to the density.
    """
    kept = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    peak = min(max(0.0, low), high)  # where the density is largest
    reach = math.sqrt(peak**2 + 80)  # beyond it the density is below exp(-40) of the largest
    near, far = max(low, -reach), min(high, reach)
    values = np.empty(0)
    while values.size < count:
        if kept > 0.1:
            new = source.standard_normal(count)
            new = new[(new >= low) & (new <= high)]
        else:
            new = source.uniform(near, far, count)
            new = new[source.random(count) < np.exp((peak**2 - new**2) / 2)]
        values = np.concatenate([values, new])
    return values[:count]


def _source(generator: Generator | None) -> Generator:
    return random.generator() if generator is None else generator


def _dtype(op: str, tensor: Tensor) -> Any:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{op}: needs a Tensor; got {type(tensor).__name__}")
    return tensor.data.dtype


def _write(tensor: T, values: Any) -> T:
    tensor.data[...] = values
    wrote(tensor)
    return tensor
