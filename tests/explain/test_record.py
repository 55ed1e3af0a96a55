"""A trace's results are the sums over its triples, and those of the layer function; its text is read again."""

import json
from itertools import product

import numpy as np
import pytest

import rot180.functional as F
from rot180.explain import Trace, trace, triples
from tests.explain.settings import CONVOLUTIONS, layers


def sums(t):
    """y, dx, dw and db by the triples alone, as the page makes them."""
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
def test_the_results_are_the_sums_over_the_triples_and_the_layers(op):
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


def _indices(cells, shape):
    return tuple(np.array(cells, int).reshape(-1, len(shape)).T)  # there are layers with no triple at all


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_the_flat_list_is_the_list_written_out(op):
    wide, narrow = ("dy", "x") if "transpose" in op else ("x", "dy")
    for settings in layers(op)[:50]:
        t = trace(op, **settings)
        shapes = {name: a.shape for name, a in t.arrays.items()}
        listed = list(triples(t.window, shapes["x"][0], shapes[wide][1], shapes[narrow][1]))
        columns = {narrow: [y for y, _, _ in listed], wide: [x for _, x, _ in listed], "w": [w for _, _, w in listed]}
        at = {
            name: np.ravel_multi_index(_indices(cells, shapes[name]), shapes[name]) for name, cells in columns.items()
        }
        expected = sorted(zip(at["dy"], at["x"], at["w"], strict=True))
        assert expected == sorted(zip(*(t.triples[name] for name in "yxw"), strict=True)), settings


@pytest.mark.parametrize("op", ["max_pool1d", "max_pool2d", "avg_pool2d"])
def test_a_pools_pairs_are_those_of_its_windows(op):
    for stride, padding, ceil_mode in product((1, 2, 3), (0, 1), (False, True)):
        settings = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode, "images": 2, "channels": 3}
        t = trace(op, kernel_size=3, input=7, **settings)
        plane, y_plane = (int(np.prod(t.arrays[name].shape[2:])) for name in ("x", "y"))
        one = trace(op, kernel_size=3, input=7, **{**settings, "images": 1, "channels": 1}).triples
        expected = [(c * y_plane + y, c * plane + x) for c in range(6) for y, x in zip(one["y"], one["x"], strict=True)]
        assert list(zip(t.triples["y"], t.triples["x"], strict=True)) == expected
        listed = triples(t.window, 1, 1, 1)
        sizes = t.arrays["y"].shape[2:], t.arrays["x"].shape[2:]
        flat = [(np.ravel_multi_index(y[2:], sizes[0]), np.ravel_multi_index(x[2:], sizes[1])) for y, x, _ in listed]
        assert flat == list(zip(one["y"], one["x"], strict=True))


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_triples_are_in_the_order_of_y_then_of_w(op):
    for settings in layers(op)[:40]:
        index = trace(op, **settings).triples
        order = np.lexsort((index["w"], index["y"]))
        assert np.array_equal(order, np.arange(len(order)))


@pytest.mark.parametrize("op", [*CONVOLUTIONS, "max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d"])
def test_a_trace_is_read_again(op):
    t = trace(op, channels=2, images=2, x=None, stride=2)
    data = json.loads(t.to_json())
    assert data["format"] == "rot180.trace" and data["op"] == op
    again = Trace.from_json(t.to_json())
    assert again.to_json() == t.to_json()
    assert all(np.array_equal(again.arrays[name], a) for name, a in t.arrays.items())
