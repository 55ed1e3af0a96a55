"""The battery's rows for what sets the size of the output: adaptive pools, interpolation, and their layers."""

from __future__ import annotations

from typing import Any

import rot180.functional as F
from rot180 import nn

from .case import Case, few_values, layer_row, normal

TORCH = "torch.nn.functional"
_SPACE = (7, 6, 5)
_MAPS, _VOLUMES = normal((2, 3, 7, 5)), normal((2, 2, 4, 3, 5))


def _adaptive(ndim: int) -> list[Case]:
    space = _SPACE[:ndim]
    sizes: list[Any] = [1, 3, 4, 9, space, tuple(range(3, 3 + ndim))]
    if ndim == 2:  # bins of one size: small, large, on one axis only; one bin on one axis; no bin; more bins than cells
        sizes += [(7, 3), (7, 2), (None, 4), (5, None), (1, 6), (3, 1), (9, 2)]
    both = [
        Case(op, getattr(F, op), normal((2, 3, *space)), f"{TORCH}.{op}", settings={"output_size": size},
             batch=(0,), unbatched=True)
        for op in (f"adaptive_avg_pool{ndim}d", f"adaptive_max_pool{ndim}d")
        for size in sizes
    ]  # fmt: skip
    name = f"adaptive_max_pool{ndim}d"
    ties = [
        Case(name, getattr(F, name), few_values((2, 3, *space)), f"{TORCH}.{name}", "ties", {"output_size": size})
        for size in (1, 2, 3, 4)
    ]
    indices = [
        Case(name, getattr(F, name), normal((2, 3, *space)), f"{TORCH}.{name}", "",
             {"output_size": size, "return_indices": True})
        for size in (1, 3)
    ]  # fmt: skip
    wide = normal((2, 2, *(12, 10, 10)[:ndim]))
    large = [
        Case(op, getattr(F, op), wide, f"{TORCH}.{op}", "large bins", {"output_size": 2}) for op in {c.op for c in both}
    ]
    return [*both, *ties, *indices, *sorted(large, key=lambda case: case.op)]


def _interpolate(label: str, x: tuple[int, ...], **settings: Any) -> Case:
    return Case("interpolate", F.interpolate, normal(x), f"{TORCH}.interpolate", label, settings, batch=(0,))


_LINE, _PLANE, _BOX = (2, 3, 7), (2, 3, 7, 5), (2, 2, 4, 3, 5)

_NEAREST = [
    _interpolate(f"{len(x) - 2}d", x, mode=mode, **settings)
    for mode in ("nearest", "nearest-exact")
    for x, settings in [
        (_LINE, {"scale_factor": 3}),
        (_LINE, {"size": 4}),
        (_PLANE, {"scale_factor": 2}),
        (_PLANE, {"scale_factor": (1, 4)}),
        (_PLANE, {"size": (11, 3)}),
        (_PLANE, {"scale_factor": 1.7}),
        (_PLANE, {"scale_factor": 1.7, "recompute_scale_factor": True}),
        (_PLANE, {"size": (7, 5)}),
        (_BOX, {"scale_factor": 2}),
        (_BOX, {"size": (3, 7, 5)}),
    ]
]
_LINEAR = [
    _interpolate("", x, mode=mode, **settings, **corners)
    for corners in ({}, {"align_corners": True})
    for x, mode, settings in [
        (_LINE, "linear", {"scale_factor": 2}),
        (_LINE, "linear", {"size": 3}),
        (_LINE, "linear", {"size": 1}),
        (_PLANE, "bilinear", {"scale_factor": 2}),
        (_PLANE, "bilinear", {"size": (11, 3)}),
        (_PLANE, "bilinear", {"scale_factor": (0.6, 2.5)}),
        (_PLANE, "bilinear", {"scale_factor": (0.6, 2.5), "recompute_scale_factor": True}),
        (_PLANE, "bicubic", {"scale_factor": 2}),
        (_PLANE, "bicubic", {"size": (11, 3)}),
        (_PLANE, "bicubic", {"size": (1, 1)}),
        (_PLANE, "bicubic", {"scale_factor": (0.6, 2.5)}),
        (_BOX, "trilinear", {"scale_factor": 2}),
        (_BOX, "trilinear", {"size": (3, 7, 5)}),
    ]
]
_AREA = [
    _interpolate("", x, mode="area", **settings)
    for x, settings in [
        (_LINE, {"size": 3}),
        (_PLANE, {"scale_factor": 0.6}),
        (_PLANE, {"size": (11, 3)}),
        (_BOX, {"size": (1, 2, 5)}),
    ]
]
_ODD = [
    _interpolate("one cell", (2, 3, 1, 1), size=(3, 2), mode="bilinear"),
    _interpolate("one cell", (2, 3, 1, 1), size=(3, 2), mode="bicubic", align_corners=True),
    _interpolate("blocks", (1, 2, 70, 3), size=(150, 3), mode="bilinear"),
    _interpolate("blocks", (1, 2, 3, 150), size=(2, 70), mode="bicubic"),
]

_LAYERS = [
    layer_row(nn.AdaptiveAvgPool1d, normal((2, 3, 7)), 3),
    layer_row(nn.AdaptiveAvgPool2d, _MAPS, 1),
    layer_row(nn.AdaptiveAvgPool2d, _MAPS, (None, 3)),
    layer_row(nn.AdaptiveAvgPool3d, _VOLUMES, (3, 2, 2)),
    layer_row(nn.AdaptiveMaxPool1d, normal((2, 3, 7)), 3),
    layer_row(nn.AdaptiveMaxPool2d, _MAPS, (1, 1)),
    layer_row(nn.AdaptiveMaxPool2d, _MAPS, (3, None)),
    layer_row(nn.AdaptiveMaxPool3d, _VOLUMES, (3, 2, 2)),
    layer_row(nn.Upsample, _MAPS, scale_factor=2),
    layer_row(nn.Upsample, _MAPS, (9, 4), mode="bicubic"),
    layer_row(nn.Upsample, _VOLUMES, scale_factor=(1.5, 2, 1), mode="trilinear", recompute_scale_factor=True),
    layer_row(nn.UpsamplingNearest2d, _MAPS, (9, 4)),
    layer_row(nn.UpsamplingBilinear2d, _MAPS, scale_factor=2),
]

CASES = [*(case for ndim in (1, 2, 3) for case in _adaptive(ndim)), *_NEAREST, *_LINEAR, *_AREA, *_ODD, *_LAYERS]
