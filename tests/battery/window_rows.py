"""The battery's rows for the convolutions, their explicit gradients and the pools, 1-d to 3-d, and their layers."""

from __future__ import annotations

from typing import Any

import rot180.functional as F
from rot180 import nn

from .case import Case, few_values, layer_row, normal

TORCH = "torch.nn.functional"
PEERS = "tests.battery.peers"


def _conv_settings(ndim: int) -> list[tuple[str, tuple[int, ...], tuple[int, ...], dict[str, Any]]]:
    """(label, input, weight, settings) with sizes that all differ and that the stride does not tile."""
    space, kernel = (7, 6, 5)[:ndim], (3, 2, 2)[:ndim]
    plain, weight = (2, 4, *space), (6, 4, *kernel)
    rows = [
        ("", plain, weight, {}),
        ("", plain, weight, {"stride": 2, "padding": 1}),
        ("", plain, weight, {"stride": 2, "padding": 1, "dilation": 2}),
        ("", plain, (6, 2, *kernel), {"groups": 2, "padding": 1}),
        ("depthwise", plain, (8, 1, *kernel), {"groups": 4, "stride": 2}),
        ("pointwise", plain, (3, 4, *(1,) * ndim), {"stride": 2}),
        ("dense", plain, (3, 4, *space), {}),
        ("", plain, weight, {"padding": "same", "dilation": 2}),
    ]
    return rows if ndim == 2 else [rows[2], rows[3], rows[7]]


def _peer_of(ndim: int, settings: dict[str, Any], transposed: bool) -> str:
    """PyTorch has no padding that differs before and after, no 'same' with a stride, none of both when transposed."""
    padding = settings.get("padding", 0)
    beyond = isinstance(padding, tuple) and isinstance(padding[0], tuple)
    beyond = beyond or (isinstance(padding, str) and (transposed or settings.get("stride", 1) != 1))
    name = f"conv_transpose{ndim}d" if transposed else f"conv{ndim}d"
    return f"{PEERS}.{name}" if beyond else f"{TORCH}.{name}"


def _convolutions(ndim: int) -> list[Case]:
    function = getattr(F, f"conv{ndim}d")
    rows = _conv_settings(ndim)
    if ndim == 2:
        x, w = (2, 4, 7, 6), (6, 4, 3, 2)
        rows += [
            ("", x, w, {"stride": (1, 3), "padding": (2, 0), "dilation": (1, 2)}),
            ("", x, w, {"padding": ((1, 2), (0, 3)), "stride": 2}),
            ("", x, w, {"padding": "same", "stride": (2, 3)}),
            ("", x, w, {"padding": "valid"}),
        ]
    _, x, w, settings = rows[0]
    bare = Case(f"conv{ndim}d", function, normal(x, w), _peer_of(ndim, settings, False), "no bias", settings)
    return [
        bare,
    *[
        Case(f"conv{ndim}d", function, normal(x, w, (w[0],)), _peer_of(ndim, settings, False), label, settings,
             batch=(0,), unbatched=True)
        for label, x, w, settings in rows
    ],
    ]  # fmt: skip


def _transposed(ndim: int) -> list[Case]:
    function = getattr(F, f"conv_transpose{ndim}d")
    x, kernel = (2, 4, *(3, 4, 2)[:ndim]), (3, 2, 4)[:ndim]
    w = (4, 3, *kernel)
    rows: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
        ("", w, {"stride": 2, "padding": 1, "output_padding": 1}),
        ("", (4, 2, *kernel), {"groups": 2, "dilation": 2, "padding": 1}),
    ]
    if ndim == 2:
        rows += [
            ("", w, {}),
            ("", w, {"stride": 3, "dilation": 2, "output_padding": (2, 1), "padding": (1, 0)}),
            ("depthwise", (4, 2, *kernel), {"groups": 4, "stride": 2}),
            ("pointwise", (4, 3, 1, 1), {}),
            ("", w, {"padding": ((1, 0), (0, 1)), "stride": 2}),
            ("", w, {"padding": "same", "stride": (2, 3)}),
            ("", w, {"padding": "valid", "stride": 2}),
        ]
    else:
        rows.append(("", w, {"padding": "same", "stride": 2}))
    name = f"conv_transpose{ndim}d"
    return [
        Case(name, function, normal(x, w), f"{TORCH}.{name}", "no bias", {"stride": 2}),
    *[
        Case(name, function, normal(x, w, (w[1] * settings.get("groups", 1),)),
             _peer_of(ndim, settings, True), label, settings, batch=(0,), unbatched=True)
        for label, w, settings in rows
    ],
    ]  # fmt: skip


