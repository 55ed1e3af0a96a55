"""Convolution layers, 1-d to 3-d, plain and transposed.

    plain       weight (out_channels, in_channels / groups, *kernel_size)
    transposed  weight (in_channels, out_channels / groups, *kernel_size)

The constructor rejects every setting that can be checked without an input, and stores sizes as tuples with one int per
spatial axis. The arithmetic is in `functional.conv`, the size formulas are in `window`.

With a padding_mode other than "zeros", the plain layer first pads its input (`functional.pad`) and then convolves
without padding. The transposed layer is the adjoint: it first convolves without padding and then adds the border back
to the cells from which the plain layer would have copied it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from .. import functional as F
from ..errors import ShapeError
from ..functional.fused import conv_relu, conv_transpose_relu
from ..functional.pad import add_border, fold_border
from ..tape import Tensor
from ..window import Padding, PerAxis, Sizes, Window, ints, pads_per_axis
from . import init
from .module import Module
from .parameter import Dtype, Parameter, empty_parameter
from .settings import axes, positive

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """Cross-correlation of the input with learned weights; `functional.conv2d` has the formula.

    Args:
        in_channels, out_channels: the number of channels of the input and the output.
        kernel_size, stride, dilation: an int, or one per spatial axis.
        padding: an int, one per axis, ((before, after), ...) per axis, 'same' (with any stride) or 'valid'.
        groups: the number of blocks of channels. An output channel depends only on the input channels of its block.
            Both channel numbers must be multiples of it.
        bias: add a learned bias (default: True).
        padding_mode: the content of the padding: 'zeros', or cells of the input as in `functional.pad`: 'reflect',
            'replicate' or 'circular'.
        dtype: np.float32 or np.float64.

    Attributes: weight and bias, initially uniform in +-1 / sqrt(weight.shape[1] * prod(kernel_size)). Raises ShapeError
    for settings that fit no input.
    """

    weight: Parameter
    bias: Parameter | None
    transposed: ClassVar[bool] = False
    _ndim: ClassVar[int]
    _function: ClassVar[Callable[..., Any]]

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: PerAxis, stride: PerAxis = 1, padding: Padding = 0,
        dilation: PerAxis = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *,
        dtype: Dtype = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self._check_settings(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        Window.plain(
            type(self).__name__, self._smallest_input(), self.kernel_size, self.stride, self.padding, self.dilation
        )  # raises ShapeError if no input fits
        self._make_parameters(bias, dtype)

    def _check_settings(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        groups: int, padding_mode: str,
    ) -> None:  # fmt: skip
        """Check the settings that plain and transposed layers share, and store them; sizes become tuples."""
        layer, ndim = type(self).__name__, self._ndim
        self.in_channels = positive(layer, "in_channels", in_channels)
        self.out_channels = positive(layer, "out_channels", out_channels)
        self.groups = positive(layer, "groups", groups)
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ShapeError(f"{layer}: {name} is {channels}; groups={groups} must divide it")
        if padding_mode not in PADDING_MODES:
            known = ", ".join(map(repr, PADDING_MODES))
            raise ValueError(f"{layer}: padding_mode must be one of {known}; got {padding_mode!r}")
        self.kernel_size = axes(layer, "kernel_size", kernel_size, ndim)
        self.stride = axes(layer, "stride", stride, ndim)
        self.dilation = axes(layer, "dilation", dilation, ndim)
        self.padding_mode = padding_mode
        self.padding: Any = ints(padding)
        if isinstance(self.padding, int):
            self.padding = axes(layer, "padding", padding, ndim)

    def _smallest_input(self) -> Sizes:
        """The smallest input that the kernel fits into, for checks that do not depend on the input."""
        return tuple(max(d * (k - 1) + 1, 1) for k, d in zip(self.kernel_size, self.dilation, strict=True))

    def _make_parameters(self, bias: bool, dtype: Dtype) -> None:
        layer = type(self).__name__
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        self.weight = empty_parameter(layer, (first, second // self.groups, *self.kernel_size), dtype)
        self.register_parameter("bias", empty_parameter(layer, (self.out_channels,), dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.layer_default(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros" and self._can_add_border(input):
            pads = self._pads(input.shape[-self._ndim :])
            input, padding = add_border(type(self).__name__, input, pads, self.padding_mode), 0
        return self._function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def forward_relu(self, input: Tensor) -> Tensor:
        """relu(forward(input)) in one pass (see `fusion.py`)."""
        if self.padding_mode != "zeros":
            return F.relu(self.forward(input))
        steps = (self.stride, self.padding, self.dilation, self.groups)
        return conv_relu(self._ndim, input, self.weight, self.bias, *steps)

    def _can_add_border(self, input: Any) -> bool:
        """True if the input has the right number of axes and no empty one; otherwise the function raises the error."""
        return getattr(input, "ndim", 0) in (self._ndim + 1, self._ndim + 2) and all(input.shape[-self._ndim :])

    def _pads(self, wide: Sizes) -> tuple[tuple[int, int], ...]:
        """The padding (before, after) of each spatial axis, if the input of the plain layer has the size `wide`."""
        return pads_per_axis(type(self).__name__, self.padding, wide, self.kernel_size, self.stride, self.dilation)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        zeros, ones = (0,) * self._ndim, (1,) * self._ndim
        defaults = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        values = {name: getattr(self, name, default) for name, default in defaults.items()}
        parts += [f"{name}={value}" for name, value in values.items() if value != defaults[name]]
        parts += ["bias=False"] * (self.bias is None)
        parts += [f"padding_mode={self.padding_mode}"] * (self.padding_mode != "zeros")
        return ", ".join(parts)


class Conv1d(_ConvNd):
    __doc__ = f"{_ConvNd.__doc__}\n    Input (N, C, W) or (C, W); see `functional.conv1d`."
    _ndim, _function = 1, staticmethod(F.conv1d)


class Conv2d(_ConvNd):
    __doc__ = f"{_ConvNd.__doc__}\n    Input (N, C, H, W) or (C, H, W); see `functional.conv2d`."
    _ndim, _function = 2, staticmethod(F.conv2d)


class Conv3d(_ConvNd):
    __doc__ = f"{_ConvNd.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W); see `functional.conv3d`."
    _ndim, _function = 3, staticmethod(F.conv3d)


class _ConvTransposeNd(_ConvNd):
    """The adjoint of the plain layer: each input cell adds the kernel, times its value, to the output.

    Args:
        padding: the number of cells to remove from the output, in the forms of the plain layer ('same' makes the output
            input * stride).
        padding_mode: what happens to the removed cells: 'zeros' drops them; the other modes add each one to the cell
            from which the plain layer's border would copy it.
        output_padding: additional cells at the end of each axis; must be smaller than the stride or the dilation.
        The remaining arguments are those of the plain layer, in PyTorch's order.

    Attributes: weight (in_channels, out_channels / groups, *kernel_size) and bias, initially uniform in
    +-1 / sqrt(weight.shape[1] * prod(kernel_size)). Raises ShapeError for settings that fit no input.
    """

    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: PerAxis, stride: PerAxis = 1, padding: Padding = 0,
        output_padding: PerAxis = 0, groups: int = 1, bias: bool = True, dilation: PerAxis = 1,
        padding_mode: str = "zeros", *, dtype: Dtype = np.float32,
    ) -> None:  # fmt: skip
        Module.__init__(self)
        self._check_settings(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, padding_mode)
        self.output_padding = axes(type(self).__name__, "output_padding", output_padding, self._ndim)
        size = (1,) * self._ndim
        if not isinstance(self.padding, str):  # check with an input that is large enough for the padding
            size = tuple(before + after + 1 for before, after in self._pads(size))
        self._window(size, self.output_padding)
        self._make_parameters(bias, dtype)

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the layer; `output_size` (the spatial sizes, or the full output shape) replaces output_padding."""
        extra = self.output_padding if output_size is None else self._output_padding_for(input.shape, output_size)
        if self.padding_mode == "zeros" or not self._can_add_border(input):
            return self._function(
                input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
            )
        steps = (self.kernel_size, self.stride, self.padding, extra, self.dilation)
        pads, extra = _border(type(self).__name__, input.shape[-self._ndim :], *steps)
        x = self._function(input, self.weight, None, self.stride, 0, extra, self.groups, self.dilation)
        x = fold_border(type(self).__name__, x, pads, self.padding_mode)
        return x if self.bias is None else x + self.bias.reshape(-1, *(1,) * self._ndim)

    def forward_relu(self, input: Tensor) -> Tensor:
        if self.padding_mode != "zeros":
            return F.relu(self.forward(input))
        steps = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return conv_transpose_relu(self._ndim, input, self.weight, self.bias, *steps)

    def _window(self, size: Sizes, extra: Sizes) -> Window:
        steps = (self.kernel_size, self.stride, self.padding, extra, self.dilation)
        return Window.transposed(type(self).__name__, size, *steps)

    def _output_padding_for(self, shape: Sizes, output_size: Sequence[int]) -> Sizes:
        """The output padding that gives this output size; raises ShapeError if there is none."""
        layer, ndim = type(self).__name__, self._ndim
        if len(output_size) not in (ndim, len(shape)):
            raise ShapeError(
                f"{layer}: output_size {tuple(output_size)} must have {ndim} sizes, or {len(shape)} as the input has"
            )
        requested = tuple(output_size)[-ndim:]
        most_extra = tuple(0 if self.padding == "same" else s - 1 for s in self.stride)
        largest = self._window(shape[-ndim:], most_extra).x_size
        smallest = tuple(large - extra for large, extra in zip(largest, most_extra, strict=True))
        if any(not low <= size <= high for low, size, high in zip(smallest, requested, largest, strict=True)):
            raise ShapeError(
                f"{layer}: output_size is {requested}, but valid sizes range from {smallest} to {largest} "
                f"(for an input of {tuple(shape[-ndim:])})"
            )
        return tuple(size - low for size, low in zip(requested, smallest, strict=True))


