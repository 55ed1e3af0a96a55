"""One convolutional layer, forward and backward, for every stride: why "pad and rotate" works, and when it does not.

The convention is that of a well-known course: x (N, C, H, W), w (F, C, HH, WW), b (F,), a dictionary conv_param with
"stride" and "pad", a forward that returns (out, cache) and a backward that takes (dout, cache). The text derives the
backward pass for a vector of 4 numbers and a filter of 2, where y = (w0 x0 + w1 x1, w0 x1 + w1 x2, w0 x2 + w1 x3):

    db = dy0 + dy1 + dy2                              b is added to every output once
    dw = (x0 dy0 + x1 dy1 + x2 dy2, x1 dy0 + ...)     x correlated with dy
    dx = (w0 dy0, w1 dy0 + w0 dy1, w1 dy1 + w0 dy2, w1 dy2)

The last line is dy, padded with (filter size - 1) zeros on both sides, correlated with the "inverted" filter (w1, w0);
with two axes, inverting is a rotation by 180 degrees. The text stops here, at stride 1. With stride s the outputs are
s cells apart, so s - 1 zeros must first be inserted between the cells of dy. The last rows that the stride does not
reach get no gradient: zeros at the end.

The library computes dx without these steps. The definition, dx[stride p + r - pad] += w[r] dy[p], needs no zeros, no
rotation and no special case for the stride. The program shows that the results are equal.

    python examples/origins/conv_layer.py
    build/pages/conv_layer.html        a page that shows its layer, written by `make pages`
"""

from __future__ import annotations

import numpy as np
from differences import numerical_gradient, relative_error

import rot180.functional as F

SETTINGS = [{"stride": stride, "pad": pad} for stride in (1, 2, 3) for pad in (0, 1, 2, 3)]
TEXT_STEP = 1e-5  # the step of the text and of the course


def conv_forward(x, w, b, conv_param):
    """out (N, F, H', W') with H' = 1 + (H + 2 pad - HH) // stride, and a cache for the backward pass."""
    out = F.conv2d(x, w, b, stride=conv_param["stride"], padding=conv_param["pad"])
    return out, (x, w, b, conv_param)


def conv_backward(dout, cache):
    """(dx, dw, db) for the cotangent dout of the forward's out."""
    x, w, _, conv_param = cache
    return F.conv2d_backward(dout, x, w, stride=conv_param["stride"], padding=conv_param["pad"])


def inverted(w):
    """The filters rotated by 180 degrees, with their first two axes swapped: from F channels to C."""
    return w[:, :, ::-1, ::-1].swapaxes(0, 1)


def backward_of_the_text(dout, cache):
    """(dx, dw, db) as the text derives them, for stride 1 only."""
    x, w, _, conv_param = cache
    return pad_and_rotate(dout, x, w, conv_param["pad"])


def backward_for_any_stride(dout, cache):
    """(dx, dw, db) after inserting stride - 1 zeros between the cells of dout, and zeros for cells not reached."""
    x, w, _, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    size = [n + 2 * pad - k + 1 for n, k in zip(x.shape[2:], w.shape[2:], strict=True)]  # the output size at stride 1
    spread = np.zeros((*dout.shape[:2], *size))
    spread[:, :, ::stride, ::stride] = dout
    return pad_and_rotate(spread, x, w, pad)


def pad_and_rotate(dout, x, w, pad):
    """The text's three formulas. The text's dx belongs to the padded x, so the border is cut off."""
    n, m = w.shape[2:]
    padded_dout = F.pad(dout, (m - 1, m - 1, n - 1, n - 1))
    dx = F.conv2d(padded_dout, inverted(w))[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    padded_x = F.pad(x, (pad, pad, pad, pad))
    # (C, N, H, W) correlated with (F, N, H', W') sums over the batch and gives one result per channel and filter
    dw = F.conv2d(padded_x.swapaxes(0, 1), dout.swapaxes(0, 1)).swapaxes(0, 1)
    return F.Gradients(dx, dw, dout.sum((0, 2, 3)))


def example(conv_param):
    """Standard normal x (2, 3, 7, 6), w (2, 3, 3, 3), b (2,) and a dout of the output's shape."""
    rng = np.random.default_rng(180)
    x, w, b = (rng.standard_normal(shape) for shape in ((2, 3, 7, 6), (2, 3, 3, 3), (2,)))
    out, _ = conv_forward(x, w, b, conv_param)
    return x, w, b, rng.standard_normal(out.shape)


def errors(conv_param, step):
    """The relative errors of dx, dw and db compared with differences of this step."""
    x, w, b, dout = example(conv_param)
    _, cache = conv_forward(x, w, b, conv_param)
    gradients = conv_backward(dout, cache)
    return [
        relative_error(d, numerical_gradient(lambda: conv_forward(x, w, b, conv_param)[0], a, dout, step))
        for d, a in zip(gradients, (x, w, b), strict=True)
    ]


def distance(backward, conv_param):
    """The largest absolute difference between the results of `backward` and the library's gradients."""
    x, w, b, dout = example(conv_param)
    _, cache = conv_forward(x, w, b, conv_param)
    pairs = zip(backward(dout, cache), conv_backward(dout, cache), strict=True)
    return max(float(np.abs(a - d).max()) for a, d in pairs)


def show_the_vector() -> None:
    """Print the text's first example: x of 4 numbers, a filter of 2, stride 1, no padding."""
    x, w, dy = np.array([1.0, 2, 3, 4]), np.array([10.0, 1]), np.array([1.0, 0, -2])
    dx, dw, db = F.conv1d_backward(dy[None], x[None], w[None, None])
    by_rotation = np.correlate(np.pad(dy, 1), w[::-1])  # dy padded, the filter inverted
    print(f"x {x}, w {w}, dy {dy}")
    print(f"  dx {dx[0]}, padded dy correlated with inverted w {by_rotation}")
    print(f"  dw {dw[0, 0]}, x correlated with dy {np.correlate(x, dy)}")
    print(f"  db {db}, sum of dy {dy.sum()}")


def main() -> None:
    show_the_vector()
    print("\nrelative errors compared with differences; largest difference of the derivations from the library")
    print(f"{'':12} {'step 1e-5 (the text)':^26} {'step 1 (rounding)':^26} {'pad, rotate':>11}  with zeros")
    print("stride pad   " + "      dx       dw       db" * 2 + "     stride 1  any stride")
    for conv_param in SETTINGS:
        rough = " ".join(f"{e:8.1e}" for e in errors(conv_param, TEXT_STEP))
        fine = " ".join(f"{e:8.1e}" for e in errors(conv_param, 1.0))
        text = f"{distance(backward_of_the_text, conv_param):11.1e}" if conv_param["stride"] == 1 else f"{'-':>11}"
        general = distance(backward_for_any_stride, conv_param)
        print(f"{conv_param['stride']:6} {conv_param['pad']:3}   {rough} {fine}  {text}  {general:10.1e}")


if __name__ == "__main__":
    main()
