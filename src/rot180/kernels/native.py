"""The kernels of the compiled engine (native/, C++).

The `supports` function of a kernel states what the extension can compute. For anything else the dispatcher runs the
reference (`dispatch.py`), so no function here calls NumPy to compute a result.

The extension reads C-contiguous, aligned arrays, so others are copied here, by `contiguous`. Results are new
C-contiguous arrays, except where `overwrite` permits writing into an input. The public functions guarantee that the
arrays of a call have one float dtype. Where this is not guaranteed, `supports` checks the dtype of every array.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..window import Sizes, Window
from . import precision
from .dispatch import Array, Reason, register_engine
from .extension import build_window, compiled, compiled_window, contiguous, unavailable
from .extension import log as log  # the extension calls it by this path
from .reference.norm import SAMPLE
from .reference.update import AdamStep, Arrays, SgdStep

implements = register_engine("native", unavailable)

FLOAT32 = np.dtype(np.float32)
FLOATS = frozenset([FLOAT32, np.dtype(np.float64)])
INT64 = np.dtype(np.int64)
SMALL = 1024  # elements; for fewer, one NumPy function is faster than a call into the extension
MAX_EXTENT = 1024  # cells of x that a compiled pooling window may span along the last axis

EMPTY = Reason("an array is empty")
IN_PLACE_LAYOUT = Reason("an array is not C-contiguous and aligned, or cannot be written in place")
SMALL_IN_NUMPY = Reason(f"NumPy is faster for fewer than {SMALL} elements", by_choice=True)


def wrong_dtype(a: Array) -> Reason:
    """The reason for an array whose dtype is not compiled."""
    return Reason(f"dtype {a.dtype} is not compiled")


def in_place_layout(a: Array) -> bool:
    """True if the extension can write into `a`."""
    return a.flags.carray


# ---- the three contractions ----


def contraction(a: Array, b: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Reason | None:
    """Support non-empty arrays of float32 or float64."""
    if a.dtype is not FLOAT32 and a.dtype not in FLOATS:
        return wrong_dtype(a)
    return None if a.size and b.size else EMPTY


@implements("conv_y", supports=contraction)
def conv_y(x: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """Contract over x and w."""
    if bias is not None:
        bias = contiguous(bias)
    if not (x.flags.carray and w.flags.carray):
        x, w = contiguous(x), contiguous(w)
    try:
        geometry = window.__dict__[precision.algorithm]
    except KeyError:
        geometry = build_window(window)
    return compiled.conv_y(geometry, x, w, bias, relu)


@implements("conv_x", supports=contraction)
def conv_x(y: Array, w: Array, window: Window, bias: Array | None = None, relu: bool = False) -> Array:
    """Contract over y and w; bias and relu are a second pass over x."""
    if not (y.flags.carray and w.flags.carray):
        y, w = contiguous(y), contiguous(w)
    try:
        geometry = window.__dict__[precision.algorithm]
    except KeyError:
        geometry = build_window(window)
    x = compiled.conv_x(geometry, y, w)
    if bias is not None or relu:
        compiled.add_bias(x, np.zeros(x.shape[1], x.dtype) if bias is None else contiguous(bias), relu)
    return x


@implements("conv_w", supports=contraction)
def conv_w(x: Array, y: Array, window: Window) -> Array:
    """Contract over x and y."""
    if not (x.flags.carray and y.flags.carray):
        x, y = contiguous(x), contiguous(y)
    try:
        geometry = window.__dict__[precision.algorithm]
    except KeyError:
        geometry = build_window(window)
    return compiled.conv_w(geometry, x, y)


# ---- normalisation ----

BATCH_OF_GROUPS = Reason("statistics of several channels over the whole batch are not compiled")
ONE_POSITION = Reason("there is one position per channel", by_choice=True)


def normalisation(x: Array, axes: Sizes) -> Reason | None:
    """Support x with several positions per channel, if each mean is over one channel or over one sample."""
    if x.dtype not in FLOATS:
        return wrong_dtype(x)
    if not x.size:
        return EMPTY
    if x.shape[2] > 1 and axes != SAMPLE:
        return BATCH_OF_GROUPS
    return ONE_POSITION if x.shape[3] == 1 else None


def norm_y_supports(x: Array, weight: Array | None, bias: Array | None, axes: Sizes, eps: float) -> Reason | None:
    """See `normalisation`."""
    return normalisation(x, axes)


@implements("norm_y", supports=norm_y_supports)
def norm_y(x: Array, weight: Array | None, bias: Array | None, axes: Sizes, eps: float) -> tuple[Array, Array, Array]:
    """Normalise, and return (y, mean, var)."""
    return compiled.norm_y(contiguous(x), optional(weight), optional(bias), axes == SAMPLE, float(eps))


def norm_x_supports(
    gy: Array, x: Array, weight: Array | None, mean: Array, var: Array, axes: Sizes, eps: float,
    needs: Sequence[bool], overwrite: bool = False,
) -> Reason | None:  # fmt: skip
    """See `normalisation`."""
    return normalisation(x, axes)


@implements("norm_x", supports=norm_x_supports)
def norm_x(
    gy: Array, x: Array, weight: Array | None, mean: Array, var: Array, axes: Sizes, eps: float,
    needs: Sequence[bool], overwrite: bool = False,
) -> tuple[Array | None, Array | None, Array | None]:  # fmt: skip
    """Return (gx, gweight, gbias); gx is in the memory of gy if `overwrite` and the layout of gy permit it."""
    inputs = contiguous(x), optional(weight), contiguous(mean), contiguous(var)
    settings = axes == SAMPLE, not axes, float(eps)
    needs_x, needs_weight, needs_bias = map(bool, needs)
    if overwrite and needs_x and in_place_layout(gy):
        return (gy, *compiled.norm_x_over(gy, *inputs, *settings, (needs_weight, needs_bias)))
    return compiled.norm_x(contiguous(gy), *inputs, *settings, (needs_x, needs_weight, needs_bias))


def affine(x: Array, scale: Array, shift: Array) -> Reason | None:
    """Support x with several positions per channel."""
    if x.dtype not in FLOATS:
        return wrong_dtype(x)
    if not x.size:
        return EMPTY
    return ONE_POSITION if x.shape[3] == 1 else None


@implements("affine_y", supports=affine)
def affine_y(x: Array, scale: Array, shift: Array) -> Array:
    """Scale and shift each channel."""
    return compiled.affine_y(contiguous(x), contiguous(scale), contiguous(shift))


def optional(a: Array | None) -> Array | None:
    """Like `contiguous`, but None stays None."""
    return None if a is None else contiguous(a)


# ---- sums and biases ----

DIFFERENT_ARRAYS = Reason("the arrays differ in shape, dtype or memory layout")
LINEAR_BIAS = Reason("there are no positions to sum over", by_choice=True)


def addition(a: Array, b: Array, overwrite: bool = False) -> Reason | None:
    """Support two C-contiguous arrays of one shape and dtype. NumPy keeps the memory order of other arrays."""
    if a.dtype not in FLOATS:
        return wrong_dtype(a)
    if a.shape != b.shape or a.dtype != b.dtype or contiguous(a) is not a or contiguous(b) is not b:
        return DIFFERENT_ARRAYS
    return IN_PLACE_LAYOUT if overwrite and not in_place_layout(a) else None


@implements("add", supports=addition)
def add(a: Array, b: Array, overwrite: bool = False) -> Array:
    """Return a + b, computed in the memory of a if `overwrite`."""
    if overwrite:
        compiled.add_over(a, b)
        return a
    return compiled.add(a, b)


def bias_gradient(y: Array) -> Reason | None:
    """Support non-empty arrays with spatial axes."""
    if y.dtype not in FLOATS:
        return wrong_dtype(y)
    if not y.size:
        return EMPTY
    return LINEAR_BIAS if y.ndim == 2 else None


@implements("bias_sums", supports=bias_gradient)
def bias_sums(y: Array) -> Array:
    """Sum y over batch and positions."""
    return compiled.bias_sums(contiguous(y))


# ---- activations ----


def elementwise(a: Array, b: object = None, c: object = None, d: object = None) -> Reason | None:
    """Support arrays of float32 or float64."""
    return None if a.dtype is FLOAT32 or a.dtype in FLOATS else wrong_dtype(a)


def large_elementwise(x: Array) -> Reason | None:
    """Support arrays of float32 or float64 that are large enough for a call into the extension to pay off."""
    if x.dtype not in FLOATS:
        return wrong_dtype(x)
    return SMALL_IN_NUMPY if x.size < SMALL else None


@implements("relu_y", supports=large_elementwise)
def relu_y(x: Array) -> Array:
    """max(x, 0)."""
    return compiled.relu_y(contiguous(x))


@implements("relu_x", supports=elementwise)
def relu_x(gy: Array, y: Array, overwrite: bool = False) -> Array:
    """gy where y is positive or NaN; in the memory of gy if `overwrite` and the layout of gy permit it."""
    if overwrite and in_place_layout(gy):
        compiled.relu_x_over(gy, contiguous(y))
        return gy
    return compiled.relu_x(contiguous(gy), contiguous(y))


@implements("leaky_relu_y", supports=elementwise)
def leaky_relu_y(x: Array, slope: float) -> Array:
    """x, times slope where it is not positive."""
    return compiled.leaky_relu_y(contiguous(x), slope)


@implements("leaky_relu_x", supports=elementwise)
def leaky_relu_x(gy: Array, x: Array, slope: float, overwrite: bool = False) -> Array:
    """gy, times slope where x is not positive; in the memory of gy if `overwrite` and the layout of gy permit it."""
    if overwrite and in_place_layout(gy):
        compiled.leaky_relu_x_over(gy, contiguous(x), slope)
        return gy
    return compiled.leaky_relu_x(contiguous(gy), contiguous(x), slope)


@implements("sigmoid_y", supports=elementwise)
def sigmoid_y(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return compiled.sigmoid_y(x if x.flags.carray else contiguous(x))


@implements("sigmoid_x", supports=elementwise)
def sigmoid_x(gy: Array, y: Array) -> Array:
    """gy * y * (1 - y)."""
    if not (gy.flags.carray and y.flags.carray):
        gy, y = contiguous(gy), contiguous(y)
    return compiled.sigmoid_x(gy, y)


# ---- losses ----

SPATIAL_LOGITS = Reason("logits with spatial axes are not compiled")


def logits(x: Array, t: Array) -> Reason | None:
    """Support non-empty rows of logits with one class of type int64 per row."""
    if x.dtype not in FLOATS:
        return wrong_dtype(x)
    if t.dtype != INT64:
        return wrong_dtype(t)
    if x.ndim > 2:
        return SPATIAL_LOGITS
    return None if x.size else EMPTY


def cross_entropy_y_supports(x: Array, t: Array, factors: Array | None) -> Reason | None:
    """See `logits`."""
    return logits(x, t)


@implements("cross_entropy_y", supports=cross_entropy_y_supports)
def cross_entropy_y(x: Array, t: Array, factors: Array | None) -> Array:
    """The losses of rows of logits."""
    return compiled.cross_entropy_y(contiguous(x), contiguous(t), optional(factors))


def cross_entropy_x_supports(scale: Array, x: Array, t: Array) -> Reason | None:
    """See `logits`."""
    return logits(x, t)


@implements("cross_entropy_x", supports=cross_entropy_x_supports)
def cross_entropy_x(scale: Array, x: Array, t: Array) -> Array:
    """The gradient of the logits."""
    return compiled.cross_entropy_x(contiguous(scale), contiguous(x), contiguous(t))


@implements("squared_error_y", supports=elementwise)
def squared_error_y(x: Array, t: Array) -> float:
    """The sum of (x - t)**2."""
    if not (x.flags.carray and t.flags.carray):
        x, t = contiguous(x), contiguous(t)
    return compiled.squared_error_y(x, t)


@implements("squared_error_x", supports=elementwise)
def squared_error_x(x: Array, t: Array, scale: float) -> Array:
    """(x - t) * scale."""
    if not (x.flags.carray and t.flags.carray):
        x, t = contiguous(x), contiguous(t)
    return compiled.squared_error_x(x, t, scale)


# ---- max pooling ----

WIDE_WINDOW = Reason(f"a pooling window spans more than {MAX_EXTENT} cells of the last axis")


def pooling(a: Array, window: Window) -> Reason | None:
    """Support non-empty arrays and windows that are not too wide."""
    if a.dtype not in FLOATS:
        return wrong_dtype(a)
    if not a.size:
        return EMPTY
    return WIDE_WINDOW if window.dilation[-1] * (window.kernel[-1] - 1) >= MAX_EXTENT else None


@implements("max_y", supports=pooling)
def max_y(x: Array, window: Window) -> Array:
    """The maximum of every window."""
    return compiled.max_y(contiguous(x), compiled_window(window))


def max_taps_supports(x: Array, y: Array, window: Window) -> Reason | None:
    """See `pooling`."""
    return pooling(x, window)


@implements("max_taps", supports=max_taps_supports)
def max_taps(x: Array, y: Array, window: Window) -> Array:
    """The kernel cell that holds each maximum; the maximum is computed again instead of being read from y."""
    return compiled.max_taps(contiguous(x), compiled_window(window))


def max_x_supports(y: Array, taps: Array, window: Window) -> Reason | None:
    """See `pooling`."""
    return pooling(y, window)


@implements("max_x", supports=max_x_supports)
def max_x(y: Array, taps: Array, window: Window) -> Array:
    """Add each y to the cell of x that its window selected."""
    return compiled.max_x(contiguous(y), contiguous(taps), compiled_window(window))


# ---- parameter updates: equal to the reference bit for bit, in one pass over memory ----


def in_place_update(
    parameters: Arrays, gradients: Arrays, state: Arrays | None, step: object = None, scratch: object = None
) -> Reason | None:
    """Support arrays that the extension can read or write without copies: the update of a copy would be lost."""
    for d in parameters:
        if not d.flags.carray:
            return IN_PLACE_LAYOUT
    for g in gradients:
        if not g.flags.carray and contiguous(g) is not g:
            return IN_PLACE_LAYOUT
    for v in state or ():
        if not v.flags.carray:
            return IN_PLACE_LAYOUT
    return None if parameters[0].dtype in FLOATS else wrong_dtype(parameters[0])


@implements("sgd", supports=in_place_update)
def sgd(
    parameters: Arrays, gradients: Arrays, velocities: Arrays | None, step: SgdStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of SGD in place."""
    compiled.sgd(parameters, gradients, velocities, step[:4], step[4:])


def adam_supports(
    parameters: Arrays, gradients: Arrays, means: Arrays, squares: Arrays, largest: Arrays | None, step: AdamStep,
    scratch: Sequence[tuple[Array, Array]],
) -> Reason | None:  # fmt: skip
    """See `in_place_update`."""
    return in_place_update(parameters, gradients, [*means, *squares, *(largest or ())])


@implements("adam", supports=adam_supports)
def adam(
    parameters: Arrays, gradients: Arrays, means: Arrays, squares: Arrays, largest: Arrays | None, step: AdamStep,
    scratch: Sequence[tuple[Array, Array]],
) -> None:  # fmt: skip
    """One step of Adam in place."""
    compiled.adam(parameters, gradients, means, squares, largest, step[:-1], step.maximize)
