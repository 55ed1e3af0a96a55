"""The battery's rows for borders: F.pad and the padding layers, and the convolution layers' padding_mode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import rot180.functional as F
from rot180 import nn

from .case import Case, layer_row, normal

TORCH = "torch.nn.functional"
PEERS = "tests.battery.peers"
MODES = ("reflect", "replicate", "circular")
SPACES: dict[int, tuple[int, ...]] = {1: (2, 3, 5), 2: (2, 3, 4, 5), 3: (2, 2, 4, 3, 5)}

CONSTANTS = [
    Case("pad", F.pad, normal((2, 3, 4)), f"{TORCH}.pad", settings=settings, batch=(0,))
    for settings in ({"pad": (1, 2)}, {"pad": (1, 0, 2, 1), "value": 1.5}, {"pad": (-1, 2, 1, -1)}, {"pad": (0, 0)})
]


def _pads(mode: str) -> list[Case]:
    """Narrow and as wide as it gets, on one side, negative, in one to three dimensions."""
    most = {"reflect": (4, 3, 2), "replicate": (7, 3, 4), "circular": (5, 4, 3)}[mode]
    rows: list[tuple[int, tuple[int, ...]]] = [
        (1, (1, 2)),
        (1, (most[0], 0)),
        (1, (-1, 2)),
        (1, (3, -2)),
        (2, (2, 1, 0, 1)),
        (2, (most[0], most[0], most[1], 1)),
        (2, (-1, -2, 1, 1)),
        (2, (-1, 2, 1, -1)),
        (3, (1, 2, 2, 1, 0, 2)),
        (3, (0, most[0], -1, 1, 1, -1)),
    ]
    return [
        Case("pad", F.pad, normal(SPACES[ndim]), f"{TORCH}.pad", f"{ndim}d", {"pad": pad, "mode": mode},
             batch=(0,), unbatched=True)
        for ndim, pad in rows
    ]  # fmt: skip


# PyTorch pads as many axes as the input has spatial ones; here any number of the last axes
FEWER_AXES = [
    Case("pad", F.pad, normal((2, 2, 3, 4)), f"{PEERS}.pad_last_axis", "last axis", {"pad": (1, 2), "mode": mode},
         batch=(0,))
    for mode in MODES
]  # fmt: skip


def _layers(ndim: int) -> list[Case]:
    x = normal(SPACES[ndim])
    sides = (1, 0, 2, 1, 0, 2)[: 2 * ndim]
    rows = [
        layer_row(getattr(nn, f"{name}{ndim}d"), x, padding)
        for name in ("ReflectionPad", "ReplicationPad", "CircularPad", "ZeroPad")
        for padding in (sides, 2)
    ]
    return [*rows, layer_row(getattr(nn, f"ConstantPad{ndim}d"), x, sides, 0.5)]


def _convolutions(ndim: int, mode: str) -> list[Case]:
    """Plain layers as PyTorch's; beyond it (asymmetric, 'same' with a stride, all transposed ones) beside `peers`."""
    x = normal((2, 4, *(6, 5, 4)[:ndim]))
    plain, transposed = getattr(nn, f"Conv{ndim}d"), getattr(nn, f"ConvTranspose{ndim}d")
    asymmetric = ((1, 0), (0, 2), (1, 1))[:ndim]
    rows = [
        layer_row(plain, x, 4, 2, 3, padding=1, stride=2, padding_mode=mode),
        layer_row(plain, x, 4, 6, 2, padding="same", groups=2, bias=False, padding_mode=mode),
    ]
    beyond: list[dict[str, Any]] = [{"padding": asymmetric, "dilation": 2}, {"padding": "same", "stride": 2}]
    for settings in beyond:
        rows.append(_beyond(plain, x, "conv", kernel_size=2, padding_mode=mode, **settings))
    beyond = [
        {"padding": 1, "stride": 2, "output_padding": 1},
        {"padding": asymmetric, "groups": 2, "dilation": 2},
        {"padding": "same", "stride": 2, "bias": False},
    ]
    for settings in beyond:
        rows.append(_beyond(transposed, x, "conv_transpose", kernel_size=3, padding_mode=mode, **settings))
    return rows


def _beyond(module: type, make: Any, peer: str, **settings: Any) -> Case:
    row = layer_row(module, make, 4, 2, peer=f"{PEERS}.{peer}_with_border", **settings)
    return replace(row, peer_settings={k: v for k, v in settings.items() if k not in ("kernel_size", "bias")})


CASES = [
    *CONSTANTS,
    *[case for mode in MODES for case in _pads(mode)],
    *FEWER_AXES,
    *[case for ndim in (1, 2, 3) for case in _layers(ndim)],
    *[case for ndim in (1, 2, 3) for mode in MODES for case in _convolutions(ndim, mode)],
]
