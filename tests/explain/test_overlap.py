"""The products per cell of a transposed layer, and whether they are uneven."""

import numpy as np
import pytest

from rot180.explain import trace
from tests.explain.settings import layers, some_or_all


@some_or_all
@pytest.mark.parametrize("op", ["conv_transpose1d", "conv_transpose2d"])
def test_the_counts_equal_those_of_the_triples(op, count):
    for settings in layers(op, count):
        one = trace(op, **{**settings, "channels": settings["groups"], "outputs": settings["groups"], "images": 1})
        counts = np.bincount(one.triples["y"], minlength=one.arrays["y"].size).reshape(one.arrays["y"].shape)
        assert np.array_equal(np.array(one.as_dict()["overlap"]["counts"]).ravel(), counts[0, 0].ravel())


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "uneven"),
    [
        (4, 2, 1, False), (3, 2, 1, True), (2, 3, 1, True), (3, 3, 2, False), (2, 2, 2, True), (5, 1, 1, False),
    ],
)  # fmt: skip
def test_uneven_counts_are_reported(kernel, stride, dilation, uneven):
    settings = {"input": 8, "kernel_size": kernel, "stride": stride, "dilation": dilation}
    found = trace("conv_transpose1d", **settings).as_dict()["overlap"]
    inside = found["counts"][0][(kernel - 1) * dilation : 8 * stride - stride]  # where border cells are out of reach
    assert found["uneven"] is uneven is (len(set(inside)) > 1)
    assert found["advice"] == ("overlap.uneven" if uneven else "overlap.even")
    assert trace("conv1d").as_dict()["overlap"] is None
