"""Upsampling layers: F.interpolate with its settings. Followed by a convolution they do what a transposed one does."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from .. import functional as F
from ..functional.interpolate import check_settings
from ..window import PerAxis
from .module import Module

Factors = float | Sequence[float]


class Upsample(Module):
    """The spatial axes made longer (or shorter) by interpolation.

    Args:
        size: the spatial size of the output, an int or one per axis; give this or `scale_factor`.
        scale_factor: a number, or one per spatial axis; the size is floor(scale_factor * size of the input).
        mode: "nearest", "nearest-exact" or "area" for inputs with one to three spatial axes, "linear" for (N, C, W),
            "bilinear" or "bicubic" for (N, C, H, W), "trilinear" for (N, C, D, H, W).
        align_corners, recompute_scale_factor: as on `F.interpolate`.

    Settings that do not go together are a ValueError in the constructor; what depends on the input is checked with it.
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

    def forward(self, input: Any) -> Any:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        given = "size" if self.scale_factor is None else "scale_factor"
        return f"{given}={getattr(self, given)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample with mode "nearest", for (N, C, H, W).

    Args:
        size, scale_factor: as on `Upsample`.
    """

    def __init__(self, size: PerAxis | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Upsample with mode "bilinear" and align_corners=True, for (N, C, H, W).

    Args:
        size, scale_factor: as on `Upsample`.
    """

    def __init__(self, size: PerAxis | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


def _floats(scale_factor: Any) -> Any:
    """Numbers as floats, which repr shows alike; what is no number is refused by the forward, which knows the shape."""
    if isinstance(scale_factor, list | tuple):
        return tuple(map(_floats, scale_factor))
    return (
        float(scale_factor) if isinstance(scale_factor, Real) and not isinstance(scale_factor, bool) else scale_factor
    )
