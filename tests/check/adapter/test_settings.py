"""How check.layer passes settings to functions, and which settings it varies."""

from __future__ import annotations

import functools

import pytest

from rot180.check import layer
from tests.mistakes.right_loops import conv, conv_backward


def plain(x, w, b):
    return conv(x, w, b)


def cells(w, padding):
    return w.shape[2] // 2 if padding == "same" else 0


# ---- string defaults ----


def test_string_default_is_not_varied_by_numbers():
    def forward(x, w, b, stride=1, padding="valid"):
        return conv(x, w, b, stride, cells(w, padding)), (x, w, b, stride, padding)

    def backward(dy, cache):
        x, w, b, stride, padding = cache
        return conv_backward(dy, x, w, b, stride, cells(w, padding))

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert any("stride 2" in case for case in report.tried)
    assert any("The default of padding in the code is a string, 'valid'." in text for text in report.remarks)
    assert not layer(forward, backward, padding=0).remarks
    report = layer(forward, backward, padding="same", kernel_size=3)
    assert report.ok, report.render()
    assert any("stride stayed at 1" in text for text in report.remarks)


@pytest.mark.parametrize(("settings", "kernel"), [({}, 3), ({"kernel_size": 5}, 5)])
def test_same_by_default_is_judged_as_same(settings, kernel):
    def forward(x, w, b, padding="same"):
        return conv(x, w, b, 1, cells(w, padding))

    def backward(dy, x, w, b, padding="same"):
        return conv_backward(dy, x, w, b, 1, cells(w, padding))

    report = layer(forward, backward, **settings)
    assert report.ok, report.render()
    assert any(f"padding='same' and kernels of size {kernel}" in text for text in report.remarks)


# ---- tuple defaults and positional parameters ----


def pair(value):
    return value[0], value[1]


def tuples(x, w, b, stride=(1, 1), padding=(0, 0)):
    (s, t), (p, q) = pair(stride), pair(padding)
    assert s == t and p == q
    return conv(x, w, b, s, p)


def tuples_backward(dy, x, w, b, stride=(1, 1), padding=(0, 0)):
    return conv_backward(dy, x, w, b, pair(stride)[0], pair(padding)[0])


@pytest.mark.parametrize("settings", [{}, {"stride": 2}, {"stride": (2, 2)}])
def test_tuple_default_gets_a_tuple(settings):
    report = layer(tuples, tuples_backward, **settings)
    assert report.ok, report.render()
    assert any("padding 1" in case for case in report.tried)


def test_positional_only_settings():
    def forward(x, w, b, stride=2, padding=1, /):
        return conv(x, w, b, stride, padding)

    def backward(dy, x, w, b, /, stride=2, padding=1):
        return conv_backward(dy, x, w, b, stride, padding)

    report = layer(forward, backward)
    assert report.ok, report.render()
    assert any("stride 2, padding 1" in case for case in report.tried)

    def behind_another(x, w, b, mode="fast", stride=1, /):
        return conv(x, w, b, stride)

    report = layer(behind_another, lambda dy, x, w, b: conv_backward(dy, x, w, b))
    assert report.ok, report.render()
    assert any("The names of mode='fast', stride=1 of the forward do not say" in text for text in report.remarks)


# ---- settings that the backward cannot know ----


def test_setting_unknown_to_the_backward_is_not_varied():
    def forward(x, w, b, stride=1, padding=0):
        return conv(x, w, b, stride, padding)

    report = layer(forward, lambda dy, x, w, b, stride=1: conv_backward(dy, x, w, b, stride))
    assert report.ok, report.render()
    assert any("the forward always got the default of padding, 0." in text for text in report.remarks)
    partial = functools.partial(conv, stride=2, padding=1)
    assert layer(partial, functools.partial(conv_backward, stride=2, padding=1), stride=2, padding=1).ok
    report = layer(partial, lambda dy, x, w, b: conv_backward(dy, x, w, b, 2, 1), stride=2, padding=1)
    assert report.ok and not report.remarks, report.render()


def test_backward_that_forgets_a_setting_is_wrong():
    def forward(x, w, b, stride=1):
        return conv(x, w, b, stride), (x, w, b, stride)

    report = layer(forward, lambda dy, cache: conv_backward(dy, *cache[:3]))
    assert not report.ok
    report = layer(
        lambda x, w, b, stride=1: conv(x, w, b, stride), lambda dy, x, w, b, stride=1: conv_backward(dy, x, w, b)
    )
    assert not report.ok
