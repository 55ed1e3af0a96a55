"""A convolution, a transposed one or a linear layer, and the relu of what it gives, as one op.

The relu is an epilogue of the kernel: its input is never written. Its gradient can be read off the output, so that

    gradients of relu(conv(x, w) + b) for gy  =  those of conv(x, w) + b for gy where the output is positive

Values and gradients are those of the two ops, bit for bit. `nn.Sequential` takes these where a ReLU follows a layer.
"""

from __future__ import annotations

from typing import Any

from .. import kernels
from ..tape.arithmetic import choose
from ..tape.operands import raw
from ..tape.primitives import Primitive, primitive
from ..tape.record import Array
from ..window import Window
from .conv import conv_x_bias, conv_y_bias, plain, transposed
from .linear import rows


@primitive(arrays=3, keep=("x", "w", "output"), name="conv_y_relu", fresh=True)
def _conv_y_relu(x: Array, w: Array, b: Array | None, window: Window) -> Array:
    return kernels.conv_y(x, w, window, b, True)


@primitive(arrays=3, keep=("y", "w", "output"), name="conv_x_relu", fresh=True)
def _conv_x_relu(y: Array, w: Array, b: Array | None, window: Window) -> Array:
    return kernels.conv_x(y, w, window, b, True)


def _register_vjps(fused: Primitive, linear_part: Primitive) -> None:
    """Give an op that ends in a relu its vjps: those of the op without the relu, applied to the masked cotangent."""
    conv_vjp = linear_part.op.vjp
    assert conv_vjp is not None

    @fused.vjp
    def conv_relu_vjp(g: Any, needs: Any, y: Any, *call: Any) -> Any:
        return conv_vjp(choose(raw(y) <= 0, 0.0, g), needs, None, *call)

    @fused.array_vjp
    def conv_relu_array_vjp(g: Array, needs: Any, overwrite: bool, y: Array, *call: Any) -> Any:
        return conv_vjp(kernels.relu_x(g, y, overwrite), needs, None, *call)


_register_vjps(_conv_y_relu, conv_y_bias)
_register_vjps(_conv_x_relu, conv_x_bias)


def conv_relu(
    ndim: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """relu(conv1d/2d/3d(input, weight, ...))."""
    return plain(f"conv{ndim}d", ndim, input, weight, bias, stride, padding, dilation, groups, _conv_y_relu)


def conv_transpose_relu(
    ndim: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Any:  # fmt: skip
    """relu(conv_transpose1d/2d/3d(input, weight, ...))."""
    settings = (stride, padding, output_padding, groups, dilation)
    return transposed(f"conv_transpose{ndim}d", ndim, input, weight, bias, *settings, _conv_x_relu)


def linear_relu(input: Any, weight: Any, bias: Any) -> Any:
    """relu(linear(input, weight, bias))."""
    return rows(input, weight, bias, _conv_y_relu)
