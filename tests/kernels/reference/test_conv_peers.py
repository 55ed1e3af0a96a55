"""The contractions equal PyTorch on the settings of the loop oracle."""

import numpy as np
import pytest

from tests.kernels.engines import on_numpy
from tests.kernels.settings import SETTINGS

pytestmark = pytest.mark.peers


def peer(x, w, y, window):
    """Return y, x and w from torch's convolution and its backward, on x padded or cropped to the span of y."""
    import torch
    import torch.nn.functional as F

    x, w, y = (torch.tensor(a, requires_grad=True) for a in (x, w, y))
    if not window.ndim:
        blocks = zip(x.chunk(window.groups, 1), w.chunk(window.groups, 0), strict=True)
        found = torch.cat([F.linear(a, b) for a, b in blocks], 1)
    else:
        pads = []
        axes = zip(window.x_size, window.spans, window.padding, strict=True)
        for size, span, before in reversed(list(axes)):
            pads += [before, span - size - before]  # a negative number crops
        wide = F.pad(x, pads)
        op = (F.conv1d, F.conv2d, F.conv3d)[window.ndim - 1]
        found = op(wide, w, None, window.stride, 0, window.dilation, window.groups)
    gx, gw = torch.autograd.grad(found, (x, w), y)
    return found.detach().numpy(), gx.numpy(), gw.numpy()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_contractions_equal_those_of_torch(dtype):
    compared = 0
    for number, setting in enumerate(SETTINGS):
        x, w, y = (a.astype(dtype) for a in setting.integers(number))
        expected = peer(x, w, y, setting.window)
        found = (
            on_numpy.conv_y(x, w, setting.window),
            on_numpy.conv_x(y, w, setting.window),
            on_numpy.conv_w(x, y, setting.window),
        )
        for kernel, a, b in zip("yxw", found, expected, strict=True):
            assert a.shape == b.shape and np.array_equal(a, b), (kernel, setting)
        compared += 1
    assert compared >= 300
