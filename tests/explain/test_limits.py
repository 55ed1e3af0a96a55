"""Large layers: the selection that is shown, the rest that is not, and the limits."""

import numpy as np
import pytest

from rot180.explain import ExplainError, trace
from tests.explain.test_record import sums

LARGE = {"input": (20, 21), "kernel_size": 3, "padding": 1, "stride": 2, "channels": 6, "outputs": 4, "images": 2}


def selected_results(t, settings, op):
    """The results of the complete layer at the selected samples and channels."""
    import rot180.functional as F
    from rot180.explain.values import draw

    request = t.request
    a = {name: draw("integers", request.seed, name, shape) for name, shape in request.shapes().items()}
    given = {k: v for k, v in settings.items() if k in ("stride", "padding", "dilation", "groups", "output_padding")}
    y = getattr(F, op)(a["x"], a["w"], a.get("b"), **given)
    dx, dw, db = getattr(F, f"{op}_backward")(a["dy"], a["x"], a["w"], **given)
    n, c, o = (np.array(t.selection[name]) for name in "nco")
    share = a["w"].shape[1]
    at = np.ix_(c, o % share) if "transpose" in op else np.ix_(o, c % share)
    return {"y": y[np.ix_(n, o)], "dx": dx[np.ix_(n, c)], "dw": dw[at], "db": db[o]}


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d"])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("selection", [None, {"o": 3}, {"c": 5}, {"o": [2, 3], "c": [4], "n": 1}, {"n": [0, 1]}])
def test_a_part_has_the_numbers_of_the_complete_layer(op, groups, selection):
    settings = {**LARGE, "groups": groups, "bias": True}
    if op == "conv_transpose2d":
        settings["input"] = (10, 11)
    t = trace(op, **settings, selection=selection)
    assert t.window.groups == 1 and t.rest is not None
    for name, values in selected_results(t, settings, op).items():
        assert np.array_equal(values, t.arrays[name]), name
    for name, values in sums(t).items():
        assert np.array_equal(values + t.rest[name], t.arrays[name]), name
    for name, numbers in (selection or {}).items():
        assert t.selection[name] == ([numbers] if isinstance(numbers, int) else numbers)
    assert t.to_json() == type(t).from_json(t.to_json()).to_json()


def test_a_large_layer_shows_one_output_channel_and_the_input_channels_that_fit():
    assert trace("conv2d", input=20, channels=2, outputs=2).rest is None
    t = trace("conv2d", input=28, kernel_size=3, padding=1, channels=3, outputs=8)
    assert t.selection == {"n": [0], "c": [0, 1], "o": [0]} and t.rest is not None
    assert trace("conv2d", **LARGE).selection == {"n": [0], "c": [0, 1, 2, 3, 4], "o": [0]}
    pool = trace("max_pool2d", input=28, channels=16, images=2)
    assert pool.selection["c"] == pool.selection["o"] == [0, 1] and pool.rest == {}
    one = trace("conv2d", input=70, kernel_size=6)  # over 100,000 triples, under 250,000
    assert len(one.triples["y"]) == 65 * 65 * 36 and one.rest is None


@pytest.mark.parametrize(
    ("op", "settings", "message"),
    [
        ("conv2d", {"input": 60, "kernel_size": 11}, "conv2d: 302,500 products of 12,442 cells are too many"),
        (
            "conv2d",
            {"input": 120, "kernel_size": 1},
            "cells are too many to show; the limits are 250,000 and 25,000",
        ),
        ("conv2d", {"input": 1025}, "input must be 1 to 1024 per axis; got .1025, 1025."),
        ("conv1d", {"input": 5, "padding": 10**12}, "y has 2,000,000,000,003 cells on an axis"),
        (
            "conv2d",
            {"input": 2, "kernel_size": 2, "padding": 600, "dilation": 1201},
            "a window has 1,202 cells on an axis; at most 1024 can be shown",
        ),
        (
            "conv2d",
            {"input": 2, "kernel_size": 1, "padding": 500, "stride": 1000},
            "a padded plane has 4,012,009 cells",
        ),
        ("conv_transpose1d", {"input": 4, "stride": 10**9}, "y has 3,000,000,003 cells on an axis"),
        ("conv2d", {"input": 100, "channels": 1024}, "even to show a part"),
        ("conv2d", {"channels": 1025}, "channels must be at most 1024; got 1025"),
        ("conv2d", {"selection": {"o": 1}}, r"selection\['o'\] is \[1\]; the layer has indices 0 to 0"),
        ("conv2d", {"groups": 2, "channels": 2, "outputs": 2, "selection": {"c": 0, "o": 1}}, "of different groups"),
    ],
)
def test_a_layer_that_is_too_large_is_refused(op, settings, message):
    with pytest.raises(ExplainError, match=message):
        trace(op, **settings)
