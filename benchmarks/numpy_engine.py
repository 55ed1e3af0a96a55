"""The numpy engine beside the whole-batch im2col of `im2col.py`, layer by layer: `python -m benchmarks.numpy_engine`.

Both sides get the same contiguous NCHW arrays and run the three contractions of the layer in turn, interleaved, in one
process; the table gives median milliseconds and the median of the per-round ratios (above 1: the engine is faster).
"""

import argparse
import statistics

import numpy as np

import rot180
from rot180 import kernels
from rot180.window import Window

from . import im2col, interleaved
from .shapes import LAYERS, Layer


def pairs(layer: Layer):
    """For one layer: {pass: (ours, baseline)}, functions without arguments on shared arrays."""
    rng = np.random.default_rng(0)
    square = lambda n: (n, n)  # noqa: E731
    stride, padding, dilation = square(layer.stride), square(layer.padding), square(layer.dilation)
    kernel = square(layer.kernel)
    if layer.transposed:
        window = Window.transposed("bench", square(layer.size), kernel, stride, padding, (0, 0), dilation, layer.groups)
        narrow, wide = layer.channels, layer.out
    else:
        window = Window.plain("bench", square(layer.size), kernel, stride, padding, dilation, layer.groups)
        narrow, wide = layer.out, layer.channels
    x = rng.standard_normal((layer.images, wide, *window.x_size), np.float32)
    y = rng.standard_normal((layer.images, narrow, *window.y_size), np.float32)
    w = rng.standard_normal((narrow, wide // layer.groups, *kernel), np.float32)
    settings = (stride, padding, dilation, layer.groups)
    contractions = {
        "y": (lambda: kernels.conv_y(x, w, window), lambda: im2col.forward(x, w, *settings)),
        "x": (lambda: kernels.conv_x(y, w, window), lambda: im2col.input_gradient(y, w, window.x_size, *settings)),
        "w": (lambda: kernels.conv_w(x, y, window), lambda: im2col.weight_gradient(y, x, kernel, *settings)),
    }
    for ours, theirs in contractions.values():
        np.testing.assert_allclose(ours(), theirs(), rtol=1e-3, atol=1e-2)
    forward, data = ("x", "y") if layer.transposed else ("y", "x")
    both = tuple(lambda i=i: [contractions[key][i]() for key in (data, "w")] for i in (0, 1))
    return {"forward": contractions[forward], "backward": both}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, help="of NumPy's BLAS, which both sides use; default: as it is")
    options = parser.parse_args()
    if options.threads:
        rot180.set_num_threads(options.threads)
    print(
        "| layer | forward ms: engine / im2col | ratio | backward ms: engine / im2col | ratio |\n|---|---|---|---|---|"
    )
    ratios = []
    with rot180.engine("numpy"):
        for layer in LAYERS:
            cells = []
            for ours, theirs in pairs(layer).values():
                taken = interleaved.times({"engine": ours, "im2col": theirs}, options.rounds)
                mine, other = (statistics.median(seconds) * 1e3 for seconds in taken.values())
                ratios.append(interleaved.ratio(taken, "im2col", "engine"))
                cells += [f"{mine:.2f} / {other:.2f}", f"{ratios[-1]:.2f}"]
            print(f"| {layer.name} | {' | '.join(cells)} |", flush=True)
    print(f"\ngeometric mean {statistics.geometric_mean(ratios):.2f}, lowest {min(ratios):.2f}")


if __name__ == "__main__":
    main()
