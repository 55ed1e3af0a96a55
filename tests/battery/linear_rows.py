"""The battery's rows for the linear layer, dropout, and the layers that only rearrange."""

from __future__ import annotations

import rot180.functional as F
from rot180 import nn

from .case import Case, layer_row, normal

TORCH = "torch.nn.functional"

LINEAR = [
    Case("linear", F.linear, normal((3, 4), (2, 4), (2,)), f"{TORCH}.linear", batch=(0,), unbatched=True),
    Case("linear", F.linear, normal((3, 4), (2, 4)), f"{TORCH}.linear", "no bias", batch=(0,)),
    Case("linear", F.linear, normal((2, 3, 4), (2, 4), (2,)), f"{TORCH}.linear", "3d", batch=(0,)),
    layer_row(nn.Linear, normal((3, 4)), 4, 2),
    layer_row(nn.Linear, normal((3, 4)), 4, 2, bias=False),
]

DROPOUT = [
    Case("dropout", F.dropout, normal((4, 5)), None, settings={"p": 0.4}, batch=(0,)),  # the draws differ
    Case("dropout", F.dropout, normal((4, 5)), f"{TORCH}.dropout", settings={"p": 0.4, "training": False}),
    Case("dropout", F.dropout, normal((4, 5)), f"{TORCH}.dropout", settings={"p": 1.0}),
    layer_row(nn.Dropout, normal((3, 4)), 0.3, peer=None),  # the draws differ
]

REARRANGED = [
    layer_row(nn.Identity, normal((3, 4))),
    layer_row(nn.Flatten, normal((2, 3, 4, 5))),
    layer_row(nn.Unflatten, normal((2, 6)), 1, (2, 3)),
]

CASES = [*LINEAR, *DROPOUT, *REARRANGED]