def _backwards(ndim: int) -> list[Case]:
    """The explicit gradients: inputs dy, x, w; the peer is PyTorch's autograd on the forward."""
    space, kernel = (5, 4, 4)[:ndim], (3, 2, 2)[:ndim]
    y = tuple((n + 2 - k) // 2 + 1 for n, k in zip(space, kernel, strict=True))
    wide = tuple((n - 1) * 2 - 2 + k for n, k in zip(space, kernel, strict=True))
    step = {"stride": 2, "padding": 1}
    name, other = f"conv{ndim}d_backward", f"conv_transpose{ndim}d_backward"
    w, flipped = (3, 4, *kernel), (4, 3, *kernel)
    longer = {**step, "output_padding": 1}
    more = tuple(n + 1 for n in wide)
    return [
        Case(name, getattr(F, name), normal((2, 3, *y), (2, 4, *space), w), f"{PEERS}.{name}", "", step),
        Case(name, getattr(F, name), normal((3, *y), (4, *space), w), f"{PEERS}.{name}", "unbatched", step),
        Case(other, getattr(F, other), normal((2, 3, *wide), (2, 4, *space), flipped), f"{PEERS}.{other}", "", step),
        Case(
            other, getattr(F, other), normal((3, *more), (4, *space), flipped), f"{PEERS}.{other}", "unbatched", longer
        ),
    ]


def _pools(ndim: int) -> list[Case]:
    x = (2, 2, *(7, 6, 5)[:ndim])
    shared = [
        {"kernel_size": 2},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    ]
    maxima: list[dict[str, Any]] = [*shared, {"kernel_size": 2, "stride": 1, "dilation": 2}]
    averages: list[dict[str, Any]] = [*shared, {"kernel_size": 3, "padding": 1, "count_include_pad": False}]
    if ndim == 2:
        maxima.append({"kernel_size": (3, 2), "stride": (1, 3), "padding": (1, 0)})
        averages.append(
            {"kernel_size": (3, 2), "stride": (1, 3), "padding": (0, 1), "ceil_mode": True, "count_include_pad": False}
        )
    if ndim > 1:
        averages.append({"kernel_size": 2, "divisor_override": 3})
    name, ties = f"max_pool{ndim}d", {"kernel_size": 3, "stride": 2}
    return [
        Case(name, getattr(F, name), few_values(x), f"{TORCH}.{name}", "ties", ties),
        *[
            Case(op, getattr(F, op), normal(x), f"{TORCH}.{op}", settings=settings, batch=(0,), unbatched=True)
            for op, rows in ((f"max_pool{ndim}d", maxima), (f"avg_pool{ndim}d", averages))
            for settings in rows
        ],
    ]


_MAPS = normal((2, 3, 4, 5))

LAYERS = [
    layer_row(nn.Conv1d, normal((2, 3, 7)), 3, 2, 3, stride=2, padding=1),
    layer_row(nn.Conv2d, _MAPS, 3, 4, (3, 2), padding="same"),
    layer_row(nn.Conv2d, normal((3, 4, 5)), 3, 6, 2, groups=3, bias=False),
    layer_row(nn.Conv3d, normal((2, 2, 4, 3, 3)), 2, 2, 2, dilation=2, padding=1),
    layer_row(nn.ConvTranspose1d, normal((2, 3, 4)), 3, 2, 3, stride=2, padding=1, output_padding=1),
    layer_row(nn.ConvTranspose2d, _MAPS, 3, 2, 2, 2, 1, dilation=2),
    layer_row(nn.ConvTranspose3d, normal((2, 2, 2, 2, 3)), 2, 2, 2, stride=2, groups=2, bias=False),
    layer_row(nn.MaxPool1d, normal((2, 3, 7)), 3, 2, 1),
    layer_row(nn.MaxPool2d, _MAPS, 2, stride=1, dilation=2),
    layer_row(nn.MaxPool3d, normal((2, 2, 4, 5, 3)), 2, ceil_mode=True),
    layer_row(nn.AvgPool1d, normal((2, 3, 7)), 3, 2, 1),
    layer_row(nn.AvgPool2d, _MAPS, 3, 2, 1, count_include_pad=False),
    layer_row(nn.AvgPool3d, normal((2, 2, 4, 5, 3)), 2, divisor_override=3),
]

CASES = [
    *[case for ndim in (1, 2, 3) for rows in (_convolutions, _transposed, _backwards, _pools) for case in rows(ndim)],
    *LAYERS,
]
