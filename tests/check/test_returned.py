"""What functions return to check.layer: gradients in lists, under names of their own, or in rows of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import layer


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
