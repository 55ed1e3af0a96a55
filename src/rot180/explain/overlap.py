"""The checkerboard of a transposed layer: how many products reach each cell of its output.

Where the stride does not divide the kernel, neighbouring cells get different numbers of products, which shows as a
pattern in what a network draws (Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", 2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .operations import Layer


def overlap(layer: Layer) -> dict[str, Any] | None:
    """{counts, uneven, advice}: counts of one plane of y for one channel of x; None where it is no transposed layer.

    uneven: whether the pattern goes through the interior, not along the border only.
    """
    if not layer.operation.transposed:
        return None
    window = layer.window
    axes = []
    for axis, size in enumerate(window.x_size):
        counts = np.zeros(size, int)
        for k in range(window.kernel[axis]):
            counts[window.reach(axis, k)[1]] += 1
        axes.append(counts)
    rows = axes[0] if len(axes) == 2 else np.ones(1, int)
    uneven = any(
        len({sum(d * k % s == phase for k in range(taps)) for phase in range(s)}) > 1
        for taps, s, d in zip(window.kernel, window.stride, window.dilation, strict=True)
    )
    counts = np.multiply.outer(rows, axes[-1])
    return {"counts": counts.tolist(), "uneven": uneven, "advice": "overlap.uneven" if uneven else "overlap.even"}
