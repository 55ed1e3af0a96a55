"""Upsampling layers, which call F.interpolate. Upsampling and a convolution can replace a transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from .. import functional as F
from ..functional.interpolate import check_settings
from ..tape import Tensor
from ..window import PerAxis
from .module import Module

Factors = float | Sequence[float]


class Upsample(Module):
    """Resize the spatial axes by interpolation.

    Args:
        size: the spatial size of the output, an int or one per axis; pass either this or `scale_factor`.
        scale_factor: a number, or one per spatial axis; the output size is floor(scale_factor * input size).
        mode: "nearest", "nearest-exact" or "area" for inputs with one to three spatial axes, "linear" for (N, C, W),
            "bilinear" or "bicubic" for (N, C, H, W), "trilinear" for (N, C, D, H, W).
        align_corners, recompute_scale_factor: as for `F.interpolate`.

    The constructor raises ValueError for settings that contradict each other; the others are checked at each call.
    """

    def __init__(
        self, size: PerAxis | None = None, scale_factor: Factors | None = None, mode: str = "nearest",
        align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        check_settings(type(self).__name__, size, scale_factor, mode, align_corners, recompute_scale_factor)
        self.size = tuple(size) if isinstance(size, list | tuple) else size
        self.scale_factor = _floats(scale_factor)
        self.mode = mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample with mode "nearest", for (N, C, H, W).

    Args:
        size, scale_factor: as for `Upsample`.
    """

    def __init__(self, size: PerAxis | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Upsample with mode "bilinear" and align_corners=True, for (N, C, H, W).

    Args:
        size, scale_factor: as for `Upsample`.
    """

    def __init__(self, size: PerAxis | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


def _floats(scale_factor: Any) -> Any:
    """Convert numbers to float, for a uniform repr; other values pass and are rejected by `forward`."""
    if isinstance(scale_factor, list | tuple):
        return tuple(map(_floats, scale_factor))
    return (
        float(scale_factor) if isinstance(scale_factor, Real) and not isinstance(scale_factor, bool) else scale_factor
    )
