"""The op of adaptive average pooling and interpolation: a linear map along each spatial axis."""

from __future__ import annotations

from typing import Any

from ..tape.primitives import primitive
from ..tape.record import Array
from . import axis_map
from .axis_map import AxisMap

Maps = tuple[AxisMap | None, ...]


@primitive(name=lambda maps, op: op)
def resample(x: Array, maps: Maps, op: str) -> Array:
    """y (N, C, *y_sizes) from x (N, C, *x_sizes) with one map per spatial axis. A map of None keeps its axis."""
    return axis_map.apply(x, maps)


@resample.vjp
def resample_vjp(g: Any, needs: Any, y: Any, x: Any, maps: Maps, op: str) -> Any:
    return (resample(g, tuple(m and m.adjoint for m in maps), op),)
