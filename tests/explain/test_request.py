"""Requests for a trace: arrays, sizes, the forms of settings, and every error."""

import numpy as np
import pytest

import rot180
from rot180.errors import ShapeError
from rot180.explain import ExplainError, trace
from rot180.explain.request import request_from_page
from rot180.explain.tracing import build


def _trace_from_page(request):
    return build(request_from_page(request))


def test_arrays_of_the_user():
    x, w = np.arange(12.0).reshape(3, 4), [[1, 2], [3, 4]]
    t = trace("conv2d", x=x, w=w, b=[5], dy=np.ones((2, 3)))
    assert t.arrays["y"].tolist() == [[[[39, 49, 59], [79, 89, 99]]]] and t.arrays["db"].tolist() == [6]
    assert t.request.as_dict()["user_arrays"] == ["b", "dy", "w", "x"] and t.request.bias
    t = trace("conv_transpose1d", x=rot180.tensor(np.ones((2, 3, 4))), w=np.ones((3, 1, 2)), groups=3)
    assert t.arrays["y"].shape == (2, 3, 5) and t.request.outputs == 3
    assert trace("conv2d", w=np.ones((4, 3, 2, 2))).arrays["x"].shape == (1, 3, 5, 5)


def test_settings_take_the_forms_of_pytorch():
    assert trace("conv-transpose2d", stride=[2, 1], padding=1).window.stride == (2, 1)
    assert trace("conv1d", padding="same", kernel_size=np.int64(4)).layer.pads == ((1, 2),)
    assert trace("max_pool2d", kernel_size=3).window.stride == (3, 3)
    assert trace("avg_pool2d", padding=1, count_include_pad=False).arrays["divisor"][0, 0, 0, 0] == 1
    assert trace("conv2d", groups=3).arrays["w"].shape == (3, 1, 3, 3)


def test_a_request_from_a_page_may_contain_settings_of_other_operations():
    asked = {
        "op": "conv_transpose1d",
        "input": [4],
        "kernel": [3],
        "stride": [2],
        "padding": [[1, 0]],
        "user_arrays": ["x"],
    }
    t = _trace_from_page({**asked, "ceil_mode": True, "arrays": {"x": [1, 2, 3, 4]}, "file": "html"})
    assert t.arrays["x"].tolist() == [[[1, 2, 3, 4]]] and t.window.kernel == (3,) and t.layer.pads == ((1, 0),)
    again = _trace_from_page(t.as_dict()["request"])
    assert again.window == t.window and not again.request.user_arrays
    assert _trace_from_page({"op": "max_pool2d", "bias": True, "groups": 2, "padding": [[1, 1], [0, 0]]}).layer.pads[
        0
    ] == (
        1,
        1,
    )
    same = _trace_from_page(trace("conv_transpose1d", padding="same", stride=2, kernel_size=1).as_dict()["request"])
    assert same.arrays["y"].shape == (1, 1, 10)


