"""The battery's rows for what takes images apart and puts them together: unfold, fold, pixel and channel shuffles."""

from __future__ import annotations

from typing import Any

import rot180.functional as F
from rot180 import nn

from .case import Case, layer_row, normal

TORCH = "torch.nn.functional"
PEERS = "tests.battery.peers"

# settings, and the number of windows of a 6 x 5 image
WINDOWS: list[tuple[dict[str, Any], int]] = [
    ({"kernel_size": 2}, 20),
    ({"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)}, 12),
    ({"kernel_size": 2, "dilation": (2, 1), "padding": 1, "stride": 2}, 9),
    ({"kernel_size": (1, 3), "padding": (0, 4)}, 66),  # some windows lie in the padding alone
    ({"kernel_size": 1, "stride": 2}, 9),  # some cells are in no window
    ({"kernel_size": (6, 5)}, 1),
]
BEYOND = {"kernel_size": 2, "padding": ((1, 0), (0, 2)), "stride": 2}  # PyTorch pads both sides alike: 3 x 3 windows

COLUMNS = [
    *[
        Case("unfold", F.unfold, normal((2, 3, 6, 5)), f"{TORCH}.unfold", "", settings, batch=(0,), unbatched=True)
        for settings, _ in WINDOWS
    ],
    *[
        Case("fold", F.fold, normal((2, 3 * _cells, count)), f"{TORCH}.fold", "", {"output_size": (6, 5), **settings},
             batch=(0,), unbatched=True)
        for (settings, count), _cells in zip(WINDOWS, (4, 6, 4, 3, 1, 30), strict=True)
    ],
    Case("fold", F.fold, normal((2, 8, 9)), f"{TORCH}.fold", "", {"output_size": 4, "kernel_size": 2}, batch=(0,)),
    Case("unfold", F.unfold, normal((2, 3, 6, 5)), f"{PEERS}.unfold", "", BEYOND, batch=(0,), unbatched=True),
    Case("fold", F.fold, normal((2, 12, 9)), f"{PEERS}.fold", "", {"output_size": (6, 5), **BEYOND}, batch=(0,),
         unbatched=True),
]  # fmt: skip

SHUFFLES = [
    Case("pixel_shuffle", F.pixel_shuffle, normal((2, 8, 3, 2)), f"{TORCH}.pixel_shuffle",
         settings={"upscale_factor": 2}, batch=(0,), unbatched=True),
    Case("pixel_shuffle", F.pixel_shuffle, normal((2, 1, 3, 9, 1, 2)), f"{TORCH}.pixel_shuffle", "many axes",
         settings={"upscale_factor": 3}, batch=(0,)),
    Case("pixel_unshuffle", F.pixel_unshuffle, normal((2, 3, 4, 6)), f"{TORCH}.pixel_unshuffle",
         settings={"downscale_factor": 2}, batch=(0,), unbatched=True),
    Case("pixel_unshuffle", F.pixel_unshuffle, normal((2, 1, 2, 3, 6)), f"{TORCH}.pixel_unshuffle", "many axes",
         settings={"downscale_factor": 3}, batch=(0,)),
    Case("channel_shuffle", F.channel_shuffle, normal((2, 6, 3, 2)), f"{TORCH}.channel_shuffle",
         settings={"groups": 3}, batch=(0,)),
    Case("channel_shuffle", F.channel_shuffle, normal((2, 6, 3)), f"{TORCH}.channel_shuffle", "1d",
         settings={"groups": 2}, batch=(0,)),
]  # fmt: skip

LAYERS = [
    layer_row(nn.Unfold, normal((2, 3, 4, 5)), (2, 3), dilation=(2, 1), padding=1, stride=2),
    layer_row(nn.Fold, normal((2, 12, 6)), (4, 5), 2, stride=(2, 2), padding=(0, 1)),
    layer_row(nn.PixelShuffle, normal((2, 8, 3, 2)), 2),
    layer_row(nn.PixelUnshuffle, normal((2, 3, 4, 6)), 2),
    layer_row(nn.ChannelShuffle, normal((2, 6, 3, 2)), 2),
]

CASES = [*COLUMNS, *SHUFFLES, *LAYERS]
