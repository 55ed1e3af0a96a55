"""The compiled engine beside the contractions: what a profile of the training steps asked for (`native/layers/layers.h`).

Each of these forwards to the extension. It takes C-contiguous arrays, so others are copied first; what it returns is
C-contiguous. What is small or empty, and shapes that no profile shows, go on to the NumPy kernel of the same name.

Who may import it: `native.py`, which lists what is here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..window import Sizes, Window
from . import activation, bias, cross_entropy, norm, pool, sums, update
from .native import contiguous, extension, shape
from .walk import Array

SMALL = 1024  # cells below which one NumPy function is faster than the way into the extension
MOST_EXTENT = 1024  # cells of x that a compiled window may span along the last axis

# ---- normalisation ----


def norm_y(x: Array, weight: Array | None, bias: Array | None, axes: Sizes, eps: float) -> tuple[Array, Array, Array]:
    """(y, mean, var)."""
    if not _compiled(x, axes):
        return norm.norm_y(x, weight, bias, axes, eps)
    return _forward("norm_y", (x, weight, bias), axes == norm.SAMPLE, float(eps))


def norm_x(
    gy: Array, x: Array, weight: Array | None, mean: Array, var: Array, axes: Sizes, eps: float, needs: Any,
    overwrite: bool = False,
) -> tuple[Array | None, Array | None, Array | None]:  # fmt: skip
    """(gx, gweight, gbias), None where `needs` is false."""
    if not _compiled(x, axes):
        return norm.norm_x(gy, x, weight, mean, var, axes, eps, needs)
    arrays, settings = (gy, x, weight, mean, var), (axes == norm.SAMPLE, not axes, float(eps))
    to_x, to_weight, to_bias = map(bool, needs)
    if overwrite and to_x:
        try:
            return (gy, *extension().norm_x_over(*arrays, *settings, (to_weight, to_bias)))
        except TypeError:
            pass
    return _forward("norm_x", arrays, *settings, (to_x, to_weight, to_bias))


def affine_y(x: Array, scale: Array, shift: Array) -> Array:
    """x * scale + shift."""
    if not x.size or x.shape[3] == 1:
        return norm.affine_y(x, scale, shift)
    return _forward("affine_y", (x, scale, shift))


def _compiled(x: Array, axes: Sizes) -> bool:
    """Rows of positions there must be, and no mean that runs over several of them in every image."""
    return x.size > 0 and x.shape[3] > 1 and (x.shape[2] == 1 or axes == norm.SAMPLE)


# ---- sums, biases and activations ----


def add(a: Array, b: Array, overwrite: bool = False) -> Array:
    """a + b."""
    if a.shape != b.shape:
        return sums.add(a, b, overwrite)
    try:
        if not overwrite:
            total: Array = extension().add(a, b)
            return total
        extension().add_over(a, b)
    except TypeError:  # an order of memory that NumPy would keep
        return sums.add(a, b, overwrite)
    return a


def bias_sums(y: Array) -> Array:
    """(O,) from y (N, O, *y_size)."""
    return _forward("bias_sums", (y,)) if y.size and y.ndim > 2 else bias.bias_sums(y)


def relu_y(x: Array) -> Array:
    """max(x, 0)."""
    return activation.relu_y(x) if x.size < SMALL else _forward("relu_y", (x,))


def relu_x(gy: Array, y: Array, overwrite: bool = False) -> Array:
    """gy, but 0 where y is."""
    return _over("relu_x", gy, y) if overwrite else _forward("relu_x", (gy, y))


def leaky_relu_y(x: Array, slope: float) -> Array:
    """x where it is positive, else x * slope."""
    return _forward("leaky_relu_y", (x,), slope)


def leaky_relu_x(gy: Array, x: Array, slope: float, overwrite: bool = False) -> Array:
    """gy where x is positive, else gy * slope."""
    return _over("leaky_relu_x", gy, x, slope) if overwrite else _forward("leaky_relu_x", (gy, x), slope)


def sigmoid_y(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return _forward("sigmoid_y", (x,))


def sigmoid_x(gy: Array, y: Array) -> Array:
    """gy * y * (1 - y)."""
    return _forward("sigmoid_x", (gy, y))


# ---- losses ----


def cross_entropy_y(x: Array, t: Array, factors: Array | None) -> Array:
    """The losses of rows of logits."""
    if x.ndim > 2 or not x.size:
        return cross_entropy.cross_entropy_y(x, t, factors)
    return _forward("cross_entropy_y", (x, t, factors))


def cross_entropy_x(scale: Array, x: Array, t: Array) -> Array:
    """The gradient of these logits."""
    if x.ndim > 2 or not x.size:
        return cross_entropy.cross_entropy_x(scale, x, t)
    return _forward("cross_entropy_x", (scale, x, t))


def squared_error_y(x: Array, t: Array) -> float:
    """The sum of (x - t)**2."""
    total: float = _forward("squared_error_y", (x, t))
    return total


def squared_error_x(x: Array, t: Array, scale: float) -> Array:
    """(x - t) * scale."""
    return _forward("squared_error_x", (x, t), scale)


# ---- windows of maxima ----


def max_y(x: Array, window: Window) -> Array:
    """The maximum of every window."""
    if not x.size or _wide(window):
        return pool.max_y(x, window)
    return _forward("max_y", (x,), shape(window, "automatic"))


def max_taps(x: Array, y: Array, window: Window) -> Array:
    """The kernel cell that held each maximum, found anew."""
    if not x.size or _wide(window):
        return pool.max_taps(x, y, window)
    return _forward("max_taps", (x,), shape(window, "automatic"))


def max_x(y: Array, taps: Array, window: Window) -> Array:
    """Each y added to the cell of x that its window took."""
    if not y.size or _wide(window):
        return pool.max_x(y, taps, window)
    return _forward("max_x", (y, taps), shape(window, "automatic"))


def _wide(window: Window) -> bool:
    return window.dilation[-1] * (window.kernel[-1] - 1) >= MOST_EXTENT


# ---- updates: the same bits as those of the NumPy text, in one pass over memory ----


def sgd(
    parameters: update.Arrays, gradients: update.Arrays, velocities: update.Arrays | None, step: update.SgdStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of SGD in place."""
    try:
        extension().sgd(parameters, gradients, velocities, step[:4], step[4:])
    except TypeError:  # it writes into arrays, so copies will not do
        update.sgd(parameters, gradients, velocities, step, scratch)


