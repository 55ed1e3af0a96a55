"""The battery's rows for dropout and the linear layer of `rot180.functional`."""

from __future__ import annotations

import rot180.functional as F

from .case import Case, normal

TORCH = "torch.nn.functional"

DROPOUT = [
    Case("dropout", F.dropout, normal((4, 5)), None, settings={"p": 0.4}, batch=(0,)),  # the draws differ
    Case("dropout", F.dropout, normal((4, 5)), f"{TORCH}.dropout", settings={"p": 0.4, "training": False}),
    Case("dropout", F.dropout, normal((4, 5)), f"{TORCH}.dropout", settings={"p": 1.0}),
]

LINEAR = [
    Case("linear", F.linear, normal((3, 4), (2, 4), (2,)), f"{TORCH}.linear", batch=(0,), unbatched=True),
    Case("linear", F.linear, normal((3, 4), (2, 4)), f"{TORCH}.linear", "no bias", batch=(0,)),
    Case("linear", F.linear, normal((2, 3, 4), (2, 4), (2,)), f"{TORCH}.linear", "3d", batch=(0,)),
]

CASES = [*DROPOUT, *LINEAR]
