"""The op behind adaptive averages and interpolation: a linear map along each spatial axis."""

from __future__ import annotations

from typing import Any

from ..tape.primitives import primitive
from ..tape.record import Array
from . import axis_map
from .axis_map import AxisMap

Maps = tuple[AxisMap | None, ...]


@primitive()
def resample(x: Array, maps: Maps) -> Array:
    """y (N, C, *y_sizes) from x (N, C, *x_sizes), one map per spatial axis; None leaves its axis alone."""
    return axis_map.apply(x, maps)


@resample.vjp
def resample_vjp(g: Any, needs: Any, y: Any, x: Any, maps: Maps) -> Any:
    return (resample(g, tuple(m and m.adjoint for m in maps)),)