def adam(
    parameters: update.Arrays, gradients: update.Arrays, means: update.Arrays, squares: update.Arrays,
    largest: update.Arrays | None, step: update.AdamStep, scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of Adam in place."""
    try:
        extension().adam(parameters, gradients, means, squares, largest, step[:-1], step.maximize)
    except TypeError:
        update.adam(parameters, gradients, means, squares, largest, step, scratch)


def _forward(name: str, arrays: tuple[Array | None, ...], *settings: Any) -> Any:
    """Call the extension; where it does not take an array as it lies, with copies that it takes."""
    call: Callable[..., Any] = getattr(extension(), name)
    try:
        return call(*arrays, *settings)
    except TypeError:
        return call(*[None if a is None else contiguous(a)[0] for a in arrays], *settings)


def _over(name: str, gy: Array, cells: Array, *settings: Any) -> Array:
    """The same for a gradient that replaces its cotangent, where the extension takes both as they lie."""
    try:
        getattr(extension(), f"{name}_over")(gy, cells, *settings)
    except TypeError:
        return _forward(name, (gy, cells), *settings)
    return gy


_NORM = (norm_y, norm_x, affine_y)
_CELLS = (add, bias_sums, relu_y, relu_x, leaky_relu_y, leaky_relu_x, sigmoid_y, sigmoid_x)
_LOSSES = (cross_entropy_y, cross_entropy_x, squared_error_y, squared_error_x)
_WINDOWS = (max_y, max_taps, max_x)
_UPDATES = (sgd, adam)
OPERATIONS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (*_NORM, *_CELLS, *_LOSSES, *_WINDOWS, *_UPDATES)}
