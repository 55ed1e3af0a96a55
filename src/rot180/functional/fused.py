"""A convolution, a transposed convolution or a linear layer with the relu of its result, as one op.

The kernel applies the relu to its result before writing it. The gradient can be computed from the output:

    gradients of relu(conv(x, w) + b) for gy  =  gradients of conv(x, w) + b for gy * (output > 0)

Values and gradients equal those of the two separate ops bit for bit. `nn.Sequential` uses these ops if a ReLU follows a
layer.
"""

from __future__ import annotations

from typing import Any

from .. import kernels
from ..tape.arithmetic import choose
from ..tape.operands import raw
from ..tape.primitives import Primitive, primitive
from ..tape.record import Array
from ..window import Window
from .conv import PLAIN, TRANSPOSED, conv_x_bias, conv_y_bias, plain_layer, transposed_layer
from .linear import linear_layer


@primitive(
    arrays=3, keep=("x", "w", "output"), name=lambda window: f"{PLAIN[len(window.kernel)]}_relu", fresh=True
)  # fmt: skip
def _conv_y_relu(x: Array, w: Array, b: Array | None, window: Window) -> Array:
    return kernels.conv_y(x, w, window, b, True)


@primitive(
    arrays=3, keep=("y", "w", "output"), name=lambda window: f"{TRANSPOSED[len(window.kernel)]}_relu", fresh=True
)  # fmt: skip
def _conv_x_relu(y: Array, w: Array, b: Array | None, window: Window) -> Array:
    return kernels.conv_x(y, w, window, b, True)


def _register_vjps(fused: Primitive, without_relu: Primitive) -> None:
    """Register the vjps of a fused op: the vjps of the op without the relu, applied to the masked cotangent."""
    vjp = without_relu.op.vjp
    assert vjp is not None

    @fused.vjp
    def fused_vjp(g: Any, needs: Any, y: Any, *call: Any) -> Any:
        return vjp(choose(raw(y) <= 0, 0.0, g), needs, None, *call)

    @fused.array_vjp
    def fused_array_vjp(g: Array, needs: Any, overwrite: bool, y: Array, *call: Any) -> Any:
        return vjp(kernels.relu_x(g, y, overwrite), needs, None, *call)


_register_vjps(_conv_y_relu, conv_y_bias)
_register_vjps(_conv_x_relu, conv_x_bias)


def conv_relu(
    ndim: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """relu(conv1d/2d/3d(input, weight, ...))."""
    return plain_layer(f"conv{ndim}d", ndim, input, weight, bias, stride, padding, dilation, groups, _conv_y_relu)


def conv_transpose_relu(
    ndim: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Any:  # fmt: skip
    """relu(conv_transpose1d/2d/3d(input, weight, ...))."""
    settings = (stride, padding, output_padding, groups, dilation)
    return transposed_layer(f"conv_transpose{ndim}d", ndim, input, weight, bias, *settings, _conv_x_relu)


def linear_relu(input: Any, weight: Any, bias: Any) -> Any:
    """relu(linear(input, weight, bias))."""
    return linear_layer(input, weight, bias, _conv_y_relu)
