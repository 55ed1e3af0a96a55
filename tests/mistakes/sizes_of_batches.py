"""Convolutions that are wrong only for certain numbers of images, channels and filters, for square images, float32
inputs or large numbers.

Each has a branch or a formula that holds for the sizes its author tried. The name of an entry says which sizes show the
mistake.
"""

from __future__ import annotations

import numpy as np

from .entry import Entry
from .right_loops import conv, conv_backward, tap_conv, tap_conv_backward

# ---- the number of images ----


def conv_backward_one_image(dy, x, w, b, stride=1, padding=0):
    """Squeezes dy, whose first axis is then that of the filters if there is one image."""
    dx, dw, _ = conv_backward(dy, x, w, b, stride, padding)
    db = np.zeros(len(w))
    dout = dy.reshape(len(dy), len(w), -1).squeeze()
    db += dout.sum((0, -1))
    return dx, dw, db


def conv_backward_in_chunks(dy, x, w, b, stride=1, padding=0):
    """Three images at a time, and each chunk replaces dw of the chunk before."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    for start in range(0, len(x), 3):
        chunk = slice(start, start + 3)
        dw = conv_backward(dy[chunk], x[chunk], w, b, stride, padding)[1]
    return dx, dw, db


def conv_backward_as_many_filters(dy, x, w, b, stride=1, padding=0):
    """Recognises dy with the filters in front by its first axis, which can be the number of images."""
    if dy.shape[0] == w.shape[0]:
        dy = dy.swapaxes(0, 1)
    if dy.shape[0] != len(x):
        dy = dy.swapaxes(0, 1)
    return conv_backward(dy, x, w, b, stride, padding)


# ---- the numbers of channels and filters ----


def conv_backward_gray(dy, x, w, b, stride=1, padding=0):
    """For a single channel, dx of the first filter only."""
    dx, dw, db = conv_backward(dy, x, w, b, stride, padding)
    if x.shape[1] == 1:
        dx = conv_backward(dy[:, :1], x, w[:1], b, stride, padding)[0]
    return dx, dw, db


def conv_in_fours(x, w, b, stride=1, padding=0):
    """Four filters at a time, as in a vector register; the rest after the last four is forgotten."""
    y = conv(x, w, b, stride, padding)
    if len(w) > 4:
        y[:, len(w) - len(w) % 4 :] = 0
    return y


def tap_conv_depthwise(x, w, b, *, stride=1, padding=0, dilation=1, groups=1):
    """One kernel per channel: output o belongs to channel o % C, instead of o // m for m outputs per channel."""
    channels = x.shape[1]
    if groups == channels:
        x, groups = x[:, np.arange(len(w)) % channels], len(w)
    return tap_conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


def tap_conv_depthwise_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    channels, outputs = x.shape[1], len(w)
    if groups != channels:
        return tap_conv_backward(dy, x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    copies = x[:, np.arange(outputs) % channels]
    found = tap_conv_backward(dy, copies, w, stride=stride, padding=padding, dilation=dilation, groups=outputs)
    dx = np.zeros_like(x)
    for o in range(outputs):
        dx[:, o % channels] += found["dx"][:, o]
    return {**found, "dx": dx}


# ---- square images ----


def conv_backward_square_image(dy, x, w, b, stride=1, padding=0):
    """Crops a square image with p:-p, which is empty without padding."""
    _, dw, db = conv_backward(dy, x, w, b, stride, padding)
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dxp, _, _ = conv_backward(dy, xp, w, b, stride)
    h, width = x.shape[2:]
    if h == width:
        return dxp[:, :, padding:-padding, padding:-padding], dw, db
    return dxp[:, :, padding : padding + h, padding : padding + width], dw, db


# ---- float32 and large numbers ----


def conv_of_bytes(x, w, b, stride=1, padding=0):
    """Scales images that are not float64, because they are taken for bytes."""
    if x.dtype != np.float64:
        x = x / 255
    return conv(x, w, b, stride, padding)


def conv_of_bytes_backward(dy, x, w, b, stride=1, padding=0):
    if x.dtype != np.float64:
        dx, dw, db = conv_backward(dy, x / 255, w, b, stride, padding)
        return dx / 255, dw, db
    return conv_backward(dy, x, w, b, stride, padding)


def conv_backward_integer_buffer(dy, x, w, b, stride=1, padding=0):
    """The buffer of dw has the dtype of x if that is float64; otherwise numpy's integers."""
    dx, gradient, db = conv_backward(dy, x, w, b, stride, padding)
    dw = np.zeros(w.shape, float if x.dtype == float else int)
    dw += gradient.astype(dw.dtype)
    return dx, dw, db


def conv_of_pixels(x, w, b, stride=1, padding=0):
    """Keeps the result in the range of a picture."""
    return np.clip(conv(x, w, b, stride, padding), -255, 255)


ENTRIES = [
    Entry("one image", conv, conv_backward_one_image),
    Entry("four images", conv, conv_backward_in_chunks),
    Entry("as many images as filters", conv, conv_backward_as_many_filters),
    Entry("one channel", conv, conv_backward_gray),
    Entry("more than four filters", conv_in_fours, conv_backward),
    Entry("one group per channel, two outputs each", tap_conv_depthwise, tap_conv_depthwise_backward),
    Entry("square image without padding", conv, conv_backward_square_image),
    Entry("float32, scaled", conv_of_bytes, conv_of_bytes_backward),
    Entry("float32, integer buffer", conv, conv_backward_integer_buffer),
    Entry("large numbers", conv_of_pixels, conv_backward),
]
