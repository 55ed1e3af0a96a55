"""The number of products that each output cell of a transposed convolution receives.

If the kernel size is not a multiple of the stride, neighbouring cells receive different numbers of products. In
generated images, this is visible as a checkerboard pattern (Odena, Dumoulin and Olah, "Deconvolution and checkerboard
artifacts", 2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .operations import Layer


def overlap(layer: Layer) -> dict[str, Any] | None:
    """The products per cell of one plane of y, for one channel of x, or None if the layer is not transposed.

    Returns {"counts", "uneven", "advice"}: `uneven` is True if the counts differ in the interior, not only at the
    border, and `advice` is the key of a text.
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
