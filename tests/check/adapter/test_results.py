"""What functions return to check.layer: gradients in lists, under names of their own, or in rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from rot180.check import layer
from rot180.check.adapter.signature import CallingError
from tests.mistakes.right_loops import conv, conv_backward


def plain(x, w, b):
    return conv(x, w, b)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_backward(dy, y):
    return y * (dy - (y * dy).sum(-1, keepdims=True))


def half_squares(x, t):
    return 0.5 * ((x - t) ** 2).sum()


# ---- one gradient in rows of numbers ----


@pytest.mark.parametrize(
    "form",
    [
        lambda dx: dx.tolist(), list, lambda dx: [list(row) for row in dx], lambda dx: tuple(map(tuple, dx.tolist())),
        lambda dx: (dx,), lambda dx: [dx], lambda dx: [dx.tolist()], lambda dx: (dx, None), lambda dx: [dx, None],
    ],
)  # fmt: skip
def test_one_gradient_may_come_in_rows(form):
    report = layer(softmax, lambda dy, y: form(softmax_backward(dy, y)), "softmax")
    assert report.ok, report.render()
    report = layer(half_squares, lambda x, t: (x - t).tolist(), "half_squared_error")
    assert report.ok, report.render()


def test_a_fault_in_rows_of_numbers_is_found():
    report = layer(half_squares, lambda x, t: (t - x).tolist(), "half_squared_error")
    assert [(d.slug, d.argument) for d in report.diagnoses] == [("sign-inverted", "dx")], report.render()
    report = layer(half_squares, lambda x, t: (x - t)[:1].tolist(), "half_squared_error")
    assert not report.ok


# ---- gradients by names ----


def in_names(*names):
    return lambda dy, x, w, b: dict(zip(names, conv_backward(dy, x, w, b), strict=True))


@pytest.mark.parametrize(
    "names",
    [
        ("dx", "dw", "db"), ("dX", "dW", "dB"), ("grad_x", "grad_w", "grad_b"), ("input", "weight", "bias"),
        ("dinput", "dweight", "dbias"), ("d_input", "d_kernel", "d_bias"), ("x_grad", "w_grad", "b_grad"),
        ("gradX", "gradW", "gradB"), ("dA_prev", "dW", "db"), ("x", "w", "b"), ("dinputs", "dfilters", "dbiases"),
        ("grad_input", "grad_weight", "grad_bias"), ("data", "filter", "bias"), ("dIn_", "dW", "db"),
    ],
)  # fmt: skip
def test_gradients_by_names(names):
    report = layer(plain, in_names(*names))
    assert report.ok, report.render()


def test_names_that_do_not_say_which_gradient_it_is_are_asked_for():
    with pytest.raises(CallingError, match="'second', 'third'; which of them is dx and which dw and which db"):
        layer(plain, in_names("first", "second", "third"))


def test_a_gradient_that_is_missing_among_names_is_missing():
    report = layer(plain, lambda dy, x, w, b: dict(zip(("dx", "dw"), conv_backward(dy, x, w, b)[:2], strict=True)))
    assert [(d.slug, d.argument) for d in report.unexplained] == [("unknown", "db")], report.render()


@dataclass
class Gradients:
    x: np.ndarray
    weight: np.ndarray
    db: np.ndarray


def test_gradients_in_a_dataclass_and_from_a_generator():
    report = layer(plain, lambda dy, x, w, b: Gradients(*conv_backward(dy, x, w, b)))
    assert report.ok, report.render()
    report = layer(softmax, lambda dy, y: {"gradient": softmax_backward(dy, y)}, "softmax")
    assert report.ok, report.render()
    report = layer(plain, lambda dy, x, w, b: (g for g in conv_backward(dy, x, w, b)))
    assert report.ok, report.render()


# ---- the result and the cache ----


@pytest.mark.parametrize(
    "form",
    [
        lambda y, x, w, b: [y, (x, w, b)], lambda y, x, w, b: [y.tolist(), (x, w, b)],
        lambda y, x, w, b: {"y": y, "cache": (x, w, b)}, lambda y, x, w, b: {"out": y, "ctx": [x, w, b]},
        lambda y, x, w, b: (y, x, w, b), lambda y, x, w, b: [y, x, w, b],
    ],
)  # fmt: skip
def test_a_result_beside_a_cache(form):
    report = layer(lambda x, w, b: form(conv(x, w, b), x, w, b), lambda dy, cache: conv_backward(dy, *cache))
    assert report.ok, report.render()


def test_a_result_in_rows_and_a_loss_beside_its_gradient():
    report = layer(lambda x, w, b: list(conv(x, w, b)), lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()
    report = layer(lambda x, t: [half_squares(x, t), x - t], op="half_squared_error")
    assert report.ok, report.render()
    report = layer(lambda x, t: [0.5 * ((a - b) ** 2).sum() for a, b in zip(x, t, strict=True)], lambda x, t: x - t,
                   "half_squared_error")  # fmt: skip
    assert not report.ok
    report = layer(lambda x, w, b: {"y": conv(x, w, b)}, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()


@pytest.mark.parametrize("names", ["first second", "y z_1", "y out"])
def test_a_result_that_the_names_of_a_dict_do_not_say_is_asked_for(names):
    with pytest.raises(CallingError, match=r"the forward returns a dict with '.*', '.*'; which of them is the result"):
        layer(lambda x, w, b: dict.fromkeys(names.split(), conv(x, w, b)), lambda dy, cache: conv_backward(dy, *cache))
