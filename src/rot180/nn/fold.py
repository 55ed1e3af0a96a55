"""Unfold extracts the windows of an image as columns. Fold is the adjoint of Unfold: it adds columns to the windows."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..tape import Tensor
from ..window import Padding, PerAxis, Window, ints
from .module import Module
from .settings import axes


class _WindowLayer(Module):
    """Base of both layers: checks the settings without an input and stores them as they were passed."""

    def __init__(self, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> None:
        super().__init__()
        layer = type(self).__name__
        self.kernel_size, self.dilation = ints(kernel_size), ints(dilation)
        self.padding, self.stride = ints(padding), ints(stride)
        kernel, steps = axes(layer, "kernel_size", kernel_size, 2), axes(layer, "stride", stride, 2)
        spread = axes(layer, "dilation", dilation, 2)
        reach = tuple(max(d * (k - 1) + 1, 1) for k, d in zip(kernel, spread, strict=True))
        Window.plain(layer, reach, kernel, steps, self.padding, spread)

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("kernel_size", "dilation", "padding", "stride")}

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self._settings().items())


class Unfold(_WindowLayer):
    """Extract the windows of the input as columns, (N, C, H, W) to (N, C*R*S, L); see `functional.unfold`.

    Args:
        kernel_size, dilation, padding, stride: an int, or one per axis; padding also in the other forms of `Conv2d`.
    """

    def __init__(
        self, kernel_size: PerAxis, dilation: PerAxis = 1, padding: Padding = 0, stride: PerAxis = 1
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, dilation, padding, stride)

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, **self._settings())


class Fold(_WindowLayer):
    """Add columns to the windows of an image of size `output_size`, the adjoint of `Unfold`; see `functional.fold`.

    Args:
        output_size: (H, W), or an int for both.
        kernel_size, dilation, padding, stride: as for `Unfold`.
    """

    def __init__(
        self, output_size: PerAxis, kernel_size: PerAxis, dilation: PerAxis = 1, padding: Padding = 0,
        stride: PerAxis = 1,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, dilation, padding, stride)
        axes(type(self).__name__, "output_size", output_size, 2)
        self.output_size = ints(output_size)

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, **self._settings())

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
