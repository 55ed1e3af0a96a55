"""The copied code computes the numbers that the page shows."""

import numpy as np
import pytest

from rot180.explain import trace
from rot180.explain.code import fill
from tests.explain.settings import CONVOLUTIONS, layers

POOLS = [
    ("max_pool2d", {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("max_pool1d", {"kernel_size": 2, "dilation": 2, "input": 7}),
    ("avg_pool2d", {"kernel_size": (2, 3), "ceil_mode": True, "count_include_pad": False, "padding": 1}),
    ("avg_pool1d", {}),
]
TRACES = [(op, settings) for op in CONVOLUTIONS for settings in layers(op)[:25]] + POOLS


def results_of(lines):
    names = {}
    exec(lines, names)
    return {name: names[name] for name in ("y", "dx", "dw", "db") if name in names}


def agree(t, lines):
    found = results_of(fill(lines, t.inputs))
    assert {"y", "dx"} <= set(found)
    for name, values in found.items():
        if name in t.arrays:
            values = values.detach() if hasattr(values, "detach") else values
            assert np.allclose(np.asarray(values), t.arrays[name], rtol=1e-14, atol=0), (name, t.request.as_dict())


def test_rot180_code_gives_the_numbers_of_the_trace():
    for op, settings in TRACES:
        t = trace(op, **settings)
        agree(t, t.as_dict()["code"]["rot180"])


@pytest.mark.peers
def test_pytorch_code_gives_the_numbers_of_the_trace():
    pytest.importorskip("torch")
    for op, settings in TRACES:
        t = trace(op, **settings)
        agree(t, t.as_dict()["code"]["pytorch"])


def test_default_settings_are_left_out_of_the_code():
    lines = trace("conv2d", input=2, kernel_size=1, w=[[2]], x=[[1, 2], [3, 4]])
    lines = fill(lines.as_dict()["code"]["rot180"], lines.inputs)
    assert "w = np.array([[[[2]]]], dtype=np.float64)" in lines and "y = F.conv2d(x, w)\n" in lines
    lines = trace("conv2d", stride=(2, 1), padding=((1, 0), (0, 0))).as_dict()["code"]
    assert "F.conv2d(x, w, stride=(2, 1), padding=((1, 0), (0, 0)))" in lines["rot180"]
    assert "padded = F.pad(x, (0, 0, 1, 0))" in lines["pytorch"]
