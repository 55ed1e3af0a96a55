"""Floor 1: the kernels. Every call goes to the engine that is chosen when it is made (see `engines.py`).

conv_y  conv_x  conv_w          the three contractions (`conv.py` says what they are)
bias_sums                                                     the gradient of a bias (`bias.py`)
max_y  max_taps  max_x  max_at  average_y  average_x          the pooling windows (`pool.py`)
norm_y  norm_x  affine_y                                      normalisation and its affine map (`norm.py`)
relu_y  relu_x  leaky_relu_y  leaky_relu_x                    activations (`activation.py`)
sigmoid_y  sigmoid_x
cross_entropy_y  cross_entropy_x                              the loss of classes (`cross_entropy.py`)
squared_error_y  squared_error_x                              that of numbers (`squared_error.py`)
add                                                           a large sum (`sums.py`)
sgd  adam                                                     the updates of parameters (`update.py`)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..window import Sizes, Window
from .engines import current
from .update import AdamStep, Arrays, SgdStep
from .walk import Array


def conv_y(x: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """y (N, O, *y_size) from x (N, C, *x_size) and w (O, C/G, *kernel); plus bias (O,), no less than 0, if asked."""
    return current().conv_y(x, w, window, bias, relu)


def conv_x(y: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """x (N, C, *x_size) from y (N, O, *y_size) and w (O, C/G, *kernel); plus bias (C,), no less than 0, if asked."""
    return current().conv_x(y, w, window, bias, relu)


def conv_w(x: Array, y: Array, window: Window) -> Array:
    """w (O, C/G, *kernel) from x (N, C, *x_size) and y (N, O, *y_size)."""
    return current().conv_w(x, y, window)


def bias_sums(y: Array) -> Array:
    """(O,) from y (N, O, *y_size): the sum over the batch and all positions."""
    return current().bias_sums(y)


def max_y(x: Array, window: Window) -> Array:
    """The maximum of every window."""
    return current().max_y(x, window)


def max_taps(x: Array, y: Array, window: Window) -> Array:
    """The kernel cell that held each maximum."""
    return current().max_taps(x, y, window)


def max_x(y: Array, taps: Array, window: Window) -> Array:
    """Each y added to the cell of x that its window took."""
    return current().max_x(y, taps, window)


def max_at(x: Array, taps: Array, window: Window) -> Array:
    """The cell of x that each window took."""
    return current().max_at(x, taps, window)


def average_y(x: Array, divisor: Array, window: Window) -> Array:
    """The sum of every window over `divisor`."""
    return current().average_y(x, divisor, window)


def average_x(y: Array, divisor: Array, window: Window) -> Array:
    """Each y / divisor spread over its window."""
    return current().average_x(y, divisor, window)


def norm_y(x: Array, weight: Array | None, bias: Array | None, axes: Sizes, eps: float) -> tuple[Array, Array, Array]:
    """y, and the mean and variance over `axes`."""
    found: tuple[Array, Array, Array] = current().norm_y(x, weight, bias, axes, eps)
    return found


def norm_x(
    gy: Array, x: Array, weight: Array | None, mean: Array, var: Array, axes: Sizes, eps: float, needs: Any,
    overwrite: bool = False,
) -> tuple[Array | None, Array | None, Array | None]:  # fmt: skip
    """The gradients of x, weight and bias; that of x perhaps in the array of gy, if that may be overwritten."""
    return current().norm_x(gy, x, weight, mean, var, axes, eps, needs, overwrite)


def affine_y(x: Array, scale: Array, shift: Array) -> Array:
    """x * scale + shift."""
    return current().affine_y(x, scale, shift)


def relu_y(x: Array) -> Array:
    """max(x, 0)."""
    return current().relu_y(x)


def relu_x(gy: Array, y: Array, overwrite: bool = False) -> Array:
    """gy, but 0 where y is; perhaps in the array of gy, if that may be overwritten."""
    return current().relu_x(gy, y, overwrite)


def leaky_relu_y(x: Array, slope: float) -> Array:
    """x where it is positive, else x * slope."""
    return current().leaky_relu_y(x, slope)


def leaky_relu_x(gy: Array, x: Array, slope: float, overwrite: bool = False) -> Array:
    """gy where x is positive, else gy * slope; perhaps in the array of gy, if that may be overwritten."""
    return current().leaky_relu_x(gy, x, slope, overwrite)


def sigmoid_y(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return current().sigmoid_y(x)


def sigmoid_x(gy: Array, y: Array) -> Array:
    """gy * y * (1 - y)."""
    return current().sigmoid_x(gy, y)


def cross_entropy_y(x: Array, t: Array, factors: Array | None) -> Array:
    """The losses of logits x (N, C, ...) for the classes t (N, ...)."""
    return current().cross_entropy_y(x, t, factors)


def cross_entropy_x(scale: Array, x: Array, t: Array) -> Array:
    """The gradient of x where each loss counts `scale` times."""
    return current().cross_entropy_x(scale, x, t)


def squared_error_y(x: Array, t: Array) -> float:
    """The sum of (x - t)**2."""
    total: float = current().squared_error_y(x, t)
    return total


def squared_error_x(x: Array, t: Array, scale: float) -> Array:
    """(x - t) * scale."""
    return current().squared_error_x(x, t, scale)


def add(a: Array, b: Array, overwrite: bool = False) -> Array:
    """a + b, of one shape; in the array of a, if that may be overwritten."""
    return current().add(a, b, overwrite)


def sgd(
    parameters: Arrays, gradients: Arrays, velocities: Arrays | None, step: SgdStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of SGD for each parameter, in place, and of its velocity."""
    current().sgd(parameters, gradients, velocities, step, scratch)


def adam(
    parameters: Arrays, gradients: Arrays, means: Arrays, squares: Arrays, largest: Arrays | None, step: AdamStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of Adam for each parameter, in place, and of what is remembered of it."""
    current().adam(parameters, gradients, means, squares, largest, step, scratch)
