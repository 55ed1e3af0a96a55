"""A backward that raises an exception on cases that its forward takes."""

from __future__ import annotations

import numpy as np
import pytest

from rot180.check import layer
from rot180.errors import GradientError
from tests.mistakes.right_loops import conv, conv_backward


def forward(x, w, b, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    return conv(padded, w, b), (padded, w, b, padding)


def padded_backward(dy, cache):
    padded, w, b, padding = cache
    return *conv_backward(dy, padded, w, b), padding


def cropped(dx, padding):
    return dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding]


def test_backward_that_fails_at_padding_0_is_named():
    def backward(dy, cache):
        dx, dw, db, padding = padded_backward(dy, cache)
        result = np.zeros(cropped(dx, padding).shape)
        result[...] = dx[:, :, padding:-padding, padding:-padding]
        return result, dw, db

    report = layer(forward, backward)
    assert not report.ok
    assert [d.slug for d in report.diagnoses] == ["backward-refuses"], report.render()
    assert "could not broadcast" in report.diagnoses[0].explanation
    assert report.diagnoses[0].case.startswith("x (")


@pytest.mark.parametrize("role", ["forward and backward", "declared"])
def test_other_refusals_are_only_listed(role):
    def only_padding_0(x, w, b, padding=0):
        if role == "forward and backward":
            assert padding == 0, "no padding"
        return forward(x, w, b, padding)

    def backward(dy, cache):
        dx, dw, db, padding = padded_backward(dy, cache)
        if padding:
            raise NotImplementedError("padding")
        return dx, dw, db

    report = layer(only_padding_0, backward)
    assert report.ok, report.render()
    assert report.refused


def test_code_that_leaves_the_program_is_a_refusal():
    def leave(x, w, b):
        raise SystemExit(3)

    with pytest.raises(GradientError, match=r"refused every case.*SystemExit: 3"):
        layer(leave, conv_backward)
