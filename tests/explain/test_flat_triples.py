"""The flat list of triples equals the list that is written out cell by cell."""

from itertools import product

import numpy as np
import pytest

from rot180.explain import trace, triples
from rot180.explain.flat_triples import count_triples
from rot180.window import DENSE
from tests.explain.settings import CONVOLUTIONS, layers


def written_out(window, images, channels, outputs):
    """The triples by nested loops over every cell of y and w, independent of `rot180.explain`."""
    share, group = outputs // window.groups, channels // window.groups
    for n, o, c in product(range(images), range(outputs), range(group)):
        for p, k in product(product(*map(range, window.y_size)), product(*map(range, window.kernel))):
            i = [
                s * q + d * t - b
                for s, q, d, t, b in zip(window.stride, p, window.dilation, k, window.padding, strict=True)
            ]
            if all(0 <= cell < size for cell, size in zip(i, window.x_size, strict=True)):
                yield (n, o, *p), (n, o // share * group + c, *i), (o, c, *k)


def _indices(cells, shape):
    return tuple(np.array(cells, int).reshape(-1, len(shape)).T)  # some layers have no triples


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_the_flat_list_equals_the_list_written_out_cell_by_cell(op):
    wide, narrow = ("dy", "x") if "transpose" in op else ("x", "dy")
    for settings in layers(op):
        t = trace(op, **settings)
        shapes = {name: a.shape for name, a in t.arrays.items()}
        sizes = (t.window, shapes["x"][0], shapes[wide][1], shapes[narrow][1])
        listed = list(written_out(*sizes))
        assert [tuple(one) for one in triples(*sizes)] == sorted(listed, key=lambda one: (one[0], one[2]))
        columns = {narrow: [y for y, _, _ in listed], wide: [x for _, x, _ in listed], "w": [w for _, _, w in listed]}
        at = {
            name: np.ravel_multi_index(_indices(cells, shapes[name]), shapes[name]) for name, cells in columns.items()
        }
        expected = sorted(zip(at["dy"], at["x"], at["w"], strict=True))
        assert expected == sorted(zip(*(t.triples[name] for name in "yxw"), strict=True)), settings


def test_a_linear_layer_has_one_triple_for_each_weight():
    assert list(triples(DENSE, 1, 2, 2)) == [((0, o), (0, c), (o, c)) for o in range(2) for c in range(2)]


@pytest.mark.parametrize("op", ["max_pool1d", "max_pool2d", "avg_pool2d"])
def test_the_pairs_of_a_pool_are_those_of_its_windows(op):
    for stride, padding, ceil_mode in product((1, 2, 3), (0, 1), (False, True)):
        settings = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode, "images": 2, "channels": 3}
        t = trace(op, kernel_size=3, input=7, **settings)
        plane, y_plane = (int(np.prod(t.arrays[name].shape[2:])) for name in ("x", "y"))
        one = trace(op, kernel_size=3, input=7, **{**settings, "images": 1, "channels": 1}).triples
        expected = [(c * y_plane + y, c * plane + x) for c in range(6) for y, x in zip(one["y"], one["x"], strict=True)]
        assert list(zip(t.triples["y"], t.triples["x"], strict=True)) == expected
        listed = written_out(t.window, 1, 1, 1)
        sizes = t.arrays["y"].shape[2:], t.arrays["x"].shape[2:]
        flat = [(np.ravel_multi_index(y[2:], sizes[0]), np.ravel_multi_index(x[2:], sizes[1])) for y, x, _ in listed]
        assert flat == list(zip(one["y"], one["x"], strict=True))


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_triples_are_sorted_by_y_then_by_w(op):
    for settings in layers(op):
        index = trace(op, **settings).triples
        order = np.lexsort((index["w"], index["y"]))
        assert np.array_equal(order, np.arange(len(order)))


@pytest.mark.parametrize("op", [*CONVOLUTIONS, "max_pool1d", "avg_pool2d"])
def test_triples_are_counted_without_being_listed(op):
    for settings in layers(op) if "pool" not in op else [{"channels": 3, "images": 2, "padding": 1, "stride": 1}]:
        t = trace(op, **settings)
        assert count_triples(t.layer, {name: a.shape for name, a in t.inputs.items()}) == len(t.triples["y"])