@lru_cache(maxsize=1024)
def _border(
    layer: str, y_size: Sizes, kernel: Sizes, stride: Sizes, padding: Padding, extra: Sizes, dilation: Sizes
) -> tuple[tuple[tuple[int, int], ...], Sizes]:
    """The border that a transposed layer adds back to its output, and the output padding of its convolution.

    The output padding is the number of cells at the end of the plain layer's padded input that no window reaches.
    """
    window = Window.transposed(layer, y_size, kernel, stride, padding, extra, dilation)
    pads = pads_per_axis(layer, padding, window.x_size, kernel, stride, dilation)
    wide = (size + before + after for size, (before, after) in zip(window.x_size, pads, strict=True))
    return pads, tuple(size - span for size, span in zip(wide, window.spans, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    __doc__ = f"{_ConvTransposeNd.__doc__}\n    Input (N, C, W) or (C, W); see `functional.conv_transpose1d`."
    _ndim, _function = 1, staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTransposeNd):
    __doc__ = f"{_ConvTransposeNd.__doc__}\n    Input (N, C, H, W) or (C, H, W); see `functional.conv_transpose2d`."
    _ndim, _function = 2, staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTransposeNd):
    __doc__ = (
        f"{_ConvTransposeNd.__doc__}\n    Input (N, C, D, H, W) or (C, D, H, W); see `functional.conv_transpose3d`."
    )
    _ndim, _function = 3, staticmethod(F.conv_transpose3d)
