"""Step-by-step views: evaluating the steps gives the result, for every setting."""

import numpy as np
import pytest

from rot180.explain import trace
from rot180.explain.views import values
from tests.explain.settings import CONVOLUTIONS, layers, some_or_all


def correlate(image, kernel):
    """A correlation at stride 1, by its definition."""
    rows, columns = (a - b + 1 for a, b in zip(image.shape, kernel.shape, strict=True))
    out = np.zeros((rows, columns))
    for p in range(rows):
        for q in range(columns):
            out[p, q] = (image[p : p + kernel.shape[0], q : q + kernel.shape[1]] * kernel).sum()
    return out


def plane(t, array, n, c, o):
    """One plane of x, dy or w, by the layer's sample and channel numbers."""
    a = t.arrays[array]
    if array == "w":
        share = a.shape[1]
        return a[c, o % share] if t.layer.operation.transposed else a[o, c % share]
    return a[n, {"x": c, "dy": o}[array]]


def result_of_view(t, result):
    """The complete array `result`, computed by the steps of its view."""
    view, groups = t.views[result], t.window.groups
    steps = view["steps"]
    image, kernel = steps[view["image"]], steps[view["kernel"]]
    kept = next(np.array(step["cells"]) for step in steps if step["kind"] == "correlate")
    (images, channels), outputs = t.arrays["x"].shape[:2], t.arrays["dy"].shape[1]
    total = np.zeros_like(t.arrays[result])
    for n in range(images):
        for c in range(channels):
            for o in range(outputs):
                if c // (channels // groups) != o // (outputs // groups):
                    continue
                grids = [values(step["cells"], plane(t, step["array"], n, c, o)) for step in (image, kernel)]
                whole = correlate(*grids)
                assert whole.shape == kept.shape
                assert whole.shape == tuple(steps[-1]["shape"]) or -5 in kept
                part = np.zeros(total.shape[2:])
                part.ravel()[kept[kept >= 0]] = whole[kept >= 0]
                if result == "dw":
                    at = (c, o % total.shape[1]) if t.layer.operation.transposed else (o, c % total.shape[1])
                else:
                    at = (n, o) if result == "y" else (n, c)
                total[at] += part
    last = np.array(steps[-1]["cells"])
    assert np.array_equal(last.ravel(), np.arange(total[0, 0].size)) and last.shape == part.reshape(last.shape).shape
    if result == "y" and "b" in t.arrays:
        total += t.arrays["b"].reshape(-1, *[1] * (total.ndim - 2))
    return total


@some_or_all
@pytest.mark.parametrize("result", ["y", "dx", "dw"])
@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_the_steps_of_a_view_give_the_result(op, result, count):
    kinds = set()
    for settings in layers(op, count):
        t = trace(op, **settings)
        assert np.array_equal(result_of_view(t, result), t.arrays[result]), settings
        kinds |= {step["kind"] for step in t.views[result]["steps"]}
        last = [step["kind"] for step in t.views[result]["steps"]][-1]
        assert (last == "bias") == (result == "y" and "b" in t.arrays)
    expected = {"start", "correlate", "sum"} | ({"bias"} if result == "y" else set())
    if result == "dw":
        expected |= {"pad", "stuff", "keep"}
    else:
        scatters = (result == "y") == ("transpose" in op)
        expected |= {"stuff", "pad", "crop", "rotate", "dilate"} if scatters else {"pad", "dilate", "keep"}
    assert kinds == expected


def kinds(view, operand):
    return [step["kind"] for step in view["steps"] if step["operand"] == operand]


def test_the_steps_of_a_strided_layer():
    view = trace("conv2d", input=5, kernel_size=3, stride=2, padding=1).views["dx"]
    assert kinds(view, "image") == ["start", "stuff", "pad"] and kinds(view, "kernel") == ["start", "rotate"]
    steps = view["steps"]
    assert steps[1]["cells"][0] == [0, -1, 1, -1, 2] and steps[1]["cells"][1] == [-1] * 5
    assert steps[2]["cells"][0] == [-2] * 7 and steps[2]["cells"][1] == [-2, 0, -1, 1, -1, 2, -2]
    assert steps[view["kernel"]]["cells"] == [[8, 7, 6], [5, 4, 3], [2, 1, 0]]
    assert steps[-1]["kind"] == "correlate" and steps[-1]["shape"] == [5, 5]


def test_a_part_of_a_layer_ends_with_the_contributions_of_the_rest_and_the_bias():
    views = trace("conv2d", input=20, channels=16, outputs=16, bias=True).views
    assert [step["kind"] for step in views["y"]["steps"]][-3:] == ["sum", "rest", "bias"]
    assert [step["kind"] for step in views["dx"]["steps"]][-1] == "rest"
    assert [step["kind"] for step in views["dw"]["steps"]][-1] == "correlate"  # one sample: nothing to add
    small = trace("conv2d", bias=True).views
    assert [step["kind"] for step in small["y"]["steps"]] == ["start", "start", "correlate", "bias"]
    assert "bias" not in {step["kind"] for name in ("dx", "dw") for step in small[name]["steps"]}


def test_zeros_are_marked_with_their_purpose():
    t = trace("conv_transpose1d", input=2, kernel_size=2, stride=3, output_padding=1, dilation=2)
    steps = t.views["y"]["steps"]
    assert steps[t.views["y"]["image"]]["cells"] == [[-2, -2, 0, -1, -1, 1, -2, -2, -3]]
    assert steps[t.views["y"]["kernel"]]["cells"] == [[1, -4, 0]]
    unreached = trace("conv1d", input=6, kernel_size=3, stride=2).views["dx"]
    assert unreached["steps"][unreached["image"]]["cells"] == [[-2, -2, 0, -1, 1, -2, -2, -3]]


def test_padding_larger_than_the_kernel_crops():
    view = trace("conv_transpose1d", input=4, kernel_size=2, padding=2).views["y"]
    assert kinds(view, "image") == ["start", "crop"]
    assert view["steps"][1]["cells"] == [[1, 2]]


def test_positions_that_the_stride_skips_are_not_kept():
    view = trace("conv1d", input=6, kernel_size=2, stride=2).views["y"]
    assert view["steps"][-2]["cells"] == [[0, -5, 1, -5, 2]] and view["steps"][-1]["kind"] == "keep"
    assert trace("conv1d", channels=2).views["y"]["steps"][-1]["over"] == "c"
    assert trace("conv1d", outputs=2).views["dx"]["steps"][-1]["over"] == "o"
    assert trace("conv1d", images=2).views["dw"]["steps"][-1]["over"] == "n"
    assert trace("max_pool2d").views == {}