@pytest.mark.parametrize(
    ("op", "settings", "error", "message"),
    [
        ("conv3d", {}, ExplainError, "unknown operation 'conv3d'.*The operations are conv1d"),
        (["conv2d"], {}, ExplainError, "unknown operation"),
        (
            "conv2d",
            {"kernel_size": 7},
            ShapeError,
            "conv2d: the kernel is 7 on spatial axis 0, but the input has only 5",
        ),
        ("conv2d", {"outputs": 3, "channels": 2, "groups": 2}, ShapeError, "groups=2 must divide them"),
        (
            "conv_transpose1d",
            {"output_padding": 1},
            ShapeError,
            "conv_transpose1d: output_padding is 1 on spatial axis 0",
        ),
        (
            "conv_transpose1d",
            {"channels": 2, "outputs": 3, "groups": 2},
            ExplainError,
            "outputs=3 is not a multiple of groups=2",
        ),
        ("max_pool2d", {"padding": 2}, ShapeError, "padding 2 is more than half of the kernel"),
        ("max_pool2d", {"padding": ((1, 0), (0, 0))}, ShapeError, "padding must be an int or 2 ints"),
        (
            "max_pool2d",
            {"w": [[1]]},
            ExplainError,
            "max_pool2d has no setting w; its settings are stride, padding, dilation, ceil_mode",
        ),
        ("avg_pool2d", {"dilation": 2}, ExplainError, "avg_pool2d has no setting dilation"),
        (
            "max_pool2d",
            {"channels": 2, "outputs": 3},
            ExplainError,
            "outputs=3, but pooling keeps the number of channels, 2",
        ),
        ("conv2d", {"stride": 1.5}, ShapeError, "stride must be an int or 2 ints"),
        ("conv2d", {"groups": True}, ShapeError, "conv2d: groups must be an int of at least 1; got True"),
        ("conv2d", {"groups": 10**40}, ExplainError, "groups must be at most 1024"),
        ("conv1d", {"stride": 10**40}, ExplainError, "the stride has 10,000,.* cells on an axis; at most 1024"),
        (
            "avg_pool1d",
            {"count_include_pad": 1e308},
            ExplainError,
            "count_include_pad must be True or False; got 1e.308",
        ),
        ("conv1d", {"bias": "no"}, ExplainError, "bias must be True or False; got 'no'"),
        ("conv2d", {"input": "five"}, ShapeError, "input must be an int or 2 ints"),
        (
            "conv2d",
            {"x": [[1, 2], [3]]},
            ExplainError,
            "x must be an array, or nested lists of equal length, of numbers",
        ),
        ("conv2d", {"x": [1, 2]}, ExplainError, r"x has shape \(2,\); 4 dimensions are needed"),
        ("conv2d", {"x": [[np.nan] * 3] * 3}, ExplainError, "x has NaN or infinite values"),
        ("conv2d", {"channels": 3, "groups": 2}, ExplainError, "channels=3 is not a multiple of groups=2"),
        (
            "conv2d",
            {"w": [[-1e101] * 3] * 3},
            ExplainError,
            r"w has values up to 1e\+101; at most 1e\+100 can be shown; scale it down",
        ),
        ("conv2d", {"x": np.zeros((3, 0))}, ExplainError, r"x has shape \(1, 1, 3, 0\); 1 to 1024 cells"),
        ("conv2d", {"x": np.zeros((3, 3)), "input": 4}, ExplainError, r"but input=\(4, 4\); leave one of them out"),
        ("conv2d", {"x": np.zeros((3, 3)), "images": 2}, ExplainError, "but images=2; leave images out"),
        ("conv2d", {"w": np.zeros((3, 3)), "kernel_size": 4}, ExplainError, "leave one of them out"),
        ("conv2d", {"w": np.zeros((3, 3)), "outputs": 4}, ExplainError, r"w has shape \(1, 1, 3, 3\), but outputs=4"),
        ("conv2d", {"dy": np.zeros((4, 3))}, ShapeError, r"dy has shape \(1, 1, 4, 3\); \(1, 1, 3, 3\) is needed"),
        ("conv2d", {"b": [[1]]}, ExplainError, r"b has shape \(1, 1\); 1 dimensions"),
        ("conv2d", {"b": [1, 2]}, ShapeError, r"bias has shape \(2,\); \(1,\) is needed"),
        ("conv2d", {"values": "primes"}, ExplainError, "values must be one of integers, random, impulse; got 'primes'"),
        ("conv2d", {"seed": -1}, ExplainError, r"seed must be an int from 0 to 2\*\*53 - 1; got -1"),
        ("conv2d", {"selection": [1]}, ExplainError, "selection must be a dict with the keys n, c or o; got .1."),
        ("conv2d", {"selection": {"c": ["1"]}}, ExplainError, "must be a list of ints"),
    ],
)
def test_invalid_settings_raise_an_error(op, settings, error, message):
    with pytest.raises(error, match=message):
        trace(op, **settings)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (None, "a request must be a JSON object; got NoneType"),
        ([], "a request must be a JSON object; got list"),
        ({}, "unknown operation None"),
        ({"op": "conv2d", "arrays": [1]}, "arrays must be a JSON object with x, w, b, dy"),
        ({"op": "conv2d", "arrays": {"y": [1]}}, "arrays must be a JSON object with x, w, b, dy"),
        ({"op": "conv2d", "sride": 2}, "unknown setting 'sride': did you mean 'stride'. The settings are input"),
    ],
)
def test_invalid_requests_from_a_page_raise_an_error(request_, message):
    with pytest.raises(ExplainError, match=message):
        _trace_from_page(request_)
