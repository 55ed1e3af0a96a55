"""`check.layer` itself: output and warnings."""

import json
import warnings

import numpy as np
import pytest

from rot180.check import layer
from rot180.check.rendering.page import page
from rot180.errors import GradientError, Rot180Error


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("wrong", [0, 1, 2, 3])
def test_infinite_results_cause_no_warnings(value, wrong):
    def forward(x, w, b):
        y = x @ w.T + b
        return y * value if wrong == 0 else y

    def backward(dy, x, w, b):
        found = [dy @ w, dy.T @ x, dy.sum(0)]
        return [g * value if wrong == place else g for place, g in enumerate(found, 1)]

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not layer(forward, backward, "linear").ok
    assert not caught, [str(w.message) for w in caught]


def test_a_forward_that_is_not_filled_in_is_not_blamed_for_its_layout():
    def conv_forward_naive(x, w, b, conv_param):
        out = None
        return out, (x, w, b)

    with pytest.raises(GradientError, match=r"^check\.layer: conv_forward_naive returned None; is it finished"):
        layer(conv_forward_naive, lambda dout, cache: (None, None, None), op="conv2d")


class Unreadable:
    """An object whose conversion to an array raises."""

    def __array__(self, *given, **named):
        raise RuntimeError("no array")


JUNK = {
    "None": lambda a: None,
    "a text": lambda a: "text",
    "bytes": lambda a: b"text",
    "a number": lambda a: 10**400,
    "booleans": lambda a: a > 0,
    "complex numbers": lambda a: a * 1j,
    "objects": lambda a: a.astype(object),
    "texts": lambda a: a.astype(str),
    "records": lambda a: np.array([(1, 2.0)], "i4,f4"),
    "dates": lambda a: np.datetime64("2020"),
    "half precision": lambda a: a.astype(np.float16),
    "NaN": lambda a: a * np.nan,
    "large numbers": lambda a: a * 1e308,
    "one axis more": lambda a: a[..., None],
    "one axis": lambda a: a.ravel(),
    "nothing": lambda a: a[:0],
    "rows of different lengths": lambda a: [[1], [1, 2]],
    "no values": lambda a: (),
    "a dict": lambda a: {"a": a},
    "a dict with numbers": lambda a: {1: 2},
    "a set": lambda a: {1, 2},
    "a function": lambda a: lambda: a,
    "a type": lambda a: Unreadable,
    "an unreadable object": lambda a: Unreadable(),
    "a generator": lambda a: (row for row in a),
    "a range": lambda a: range(3),
}


@pytest.mark.parametrize("place", ["y", "y and a cache", "dx", "dw", "all gradients"])
@pytest.mark.parametrize("junk", JUNK)
def test_no_result_of_any_type_ends_the_checker(junk, place):
    """There is a report, or an error of our own that says what came."""

    def spoil(array, *places):
        return JUNK[junk](array) if place in places else array

    def forward(x, w, b):
        y = spoil(x @ w.T + b, "y", "y and a cache")
        return (y, x) if place == "y and a cache" else y

    def backward(dy, x, w, b):
        gradients = spoil(dy @ w, "dx"), spoil(dy.T @ x, "dw"), dy.sum(0)
        return JUNK[junk](dy @ w) if place == "all gradients" else gradients

    try:
        report = layer(forward, backward, "linear")
    except Rot180Error as error:
        assert str(error).isprintable()
    else:
        assert report.render() and json.dumps(report.as_dict()) and page(report)


def test_a_result_whose_shape_depends_on_the_numbers():
    def forward(x):
        return np.maximum(x, 0) if (x == np.round(x)).all() else np.zeros(3)

    assert layer(forward, lambda dy, x: dy * (x > 0), "relu") is not None


def test_the_name_of_a_function_is_escaped_in_the_report():
    def backward(dy, x):
        return dy * (x > 0)

    backward.__name__ = "right\n\x1b[2J"
    assert layer(lambda x: np.maximum(x, 0), backward, "relu").title.startswith("right\\n\\x1b[2J as relu")
