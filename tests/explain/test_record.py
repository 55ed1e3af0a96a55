"""The results of a trace equal the sums over its triples and the layer function."""

import json

import numpy as np
import pytest

import rot180.functional as F
from rot180.explain import Trace, trace
from tests.explain.settings import CONVOLUTIONS, layers


def sums(t):
    """y, dx, dw and db computed from the triples alone, as the page does."""
    a, index = t.arrays, t.triples
    results = {name: np.zeros(a[name].size) for name in ("y", "dx", "dw") if name in a}
    x, w, dy = (a[name].ravel() for name in ("x", "w", "dy"))
    np.add.at(results["y"], index["y"], x[index["x"]] * w[index["w"]])
    np.add.at(results["dx"], index["x"], dy[index["y"]] * w[index["w"]])
    np.add.at(results["dw"], index["w"], dy[index["y"]] * x[index["x"]])
    results = {name: values.reshape(a[name].shape) for name, values in results.items()}
    if "b" in a:
        results["y"] = results["y"] + a["b"].reshape(-1, *[1] * (a["y"].ndim - 2))
        results["db"] = a["dy"].sum((0, *range(2, a["dy"].ndim)))
    return results


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_the_results_equal_the_sums_over_the_triples_and_the_layer_function(op):
    for settings in layers(op):
        t = trace(op, **settings)
        for name, values in sums(t).items():
            assert np.array_equal(values, t.arrays[name]), (name, settings)
        given = {k: settings[k] for k in ("stride", "padding", "dilation", "groups", "output_padding") if k in settings}
        y = getattr(F, op)(t.arrays["x"], t.arrays["w"], t.arrays.get("b"), **given)
        dx, dw, db = getattr(F, f"{op}_backward")(t.arrays["dy"], t.arrays["x"], t.arrays["w"], **given)
        for name, values in {"y": y, "dx": dx, "dw": dw}.items():
            assert np.array_equal(values, t.arrays[name]), (name, settings)
        assert not settings["bias"] or np.array_equal(db, t.arrays["db"])


@pytest.mark.parametrize("op", [*CONVOLUTIONS, "max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d"])
def test_a_trace_round_trips_through_json(op):
    t = trace(op, channels=2, images=2, x=None, stride=2)
    data = json.loads(t.to_json())
    assert data["format"] == "rot180.trace" and data["op"] == op
    again = Trace.from_json(t.to_json())
    assert again.to_json() == t.to_json()
    assert all(np.array_equal(again.arrays[name], a) for name, a in t.arrays.items())
