"""The size formulas, in words and in numbers, give the size of the layer."""

import math
from itertools import product

import pytest

from rot180.explain import trace
from tests.explain.settings import CONVOLUTIONS, layers

POOLS = [
    {"input": (n, 7), "kernel_size": k, "stride": s, "padding": p, "ceil_mode": c}
    for n, k, s, p, c in product((4, 5, 6), (2, 3), (1, 2, 3, 4), (0, 1), (False, True))
]


def value(text, names):
    """The value of a formula."""
    return eval(text, {"floor": math.floor, "ceil": math.ceil, **names})


@pytest.mark.parametrize("op", [*CONVOLUTIONS, "max_pool2d", "avg_pool2d"])
def test_words_and_numbers_give_the_size(op):
    reduced = 0
    for settings in POOLS if "pool" in op else layers(op):
        t = trace(op, **settings)
        for axis, found in enumerate(t.as_dict()["shape"]):
            size = t.layer.y_size[axis]
            formula, said = found["numbers"].rsplit(" = ", 1)
            assert int(said) == size == value(formula, {}), (settings, found)
            (p1, p2), w = t.layer.pads[axis], t.window
            names = {"input": t.layer.x_size[axis], "kernel": w.kernel[axis], "stride": w.stride[axis]}
            names |= {"dilation": w.dilation[axis], "padding": p1, "padding_before": p1, "padding_after": p2}
            names["output_padding"] = t.layer.output_padding[axis]
            result, formula = found["formula"].split(" = ", 1)
            assert value(formula, names) == size and result == "output"
            assert found["axis"] == "pq"[axis + 2 - t.window.ndim]
            if "transpose" not in op:
                assert size in (math.floor(found["exact"]), math.ceil(found["exact"]))
            reduced += " + 1 - 1" in formula
    assert bool(reduced) is ("pool" in op)


def test_cells_that_no_window_covers():
    unused = [trace("conv1d", input=n, kernel_size=3, stride=3).as_dict()["shape"][0]["unused"] for n in (6, 7, 8, 9)]
    assert unused == [0, 1, 2, 0]
    assert trace("conv1d", input=8, kernel_size=3, stride=3).as_dict()["shape"][0]["exact"] == 5 / 3 + 1
    extra = trace("conv_transpose1d", input=3, kernel_size=1, stride=3, output_padding=2).as_dict()["shape"][0]
    assert extra["unused"] == 2
